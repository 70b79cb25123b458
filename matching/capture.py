"""A payment is proven: the match that was held for it is earned."""

from collections.abc import Sequence
from uuid import UUID

from kernel.db import Tx
from ledger.chart import pot_captured, pot_reserved
from ledger.kinds import TransferKind
from ledger.post import Transfer
from matching.reservations import ReservedPart


def reserved_parts(tx: Tx, donation_ids: Sequence[UUID]) -> list[ReservedPart]:
    """The reservations of donations, oldest first."""
    rows = tx.rows(
        """SELECT id, donation_id, pot_id, rules_id, project_id, amount_minor, returned_minor, state, held
             FROM reservation WHERE donation_id = ANY(:ids) ORDER BY id""",
        ids=list(donation_ids),
    )
    return [ReservedPart(*row) for row in rows]


def capture(tx: Tx, donation_ids: Sequence[UUID]) -> list[Transfer]:
    """Capture what is reserved for these donations (locked by the caller); answers the transfers to post.

    A reservation that has ended already is left alone, so capturing twice changes nothing.
    """
    if not donation_ids:
        return []
    rows = tx.rows(
        """UPDATE reservation SET state = 'captured', ended_at = :now
            WHERE donation_id = ANY(:ids) AND state = 'reserved'
        RETURNING id, donation_id, pot_id, project_id, amount_minor""",
        ids=list(donation_ids),
        now=tx.now,
    )
    return [captured(row.id, row.donation_id, row.pot_id, row.project_id, row.amount_minor) for row in rows]


def captured(reservation_id: int, donation_id: UUID, pot_id: int, project_id: int, amount_minor: int) -> Transfer:
    """The transfer that makes held match earned."""
    return Transfer(
        f"reservation:{reservation_id}:capture",
        pot_reserved(pot_id, project_id),
        pot_captured(pot_id, project_id),
        amount_minor,
        TransferKind.MATCH_CAPTURED,
        donation_id,
        reservation_id,
    )
