"""Analyse tables as they grow: of a table that was empty when it was last analysed the planner knows nothing, and
autovacuum comes minutes after a rush has begun."""

from campaigns.dependencies import Dependencies
from kernel.db import Tx

LEAST_CHANGES = 500  # a table with fewer rows is read as a whole whatever the planner thinks


def analyse_grown_tables(deps: Dependencies) -> int:
    """Analyse the tables in which as many rows changed as they had when they were last analysed; return how many.

    One transaction per table: readers and writers go on meanwhile, and a table that somebody vacuums or alters is
    left for the next run. Only tables of our own role, as PostgreSQL demands.
    """
    with deps.db.transaction() as tx:
        tables = _grown_tables(tx)
    for table in tables:
        with deps.db.transaction() as tx:
            tx.run(f"ANALYZE (SKIP_LOCKED) {table}")
    return len(tables)


def _grown_tables(tx: Tx) -> list[str]:
    """Return the names of the tables, quoted."""
    rows = tx.rows(
        """SELECT format('%I.%I', s.schemaname, s.relname) AS name
             FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid
            WHERE s.schemaname = current_schema() AND c.relkind = 'r' AND pg_has_role(c.relowner, 'USAGE')
              AND s.n_mod_since_analyze >= greatest(:least, c.reltuples)
            ORDER BY 1""",
        least=LEAST_CHANGES,
    )
    return [row.name for row in rows]
