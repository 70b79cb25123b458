"""How a donation stands: what donor, API and pages are told. Always read from the rows."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from kernel.db import Tx
from kernel.errors import NotFound
from matching.capture import reserved_parts


class MatchPart(NamedTuple):
    """Match from one pot, in fen; `state` is reserved, captured, or held: captured, but a person must decide."""

    pot_id: int
    pot_name: str
    amount_minor: int
    state: str


@dataclass(frozen=True, slots=True)
class DonationView:
    """One donation, amounts in fen."""

    id: UUID
    campaign: str
    campaign_name: str
    project_id: int
    project_name: str
    amount_minor: int
    refunded_minor: int
    currency: str
    status: str
    channel: str
    message: str
    accept_unmatched: bool
    request_hash: str
    pledged_at: datetime
    match_until: datetime | None
    paid_at: datetime | None
    provider: str
    payment_reference: str | None
    payment_url: str | None
    client_secret: str | None
    parts: tuple[MatchPart, ...] = ()

    @property
    def reserved_minor(self) -> int:
        return sum(part.amount_minor for part in self.parts if part.state == "reserved")

    @property
    def captured_minor(self) -> int:
        return sum(part.amount_minor for part in self.parts if part.state == "captured")

    @property
    def held_minor(self) -> int:
        """Match that waits for a person to decide; not in what was captured."""
        return sum(part.amount_minor for part in self.parts if part.state == "held")


def donation_views(tx: Tx, donation_ids: Sequence[UUID]) -> dict[UUID, DonationView]:
    """How these donations stand; ids that do not exist are left out."""
    ids = list(donation_ids)
    if not ids:
        return {}
    rows = tx.rows(
        """SELECT d.id, c.slug, c.name, d.project_id, p.name, d.amount_minor, d.refunded_minor, d.currency,
                  d.status, d.channel, d.message, d.accept_unmatched, d.request_hash, d.pledged_at,
                  d.match_until, d.paid_at, d.provider, d.payment_reference, d.payment_url, d.client_secret
             FROM donation d JOIN campaign c ON c.id = d.campaign_id JOIN project p ON p.id = d.project_id
            WHERE d.id = ANY(:ids)""",
        ids=ids,
    )
    if not rows:
        return {}
    parts: dict[UUID, list[MatchPart]] = defaultdict(list)
    live = [part for part in reserved_parts(tx, [row[0] for row in rows]) if part.live_minor]
    names = _pot_names(tx, sorted({part.pot_id for part in live}))
    for part in live:
        state = "held" if part.held else part.state
        parts[part.donation_id].append(MatchPart(part.pot_id, names[part.pot_id], part.live_minor, state))
    return {row[0]: DonationView(*row, parts=tuple(parts[row[0]])) for row in rows}


def donation_view(tx: Tx, donation_id: UUID) -> DonationView:
    """How one donation stands. Raises NotFound `donation_unknown`."""
    found = donation_views(tx, [donation_id]).get(donation_id)
    if found is None:
        raise NotFound("donation_unknown")
    return found


def _pot_names(tx: Tx, pot_ids: list[int]) -> dict[int, str]:
    if not pot_ids:
        return {}
    return {row[0]: row[1] for row in tx.rows("SELECT id, name FROM pot WHERE id = ANY(:ids)", ids=pot_ids)}
