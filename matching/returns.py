"""Why earned match left a donation again: read from the books, where each return is a transfer of its own."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from kernel.db import Tx
from ledger.chart import Kind


class Return(NamedTuple):
    """Match (fen) that left a donation. `cause`: refund, review (a person took it away), moved (a better pot gave
    it instead). `to_fund`: it went to the pot's fund, as after the end, else to the pot."""

    pot_id: int
    amount_minor: int
    cause: str
    to_fund: bool
    at: datetime


def returns_of(tx: Tx, donation_id: UUID) -> list[Return]:
    """What left a donation, oldest first. The keys of the transfers tell the cause: see `release` and `shift`."""
    rows = tx.rows(
        """SELECT r.pot_id, t.amount_minor, a.kind = :fund AS to_fund, t.recorded_at,
                  CASE WHEN t.key LIKE '%\\:moved\\:%' THEN 'moved'
                       WHEN t.key LIKE '%\\:return\\:screen\\:%' THEN 'review'
                       ELSE 'refund' END AS cause
             FROM ledger_transfer t
             JOIN ledger_account a ON a.id = t.credit_account
             JOIN reservation r ON r.id = CAST(split_part(t.key, '\\:', 2) AS bigint)
            WHERE t.donation_id = :id AND t.reason IN ('match returned', 'match moved to a better pot')
            ORDER BY t.id""",
        id=donation_id,
        fund=str(Kind.FUND),
    )
    return [Return(row.pot_id, row.amount_minor, row.cause, row.to_fund, row.recorded_at) for row in rows]
