"""Put captured match of donations under review on hold, and clear it. `matching.return_match` takes it back."""

from collections.abc import Mapping
from uuid import UUID

from kernel.db import Tx
from ledger.chart import pot_captured, pot_held
from ledger.kinds import TransferKind
from ledger.post import Transfer
from matching.reservations import ReservationAmount


def hold_match(tx: Tx, cases: Mapping[UUID, int]) -> list[Transfer]:
    """Put the captured match of donations on hold; return the transfers to post.

    `cases` maps donations, locked by the caller, to their screening cases. Idempotent: match on hold is left alone.
    """
    if not cases:
        return []
    rows = tx.rows_as(
        ReservationAmount,
        """UPDATE reservation SET held = true
            WHERE donation_id = ANY(:ids) AND state = 'captured' AND NOT held AND live_minor > 0
        RETURNING id, donation_id, pot_id, project_id, live_minor AS amount_minor""",
        ids=sorted(cases),
    )
    return [_hold_transfer(row, cases[row.donation_id]) for row in rows]


def clear_hold(tx: Tx, donation_id: UUID, case_id: int) -> list[Transfer]:
    """Let the match of a cleared donation count again; return the transfers to post. Idempotent."""
    rows = tx.rows_as(
        ReservationAmount,
        """UPDATE reservation SET held = false WHERE donation_id = :id AND held
        RETURNING id, donation_id, pot_id, project_id, live_minor AS amount_minor""",
        id=donation_id,
    )
    return [_clear_hold_transfer(row, case_id) for row in rows if row.amount_minor]


def _hold_transfer(row: ReservationAmount, case_id: int) -> Transfer:
    return Transfer(
        f"reservation:{row.id}:screen:{case_id}",
        pot_captured(row.pot_id, row.project_id),
        pot_held(row.pot_id, row.project_id),
        row.amount_minor,
        TransferKind.MATCH_HELD,
        row.donation_id,
        row.id,
        case_id=case_id,
    )


def _clear_hold_transfer(row: ReservationAmount, case_id: int) -> Transfer:
    return Transfer(
        f"reservation:{row.id}:screen:{case_id}:released",
        pot_held(row.pot_id, row.project_id),
        pot_captured(row.pot_id, row.project_id),
        row.amount_minor,
        TransferKind.MATCH_CLEARED,
        row.donation_id,
        row.id,
        case_id=case_id,
    )
