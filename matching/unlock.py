"""Challenge pots: locked until the campaign has reached what their rules ask, then open for good."""

from collections.abc import Sequence

from kernel.db import Tx
from matching.models import PotUnlock
from matching.pot_state import PotState


def reached(tx: Tx, pots: Sequence[PotState], donors: int, raised_minor: int) -> list[PotState]:
    """The locked pots whose challenge is met by so many paid donors and so many fen raised."""
    met = []
    for pot in pots:
        version = pot.version(tx.now) if pot.locked else None
        if version and version.rules.challenge and version.rules.challenge.met(donors, raised_minor):
            met.append(pot)
    return met


def unlock(tx: Tx, pot: PotState, donors: int, raised_minor: int) -> None:
    """Write down that a challenge was met, and by what. The caller holds the campaign exclusively and raises its
    `matching_version`; a second row for the same pot is refused by the key."""
    tx.add(PotUnlock(pot_id=pot.pot_id, unlocked_at=tx.now, donors=donors, raised_minor=raised_minor))
