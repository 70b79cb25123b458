"""Challenge pots: locked until the campaign has reached the goal of their rules, then unlocked permanently."""

from collections.abc import Sequence

from kernel.db import Tx
from matching.models import PotUnlock
from matching.pot_state import PotState


def met_challenges(tx: Tx, pots: Sequence[PotState], donors: int, raised_minor: int) -> list[PotState]:
    """Return the locked pots whose challenge is met by this number of paid donors or this amount raised (fen)."""
    met = []
    for pot in pots:
        version = pot.version(tx.now) if pot.locked else None
        if version and version.rules.challenge and version.rules.challenge.met(donors, raised_minor):
            met.append(pot)
    return met


def unlock(tx: Tx, pot: PotState, donors: int, raised_minor: int) -> None:
    """Record that a challenge was met, and with which figures.

    The caller has locked the campaign exclusively and raises its `matching_version`. The primary key refuses a
    second record for the same pot.
    """
    tx.add(PotUnlock(pot_id=pot.pot_id, unlocked_at=tx.now, donors=donors, raised_minor=raised_minor))
