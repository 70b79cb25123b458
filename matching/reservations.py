"""PURE. Reservations as other packages see them, and what to take back when a donation shrinks."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from kernel.money import BPS_WHOLE
from matching.allocate import matched_base


class ReservedPart(NamedTuple):
    """A reservation, amounts in fen. `held`: captured, but on hold until a reviewer decides the donation's case."""

    reservation_id: int
    donation_id: UUID
    pot_id: int
    rules_id: int
    project_id: int
    amount_minor: int
    returned_minor: int
    state: str
    held: bool = False

    @property
    def live_minor(self) -> int:
        """How much still counts as match, in fen."""
        return 0 if self.state == "released" else self.amount_minor - self.returned_minor


class ReservationAmount(NamedTuple):
    """A reservation and an amount of its match, in fen."""

    id: int
    donation_id: UUID
    pot_id: int
    project_id: int
    amount_minor: int


class Surplus(NamedTuple):
    """Match that a donation is no longer entitled to: fen of one reservation."""

    part: ReservedPart
    amount_minor: int


def surplus(kept_minor: int, parts: Sequence[ReservedPart], ratios: Mapping[int, int]) -> list[Surplus]:
    """Return what to take back when only `kept_minor` fen of a donation remain, last pot first.

    `parts` are in the order in which they matched; `ratios` maps rules ids to basis points. Because it depends on
    what remains, not on what was refunded, any sequence of partial refunds ends like one refund of their sum.
    """
    excess = sum(matched_base(part.live_minor, ratios[part.rules_id]) for part in parts) - kept_minor
    surpluses = []
    for part in reversed(parts):
        if excess <= 0:
            break
        ratio = ratios[part.rules_id]
        base = matched_base(part.live_minor, ratio)
        remaining = max(base - excess, 0) * ratio // BPS_WHOLE
        amount = part.live_minor - min(remaining, part.live_minor)
        if amount:
            surpluses.append(Surplus(part, amount))
        excess -= base
    return surpluses


def worst_first(parts: Sequence[ReservedPart], order: Mapping[int, tuple[int, int]]) -> list[ReservedPart]:
    """Sort reservations in the order in which they are moved: the worst pot first, within a pot the newest.

    `order` maps pots to (rank, id).
    """
    return sorted(parts, key=lambda part: (order[part.pot_id], part.reservation_id), reverse=True)
