"""Check the monthly statements: each is as published and adds up, and the whole equals the books of that time."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlmodel import col, select

from campaigns.audit import AuditEntry
from campaigns.monthly.figures import sums_that_differ
from campaigns.monthly.models import StatementCorrection
from campaigns.monthly.publish import PUBLISHED
from kernel.db import Tx
from kernel.ids import fingerprint

CHECKS = {
    "statement_numbers_have_no_gap": """
        SELECT format('%s has %s statements, the last is number %s', organisation_code, count(*), max(number))
          FROM monthly_statement GROUP BY organisation_code HAVING count(*) <> max(number)""",
    "statement_runs_follow_each_other": """
        SELECT format('the statements of %s begin after transfer %s, those before ended at %s', month,
                      after_transfer, ended)
          FROM (SELECT month, after_transfer, coalesce(lag(last_transfer) OVER (ORDER BY month), 0) AS ended
                  FROM statement_run) AS runs
         WHERE after_transfer <> ended""",
    "statements_equal_books": """
        SELECT format('the statements of %s end with %s fen, the books had %s', r.month, s.closing, b.closing)
          FROM statement_run r
         CROSS JOIN LATERAL (
               SELECT coalesce(sum(CAST(m.statement ->> 'closing_minor' AS bigint)), 0) AS closing
                 FROM monthly_statement m JOIN organisation o ON o.code = m.organisation_code
                WHERE m.month = r.month AND o.parent_code IS NULL) AS s
         CROSS JOIN LATERAL (
               SELECT coalesce((SELECT sum(delta_minor) FROM donation_movement
                                 WHERE transfer_id <= r.last_transfer), 0)
                    + coalesce((SELECT sum(delta_minor) FROM earned_movement
                                 WHERE transfer_id <= r.last_transfer), 0)
                    - coalesce((SELECT sum(CASE WHEN kind = 'remittance_paid' THEN amount_minor
                                                ELSE -amount_minor END) FROM journal_movement
                                 WHERE kind IN ('remittance_paid', 'remittance_returned', 'surplus_returned')
                                   AND transfer_id <= r.last_transfer), 0)
                    - coalesce((SELECT sum(amount_minor) FROM moved_money
                                 WHERE kind = 'surplus_to_fund' AND r.moves_after IS NOT NULL
                                   AND transfer_id <= r.last_transfer), 0) AS closing) AS b
         WHERE r.month = (SELECT max(month) FROM statement_run) AND s.closing <> b.closing""",
    # A statement that lists moved money opens with the closing figures of the previous month. The first such
    # statements include all earlier moves.
    "statements_follow_each_other": """
        WITH runs AS (
             SELECT month, before
               FROM (SELECT month, moves_after, lag(month) OVER (ORDER BY month) AS before
                       FROM statement_run) AS every
              WHERE before IS NOT NULL AND moves_after IS NOT NULL)
        SELECT format('the statement of %s for %s opens with %s fen, that of the month before closed with %s',
                      organisation_code, month, sum(opening), sum(closed))
          FROM (SELECT m.organisation_code, r.month, CAST(m.statement ->> 'opening_minor' AS bigint) AS opening,
                       CAST(0 AS bigint) AS closed
                  FROM runs r JOIN monthly_statement m ON m.month = r.month
                 UNION ALL
                SELECT m.organisation_code, r.month, 0, CAST(m.statement ->> 'closing_minor' AS bigint)
                  FROM runs r JOIN monthly_statement m ON m.month = r.before) AS sides
         GROUP BY organisation_code, month HAVING sum(opening) <> sum(closed)""",
    "statements_have_all_spending": """
        SELECT format('the statements of %s have %s fen spent, counted were %s', r.month, s.spent, c.spent)
          FROM statement_run r
         CROSS JOIN LATERAL (
               SELECT coalesce(sum(CAST(m.statement ->> 'spent_minor' AS bigint)), 0) AS spent
                 FROM monthly_statement m JOIN organisation o ON o.code = m.organisation_code
                WHERE m.month = r.month AND o.parent_code IS NULL) AS s
         CROSS JOIN LATERAL (
               SELECT coalesce(sum(spent_minor), 0) AS spent FROM statement_spending WHERE month = r.month) AS c
         WHERE s.spent <> c.spent""",
}
NUMBER = len(CHECKS) + 5
_STORED = """SELECT organisation_code, month, statement, hash FROM monthly_statement
              ORDER BY month, organisation_code"""


class _Stored(NamedTuple):
    organisation_code: str
    month: str
    statement: dict[str, Any]
    hash: str


def faults(tx: Tx) -> list[str]:
    """Return the faults of monthly statements as sentences; empty if there are none."""
    known = [f"{name}: {row[0]}" for name, sql in CHECKS.items() for row in tx.rows(sql)]
    hashes: dict[str, list[str]] = {}
    for page in tx.pages(_Stored, 500, _STORED):
        for row in page:
            hashes.setdefault(row.month, []).append(row.hash)
            name = f"the statement of {row.organisation_code} for {row.month}"
            if fingerprint(row.statement) != row.hash:
                known.append(f"statements_are_as_published: {name} is not what its hash was computed from")
            known += [f"statements_add_up: {name}: {fault}" for fault in sums_that_differ(row.statement)]
    return [*known, *_corrected(tx), *_unlike_the_trail(tx, hashes)]


def _corrected(tx: Tx) -> Iterable[str]:
    """Yield the faults of corrected statements."""
    for row in tx.all(select(StatementCorrection).where(col(StatementCorrection.hash).is_not(None))):
        assert row.statement is not None
        if fingerprint(row.statement) != row.hash:
            yield f"corrections_are_as_published: correction {row.id} is not what its hash was computed from"
        for fault in sums_that_differ(row.statement):
            yield f"corrections_add_up: correction {row.id}: {fault}"


def _unlike_the_trail(tx: Tx, hashes: dict[str, list[str]]) -> list[str]:
    trail = {
        entry.subject: entry.detail.get("statements_hash")
        for entry in tx.all(select(AuditEntry).where(AuditEntry.action == PUBLISHED))
    }
    return [
        f"statements_are_in_the_audit_trail: those of {month} have another hash than the audit trail"
        for month, of_month in hashes.items()
        if trail.get(f"month:{month}") != fingerprint(of_month)
    ]
