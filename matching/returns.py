"""Why captured match left a donation, read from the books, where each return is a separate transfer."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from kernel.db import Tx
from ledger.chart import AccountKind
from ledger.statements import MatchReturn, match_returns


class Return(NamedTuple):
    """Match that left a donation, in fen.

    `cause`: refund, review (a reviewer took it away), moved (a better pot gave it instead). `to_fund`: it went to
    the pot's fund, as it does after the end of the campaign, otherwise to the pot.
    """

    pot_id: int
    amount_minor: int
    cause: str
    to_fund: bool
    at: datetime


def returns_of(tx: Tx, donation_id: UUID) -> list[Return]:
    """Return the returns of a donation's match, oldest first."""
    transfers = match_returns(tx, donation_id)
    if not transfers:
        return []
    pots = dict(
        tx.rows(
            "SELECT id, pot_id FROM reservation WHERE id = ANY(:ids)",
            ids=[transfer.reservation_id for transfer in transfers],
        )
    )
    return [
        Return(
            pots[transfer.reservation_id],
            transfer.amount_minor,
            _cause(transfer),
            transfer.credit_kind is AccountKind.FUND,
            transfer.recorded_at,
        )
        for transfer in transfers
    ]


def _cause(transfer: MatchReturn) -> str:
    if transfer.decision_id is not None:
        return "moved"
    return "refund" if transfer.case_id is None else "review"
