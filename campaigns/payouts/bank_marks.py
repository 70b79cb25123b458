"""Mark remittances as paid or returned from the bank's statement, by our end-to-end ids.

A line with another amount than the remittance's claims nothing and remains a difference for an operator.
"""

from datetime import date
from typing import NamedTuple

from campaigns.bank.models import BankClaim, ClaimKind
from campaigns.dependencies import Dependencies
from campaigns.payouts.models import RETURNED_ITEM
from campaigns.payouts.remittances import mark_paid, mark_returned
from kernel.db import Tx

ACTOR = "scheduler"


class _Mark(NamedTuple):
    """A statement line about a remittance. A negative `amount_minor` means paid, a positive one returned."""

    remittance_id: int
    end_to_end_id: str
    bank_line_id: int
    amount_minor: int
    booked_on: date
    line_id: str
    statement: str


def mark_by_statement(deps: Dependencies) -> int:
    """Mark remittances as the bank's statement shows them, each in its own transaction; return how many."""
    with deps.db.transaction() as tx:
        marks = _marks(tx)
    for mark in marks:
        with deps.db.transaction() as tx:
            _mark(tx, mark)
    return len(marks)


def _marks(tx: Tx) -> list[_Mark]:
    """Return the oldest unclaimed line of each remittance: a debit if it was sent, a credit of the same amount if
    it was paid.

    In an itemised batch, each payment has its own reference.
    """
    return tx.rows_as(
        _Mark,
        """WITH named AS (
               SELECT id, reference, amount_minor, booked_on, line_id, statement FROM bank_line
                WHERE reference <> '' AND NOT is_fee
                UNION ALL
               SELECT l.id, p.reference, p.amount_minor, l.booked_on, l.line_id, l.statement
                 FROM bank_line l JOIN bank_part p ON p.bank_line_id = l.id WHERE p.reference <> '')
           SELECT DISTINCT ON (r.id) r.id AS remittance_id, r.end_to_end_id, n.id AS bank_line_id, n.amount_minor,
                  n.booked_on, n.line_id, n.statement
             FROM remittance r JOIN named n ON n.reference = r.end_to_end_id
            WHERE n.amount_minor = CASE r.state WHEN 'sent' THEN -r.amount_minor WHEN 'paid' THEN r.amount_minor END
              AND NOT EXISTS (SELECT FROM bank_claim c WHERE c.bank_line_id = n.id AND c.kind = :kind
                                 AND c.item IN (r.end_to_end_id, r.end_to_end_id || :returned))
            ORDER BY r.id, n.booked_on, n.id""",
        kind=str(ClaimKind.PAID_OUT),
        returned=RETURNED_ITEM,
    )


def _mark(tx: Tx, mark: _Mark) -> None:
    came_back = mark.amount_minor > 0
    claim = BankClaim(
        bank_line_id=mark.bank_line_id,
        kind=ClaimKind.PAID_OUT,
        provider="",
        item=mark.end_to_end_id + (RETURNED_ITEM if came_back else ""),
        amount_minor=mark.amount_minor,
        due_on=mark.booked_on,
        how="reference",
        claimed_at=tx.now,
    )
    tx.add(claim)
    seen = " ".join(filter(None, (mark.statement, mark.line_id)))  # the bank's numbers only, without words of ours
    if came_back:
        mark_returned(tx, mark.remittance_id, mark.booked_on, seen, ACTOR)
    else:
        mark_paid(tx, mark.remittance_id, mark.line_id, mark.booked_on, seen, ACTOR)
