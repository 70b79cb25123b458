"""The evidence for a difference from both sides: our donation, payout, settlement or deposit, and lines of
statements."""

from datetime import datetime
from typing import NamedTuple

from sqlmodel import col, select

from campaigns.closing.bank.bank_differences import BANK
from campaigns.closing.bank.bank_match import ITEMS
from campaigns.closing.models import Discrepancy
from kernel.clock import SHANGHAI
from kernel.db import Tx
from kernel.errors import NotFound


class Evidence(NamedTuple):
    """One piece of evidence. `side` is ours or theirs. `kind` is the status of a donation, the kind of a line or
    claim, `second_bill`, `second_bill_lacks` or `bank`. `other_minor` is the refunded sum of a donation or
    the fee of a line. Amounts are fen."""

    side: str
    kind: str
    reference: str
    at: datetime | None
    amount_minor: int
    other_minor: int
    currency: str


_OF_PROVIDER = """
    SELECT 'ours' AS side, d.status AS kind, CAST(d.id AS text) AS reference, d.paid_at AS at, d.amount_minor,
           d.refunded_minor + d.excess_minor AS other_minor, d.currency
      FROM donation d WHERE d.id = :donation
     UNION ALL
    SELECT 'theirs', l.kind, l.line_id, l.occurred_at, l.amount_minor, l.fee_minor, l.currency
      FROM provider_line l
     WHERE l.provider = :provider AND (l.donation_id = :donation OR l.line_id = :reference
                                       OR l.payment_intent = :reference)
     UNION ALL
    SELECT 'theirs', CASE WHEN c.dropped THEN 'second_bill_lacks' ELSE 'second_bill' END,
           concat_ws(' ', c.line_id, nullif(c.source_id, '')), c.occurred_at,
           c.amount_minor, c.fee_minor, c.currency
      FROM provider_line_conflict c WHERE c.provider = :provider AND c.line_id = :reference
     ORDER BY side, at LIMIT 100"""
_OF_BANK = f"""
    WITH {ITEMS},
    line AS (SELECT * FROM bank_line WHERE account || ' ' || line_id = :reference)
    SELECT 'theirs' AS side, 'bank' AS kind, l.account || ' ' || l.line_id AS reference,
           CAST(l.booked_on AS timestamp) AT TIME ZONE '{SHANGHAI}' AS at, l.amount_minor,
           CAST(0 AS bigint) AS other_minor, l.currency
      FROM bank_line l
     WHERE l.account || ' ' || l.line_id = :reference
        OR (l.reference <> '' AND l.reference IN (SELECT reference FROM line))
     UNION ALL
    SELECT 'ours', c.kind, concat_ws(' ', nullif(c.provider, ''), c.item),
           CAST(c.due_on AS timestamp) AT TIME ZONE '{SHANGHAI}', c.amount_minor, 0, 'CNY'
      FROM bank_claim c JOIN bank_line l ON l.id = c.bank_line_id
     WHERE l.id IN (SELECT id FROM line)
        OR (l.reference <> '' AND l.reference IN (SELECT reference FROM line))
     UNION ALL
    SELECT 'ours', i.kind, concat_ws(' ', nullif(i.provider, ''), i.item),
           CAST(i.day AS timestamp) AT TIME ZONE '{SHANGHAI}', i.amount_minor, 0, 'CNY'
      FROM unclaimed i WHERE concat_ws(' ', i.kind, nullif(i.provider, ''), i.item) = :reference
     ORDER BY side, at LIMIT 100"""


def find_discrepancy(tx: Tx, discrepancy_id: int) -> Discrepancy:
    """Return a difference. Raises NotFound `discrepancy_unknown`."""
    row = tx.first(select(Discrepancy).where(col(Discrepancy.id) == discrepancy_id))
    if row is None:
        raise NotFound("discrepancy_unknown")
    return row


def evidence(tx: Tx, discrepancy: Discrepancy) -> list[Evidence]:
    """Return the evidence for a difference from both sides, ours first."""
    if discrepancy.provider == BANK:
        return tx.rows_as(Evidence, _OF_BANK, reference=discrepancy.reference)
    return tx.rows_as(
        Evidence,
        _OF_PROVIDER,
        provider=discrepancy.provider,
        donation=discrepancy.donation_id,
        reference=discrepancy.reference,
    )
