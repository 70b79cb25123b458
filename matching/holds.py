"""Captured match that waits for a person: held, then let go again. `matching.release` takes it back."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from kernel.db import Tx
from ledger.chart import pot_captured, pot_held
from ledger.kinds import TransferKind
from ledger.post import Transfer


def hold_match(tx: Tx, cases: Mapping[UUID, int]) -> list[Transfer]:
    """Hold the captured match of donations (locked by the caller); `cases` maps a donation to its case.

    Answers the transfers to post. What is held already is left alone, so holding twice changes nothing.
    """
    if not cases:
        return []
    rows = tx.rows(
        """UPDATE reservation SET held = true
            WHERE donation_id = ANY(:ids) AND state = 'captured' AND NOT held AND live_minor > 0
        RETURNING id, donation_id, pot_id, project_id, live_minor""",
        ids=sorted(cases),
    )
    return [
        Transfer(
            f"reservation:{row.id}:screen:{cases[row.donation_id]}",
            pot_captured(row.pot_id, row.project_id),
            pot_held(row.pot_id, row.project_id),
            row.live_minor,
            TransferKind.MATCH_HELD,
            row.donation_id,
            row.id,
            case_id=cases[row.donation_id],
        )
        for row in rows
    ]


def clear_hold(tx: Tx, donation_id: UUID, case_id: int) -> list[Transfer]:
    """The match of a donation is earned after all; answers the transfers to post. Twice changes nothing."""
    rows = tx.rows(
        """UPDATE reservation SET held = false WHERE donation_id = :id AND held
        RETURNING id, pot_id, project_id, live_minor""",
        id=donation_id,
    )
    return [_earned(row, donation_id, case_id) for row in rows if row.live_minor]


def _earned(row: Any, donation_id: UUID, case_id: int) -> Transfer:
    return Transfer(
        f"reservation:{row.id}:screen:{case_id}:released",
        pot_held(row.pot_id, row.project_id),
        pot_captured(row.pot_id, row.project_id),
        row.live_minor,
        TransferKind.MATCH_CLEARED,
        donation_id,
        row.id,
        case_id=case_id,
    )
