"""Create the statements of past months, for all nodes of the network at once, in one transaction per month."""

import json
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from sqlmodel import col, select

from campaigns.audit import record_audit
from campaigns.dependencies import Dependencies
from campaigns.monthly.figures import statement_of
from campaigns.monthly.models import MonthlyStatement, StatementRun
from campaigns.monthly.sums import Range, count_spending, funds_of, lines_of, moves_of
from campaigns.network.import_tree import lock
from kernel.bulk import insert_rows
from kernel.clock import local_day
from kernel.db import Tx
from kernel.ids import fingerprint
from kernel.money import CURRENCY
from ledger.settled import settled_mark

ACTOR = "scheduler"
PUBLISHED = "monthly.publish"  # the audit action whose entry holds the hash of all statements of a month


def publish_statements(deps: Dependencies) -> int:
    """Create the statements of each past month that has none, oldest first, and return how many were created.

    The first month is that of the first transfer. Safe to run concurrently. Raises Unavailable `books_busy`.
    """
    made = 0
    mark = settled_mark(deps.db)
    while True:
        with deps.db.transaction() as tx:
            tx.run("LOCK TABLE statement_run IN SHARE ROW EXCLUSIVE MODE")
            lock(tx)  # no node may be merged meanwhile, because the tree is read once
            due = _due(tx, mark)
            if due is None:
                return made
            made += _publish(tx, due)


def _due(tx: Tx, mark: int) -> Range | None:
    """Return the next past month with its transfers; None if there is none."""
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
    after, moves_after, before = 0, 0, None
    if newest is not None:
        after, before = newest.last_transfer, newest.made_at
        moves_after = 0 if newest.moves_after is None else after
    return Range(f"{day:%Y-%m}", after, _last_of(tx, after, mark, _next_month(day)), moves_after, before)


def _next_month(day: date) -> date:
    return (day + timedelta(days=31)).replace(day=1)


def _last_of(tx: Tx, after: int, mark: int, before: date) -> int:
    """Return the last transfer before the first transfer of the following month."""
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


def _publish(tx: Tx, due: Range) -> int:
    """Store the run and the statements of a month, and record their common hash in the audit trail."""
    transfers = {"after_transfer": due.after, "last_transfer": due.last, "moves_after": due.moves_after}
    tx.add(StatementRun(month=due.month, **transfers, made_at=tx.now))
    tx.flush()
    count_spending(tx, due.month)
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


def _statements(tx: Tx, due: Range) -> list[dict[str, Any]]:
    """Return the statements of all nodes with money or movements, ordered by code."""
    lines, funds, moves = (_by_node(rows) for rows in (lines_of(tx, due), funds_of(tx, due), moves_of(tx, due)))
    nodes = sorted(lines.keys() | funds.keys() | moves.keys())
    names = dict(tx.rows("SELECT code, name FROM organisation WHERE code = ANY(:codes)", codes=nodes))
    return [
        statement_of(due.month, node, names[node], lines[node], funds[node], moves[node], CURRENCY)
        for node in nodes
    ]


def _by_node(rows: Sequence[Any]) -> dict[str, list[Any]]:
    by_node: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        by_node[row.node].append(row)
    return by_node
