"""Capture the match reserved for a donation once its payment is proven."""

from collections.abc import Sequence
from uuid import UUID

from kernel.db import Tx
from ledger.chart import Account, pot_captured, pot_free, pot_reserved
from ledger.kinds import TransferKind
from ledger.post import Transfer
from matching.reservations import ReservationAmount, ReservedPart


def reserved_parts(tx: Tx, donation_ids: Sequence[UUID]) -> list[ReservedPart]:
    """Return the reservations of donations, oldest first."""
    if not donation_ids:
        return []
    return tx.rows_as(
        ReservedPart,
        """SELECT id AS reservation_id, donation_id, pot_id, rules_id, project_id, amount_minor, returned_minor,
                  state, held
             FROM reservation WHERE donation_id = ANY(:ids) ORDER BY id""",
        ids=list(donation_ids),
    )


def capture(tx: Tx, donation_ids: Sequence[UUID]) -> list[Transfer]:
    """Capture what is reserved for these donations, locked by the caller; return the transfers to post.

    Idempotent: reservations that have ended are left alone.
    """
    if not donation_ids:
        return []
    rows = tx.rows_as(
        ReservationAmount,
        """UPDATE reservation SET state = 'captured', ended_at = :now
            WHERE donation_id = ANY(:ids) AND state = 'reserved'
        RETURNING id, donation_id, pot_id, project_id, amount_minor""",
        ids=list(donation_ids),
        now=tx.now,
    )
    return [_capture_transfer(row, pot_reserved(row.pot_id, row.project_id)) for row in rows]


def immediate_capture(row: ReservationAmount) -> Transfer:
    """Return the transfer of match for a payment that is already proven. It was never reserved."""
    return _capture_transfer(row, pot_free(row.pot_id))


def _capture_transfer(row: ReservationAmount, source: Account) -> Transfer:
    return Transfer(
        f"reservation:{row.id}:capture",
        source,
        pot_captured(row.pot_id, row.project_id),
        row.amount_minor,
        TransferKind.MATCH_CAPTURED,
        row.donation_id,
        row.id,
    )
