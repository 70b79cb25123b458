"""Make the statements of months that are over: all nodes of the network at once, in one transaction per month."""

import json
from collections import defaultdict
from datetime import date, timedelta
from typing import Any, NamedTuple

from sqlmodel import col, select

from campaigns.audit import record_audit
from campaigns.dependencies import Dependencies
from campaigns.monthly.figures import FundLine, NodeLine, statement_of
from campaigns.monthly.models import MonthlyStatement, StatementRun
from kernel.bulk import insert_rows
from kernel.clock import local_day
from kernel.db import Tx
from kernel.ids import fingerprint
from kernel.money import CURRENCY
from ledger.settled import settled_mark

ACTOR = "scheduler"
PUBLISHED = "monthly.publish"  # the entry of the audit trail that has the hash of all statements of a month


class _Range(NamedTuple):
    """The transfers of a month's statements."""

    month: str
    after: int
    last: int


def publish_statements(deps: Dependencies) -> int:
    """Make the statements of each month that is over and has none, oldest first; return how many were made.

    The first month is that of the first transfer. Safe to run beside itself. Raises Unavailable `books_busy`.
    """
    made = 0
    mark = settled_mark(deps.db)
    while True:
        with deps.db.transaction() as tx:
            tx.run("LOCK TABLE statement_run IN SHARE ROW EXCLUSIVE MODE")
            due = _due(tx, mark)
            if due is None:
                return made
            made += _publish(tx, due)


def _due(tx: Tx, mark: int) -> _Range | None:
    """Return the next month that is over, with its transfers; None when there is none."""
    newest = tx.first(select(StatementRun).order_by(col(StatementRun.month).desc()))
    if newest is None:
        first = tx.scalar("SELECT min(recorded_at) FROM journal_movement WHERE transfer_id <= :mark", mark=mark)
        if first is None:
            return None
        day = local_day(first).replace(day=1)
    else:
        day = _next_month(date.fromisoformat(f"{newest.month}-01"))
    if local_day(tx.now) < _next_month(day):
        return None
    after = newest.last_transfer if newest else 0
    return _Range(f"{day:%Y-%m}", after, _last_of(tx, after, mark, _next_month(day)))


def _next_month(day: date) -> date:
    return (day + timedelta(days=31)).replace(day=1)


def _last_of(tx: Tx, after: int, mark: int, before: date) -> int:
    """Return the last transfer before the first one of the following month."""
    return int(
        tx.scalar(
            """SELECT coalesce(min(transfer_id) - 1, greatest(:mark, :after)) FROM journal_movement
                WHERE transfer_id > :after AND transfer_id <= :mark
                  AND CAST(recorded_at AT TIME ZONE 'Asia/Shanghai' AS date) >= :before""",
            after=after,
            mark=mark,
            before=before,
        )
    )


def _publish(tx: Tx, due: _Range) -> int:
    """Store a month's run and its statements, and their common hash in the audit trail."""
    tx.add(StatementRun(month=due.month, after_transfer=due.after, last_transfer=due.last, made_at=tx.now))
    statements = _statements(tx, due)
    hashes = [fingerprint(statement) for statement in statements]
    nodes = [statement["node"] for statement in statements]
    used = dict(
        tx.rows(
            "SELECT organisation_code, max(number) FROM monthly_statement WHERE organisation_code = ANY(:nodes)"
            " GROUP BY organisation_code",
            nodes=nodes,
        )
    )
    insert_rows(
        tx,
        MonthlyStatement,
        {
            "organisation_code": nodes,
            "month": due.month,
            "number": [used.get(node, 0) + 1 for node in nodes],
            "statement": [json.dumps(statement, ensure_ascii=False) for statement in statements],
            "hash": hashes,
        },
    )
    record_audit(
        tx, ACTOR, PUBLISHED, f"month:{due.month}", statements=len(nodes), statements_hash=fingerprint(hashes)
    )
    return len(nodes)


def _statements(tx: Tx, due: _Range) -> list[dict[str, Any]]:
    """Return the statements of all nodes with money or movements, by code."""
    lines: dict[str, list[NodeLine]] = defaultdict(list)
    funds: dict[str, list[FundLine]] = defaultdict(list)
    for line in tx.rows_as(NodeLine, _LINES, after=due.after, last=due.last):
        lines[line.node].append(line)
    for fund in tx.rows_as(FundLine, _FUNDS, after=due.after, last=due.last):
        funds[fund.node].append(fund)
    nodes = sorted(lines.keys() | funds.keys())
    names = dict(tx.rows("SELECT code, name FROM organisation WHERE code = ANY(:codes)", codes=nodes))
    return [statement_of(due.month, node, names[node], lines[node], funds[node], CURRENCY) for node in nodes]


# A gift whose project was corrected is received by the one and not by the other: nothing went back to its donor.
# Every project counts for each node of its lineage, in the line of the next node below, or in its own.
_LINES = """
    WITH gifts AS (
        SELECT project_id, CAST(0 AS bigint) AS matched, transfer_id > :after AS fresh,
               sum(delta_minor) FILTER (WHERE delta_minor > 0 OR kind = 'donation_moved') AS received,
               sum(-delta_minor) FILTER (WHERE delta_minor < 0 AND kind <> 'donation_moved') AS refunded
          FROM donation_movement WHERE transfer_id <= :last GROUP BY project_id, transfer_id > :after),
    match AS (
        SELECT project_id, sum(delta_minor) AS matched, transfer_id > :after AS fresh,
               CAST(0 AS bigint) AS received, CAST(0 AS bigint) AS refunded
          FROM earned_movement WHERE transfer_id <= :last GROUP BY project_id, transfer_id > :after),
    paid AS (
        SELECT project_id, transfer_id > :after AS fresh,
               sum(CASE WHEN kind = 'remittance_paid' THEN amount_minor ELSE -amount_minor END) AS paid
          FROM journal_movement
         WHERE kind IN ('remittance_paid', 'remittance_returned', 'surplus_returned') AND transfer_id <= :last
         GROUP BY project_id, transfer_id > :after),
    sums AS (
        SELECT project_id,
               coalesce(sum(received - refunded + matched - paid) FILTER (WHERE NOT fresh), 0) AS opening,
               coalesce(sum(received) FILTER (WHERE fresh), 0) AS received,
               coalesce(sum(refunded) FILTER (WHERE fresh), 0) AS refunded,
               coalesce(sum(matched) FILTER (WHERE fresh), 0) AS matched,
               coalesce(sum(paid) FILTER (WHERE fresh), 0) AS paid
          FROM (SELECT project_id, fresh, coalesce(received, 0) AS received, coalesce(refunded, 0) AS refunded,
                       matched, 0 AS paid FROM gifts
                 UNION ALL SELECT project_id, fresh, received, refunded, matched, 0 FROM match
                 UNION ALL SELECT project_id, fresh, 0, 0, 0, paid FROM paid) AS legs
         GROUP BY project_id)
    SELECT n.code AS node, coalesce(b.code, p.code) AS code, coalesce(b.name, p.name) AS name,
           CAST(sum(s.opening) AS bigint) AS opening_minor, CAST(sum(s.received) AS bigint) AS received_minor,
           CAST(sum(s.refunded) AS bigint) AS refunded_minor, CAST(sum(s.matched) AS bigint) AS matched_minor,
           CAST(sum(s.paid) AS bigint) AS paid_minor,
           CAST(sum(s.opening + s.received - s.refunded + s.matched - s.paid) AS bigint) AS closing_minor
      FROM sums s JOIN project p ON p.id = s.project_id
     CROSS JOIN LATERAL unnest(p.lineage) WITH ORDINALITY AS n(code, place)
      LEFT JOIN organisation b ON b.code = p.lineage[n.place + 1]
     GROUP BY n.code, coalesce(b.code, p.code), coalesce(b.name, p.name)
     ORDER BY n.code, closing_minor DESC, 2"""

# A fund without an owner is the federation's: it stands in the statement of the root.
_FUNDS = """
    SELECT coalesce(f.organisation_code, r.code) AS node, f.name,
           CAST(coalesce(sum(m.delta_minor) FILTER (WHERE m.transfer_id <= :after), 0) AS bigint) AS opening_minor,
           CAST(coalesce(sum(m.delta_minor)
                FILTER (WHERE m.transfer_id > :after AND m.delta_minor > 0), 0) AS bigint) AS in_minor,
           CAST(coalesce(sum(-m.delta_minor)
                FILTER (WHERE m.transfer_id > :after AND m.delta_minor < 0), 0) AS bigint) AS out_minor,
           CAST(sum(m.delta_minor) AS bigint) AS closing_minor
      FROM fund f JOIN fund_movement m ON m.fund_id = f.id AND m.transfer_id <= :last
      LEFT JOIN organisation r ON r.parent_code IS NULL
     WHERE coalesce(f.organisation_code, r.code) IS NOT NULL
     GROUP BY 1, f.id, f.name ORDER BY 1, f.id"""
