"""A donation as its donor, the API and the pages see it, always read from the rows."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from campaigns.donations.donation_number import number_of
from kernel.db import Tx
from kernel.errors import NotFound
from matching.capture import reserved_parts


class MatchPart(NamedTuple):
    """Match from one pot, in fen. `state` is reserved, captured, or held (captured, but waiting for a reviewer)."""

    pot_id: int
    pot_name: str
    amount_minor: int
    state: str


@dataclass(frozen=True, slots=True)
class DonationRow:
    """A donation without its match, as `select_rows` reads it. Amounts in fen."""

    id: UUID
    campaign: str
    campaign_name: str
    project_id: int
    project_name: str
    project_theme: str
    amount_minor: int
    refunded_minor: int
    currency: str
    status: str
    channel: str
    accept_unmatched: bool
    request_hash: str
    pledged_at: datetime
    match_until: datetime | None
    paid_at: datetime | None
    provider: str
    payment_reference: str | None
    payment_url: str | None
    client_secret: str | None
    erased_at: datetime | None


@dataclass(frozen=True, slots=True)
class DonationView(DonationRow):
    """A donation and its match. Amounts in fen."""

    parts: tuple[MatchPart, ...] = ()

    @classmethod
    def of(cls, row: DonationRow, parts: Sequence[MatchPart]) -> "DonationView":
        return cls(**{name: getattr(row, name) for name in _ROW_FIELDS}, parts=tuple(parts))

    @property
    def number(self) -> str:
        """The donation's number as donors read it."""
        return number_of(self.id)

    @property
    def reserved_minor(self) -> int:
        return self._match_in("reserved")

    @property
    def captured_minor(self) -> int:
        return self._match_in("captured")

    @property
    def held_minor(self) -> int:
        """Match on hold until a reviewer decides; not part of `captured_minor`."""
        return self._match_in("held")

    def _match_in(self, state: str) -> int:
        return sum(part.amount_minor for part in self.parts if part.state == state)


_ROW_FIELDS = tuple(field.name for field in fields(DonationRow))
_JOINED = {"campaign": "c.slug", "campaign_name": "c.name", "project_name": "p.name", "project_theme": "p.theme"}


def select_rows(donations: str) -> str:
    """Return the SELECT of DonationRow from `donations`, a table or subquery with the columns of `donation`."""
    columns = ", ".join(f"{_JOINED.get(name, f'd.{name}')} AS {name}" for name in _ROW_FIELDS)
    return (
        f"SELECT {columns} FROM {donations} d "
        "JOIN campaign c ON c.id = d.campaign_id JOIN project p ON p.id = d.project_id"
    )


_SELECT = select_rows("donation") + " WHERE d.id = ANY(:ids)"


def donation_views(tx: Tx, donation_ids: Sequence[UUID]) -> dict[UUID, DonationView]:
    """Return donations by id; ids that do not exist are left out."""
    if not donation_ids:
        return {}
    rows = tx.rows_as(DonationRow, _SELECT, ids=list(donation_ids))
    if not rows:
        return {}
    parts = _match_parts(tx, [row.id for row in rows])
    return {row.id: DonationView.of(row, parts[row.id]) for row in rows}


def donation_view(tx: Tx, donation_id: UUID) -> DonationView:
    """Return one donation. Raises NotFound `donation_unknown`."""
    view = donation_views(tx, [donation_id]).get(donation_id)
    if view is None:
        raise NotFound("donation_unknown")
    return view


def _match_parts(tx: Tx, donation_ids: list[UUID]) -> dict[UUID, list[MatchPart]]:
    parts: dict[UUID, list[MatchPart]] = defaultdict(list)
    live = [part for part in reserved_parts(tx, donation_ids) if part.live_minor]
    names = _pot_names(tx, sorted({part.pot_id for part in live}))
    for part in live:
        state = "held" if part.held else part.state
        parts[part.donation_id].append(MatchPart(part.pot_id, names[part.pot_id], part.live_minor, state))
    return parts


def _pot_names(tx: Tx, pot_ids: list[int]) -> dict[int, str]:
    if not pot_ids:
        return {}
    return {row.id: row.name for row in tx.rows("SELECT id, name FROM pot WHERE id = ANY(:ids)", ids=pot_ids)}
