"""The tranches of pots: when they open, and which opening time earlier decisions saw."""

from collections import defaultdict
from datetime import datetime
from typing import NamedTuple

from sqlmodel import col, select

from kernel.db import Tx
from matching.models import Pot, PotFunding, TrancheMove


class TrancheHistory(NamedTuple):
    """Part of a pot's money (fen) that opens at a given time; `moves` are later changes of that time, each from a
    position on.

    `withdrawn`: it was withdrawn before it opened.
    """

    id: int
    pot_id: int
    amount_minor: int
    planned_at: datetime
    moves: tuple[tuple[int, datetime], ...] = ()
    withdrawn: bool = False

    @property
    def opens_at(self) -> datetime:
        """The time at which it opens."""
        return self.moves[-1][1] if self.moves else self.planned_at

    def opened_at(self, position: int) -> datetime:
        """Return the opening time that a decision at this position in the order of the books saw."""
        return next((at for since, at in reversed(self.moves) if since < position), self.planned_at)

    def state(self, now: datetime) -> str:
        """Return closed, open, or withdrawn."""
        if self.withdrawn:
            return "withdrawn"
        return "closed" if self.opens_at > now else "open"


def tranches(tx: Tx, campaign_id: int) -> dict[int, list[TrancheHistory]]:
    """Return the tranches of a campaign's pots, by pot, in the order in which they open."""
    rows = tx.all(
        select(PotFunding).join(Pot, col(Pot.id) == PotFunding.pot_id).where(Pot.campaign_id == campaign_id)
    )
    withdrawn = {row.tranche_id for row in rows}
    moves: dict[int | None, list[tuple[int, datetime]]] = defaultdict(list)
    moved = select(TrancheMove).where(col(TrancheMove.tranche_id).in_([row.id for row in rows]))
    for move in tx.all(moved.order_by(col(TrancheMove.position))):
        moves[move.tranche_id].append((move.position or 0, move.opens_at))
    by_pot: dict[int, list[TrancheHistory]] = defaultdict(list)
    for row in rows:
        if row.reason == "tranche":
            assert row.id is not None
            gone = row.id in withdrawn
            by_pot[row.pot_id].append(
                TrancheHistory(row.id, row.pot_id, row.amount_minor, row.opens_at, tuple(moves[row.id]), gone)
            )
    return {pot_id: sorted(parts, key=lambda part: (part.opens_at, part.id)) for pot_id, parts in by_pot.items()}
