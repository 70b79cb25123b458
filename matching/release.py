"""Release reserved match to its pot when no payment arrives."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from kernel.db import Tx
from ledger.chart import pot_free, pot_reserved
from ledger.kinds import TransferKind
from ledger.post import Transfer
from matching.capture import reserved_parts
from matching.pot_state import PotState, lock_free_accounts
from matching.reservations import ReservationAmount


def release(tx: Tx, donation_ids: Sequence[UUID], pots: Mapping[int, PotState]) -> list[Transfer]:
    """Release what is reserved for donations that will not be paid; return the transfers to post.

    `pots` maps ids to the pots concerned. They are locked here, because a release changes what is left of them and
    of their caps. Idempotent: reservations that have ended are left alone.
    """
    reserved = [part for part in reserved_parts(tx, donation_ids) if part.state == "reserved"]
    if not reserved:
        return []
    lock_free_accounts(tx, [pots[pot_id] for pot_id in {part.pot_id for part in reserved}])
    rows = tx.rows_as(
        ReservationAmount,
        """UPDATE reservation SET state = 'released', ended_at = :now
            WHERE id = ANY(:ids) AND state = 'reserved'
        RETURNING id, donation_id, pot_id, project_id, amount_minor""",
        ids=[part.reservation_id for part in reserved],
        now=tx.now,
    )
    return [_release_transfer(row) for row in rows]


def _release_transfer(row: ReservationAmount) -> Transfer:
    return Transfer(
        f"reservation:{row.id}:release",
        pot_reserved(row.pot_id, row.project_id),
        pot_free(row.pot_id),
        row.amount_minor,
        TransferKind.MATCH_RELEASED,
        row.donation_id,
        row.id,
    )
