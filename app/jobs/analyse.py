"""Analyse tables as they grow. The planner knows nothing about a table that was empty when it was last analysed,
and autovacuum runs minutes after a rush has begun."""

from campaigns.dependencies import Dependencies
from kernel.db import Tx

LEAST_CHANGES = 500  # a smaller table is read by a full scan, whatever the planner knows
# Entries per column, from a sample of 7,500 rows. PostgreSQL's default (100 of 30,000) takes five times as long, in
# the minutes when everybody gives. The embedded server has it for autovacuum too.
STATISTICS_TARGET = 25


def analyse_grown_tables(deps: Dependencies) -> int:
    """Analyse the tables in which at least as many rows changed as they had when last analysed. Return how many.

    Each table has its own transaction, so that readers and writers go on. A table that is being vacuumed or altered
    is left for the next run. Only tables of our own role are analysed, as PostgreSQL requires.
    """
    with deps.db.transaction() as tx:
        tables = _grown_tables(tx)
    for table in tables:
        with deps.db.transaction() as tx:
            tx.run(f"SET LOCAL default_statistics_target = {STATISTICS_TARGET}")
            tx.run(f"ANALYZE (SKIP_LOCKED) {table}")
    return len(tables)


def _grown_tables(tx: Tx) -> list[str]:
    """Return the quoted names of the tables."""
    rows = tx.rows(
        """SELECT format('%I.%I', s.schemaname, s.relname) AS name
             FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid
            WHERE s.schemaname = current_schema() AND c.relkind = 'r' AND pg_has_role(c.relowner, 'USAGE')
              AND s.n_mod_since_analyze >= greatest(:least, c.reltuples)
            ORDER BY 1""",
        least=LEAST_CHANGES,
    )
    return [row.name for row in rows]
