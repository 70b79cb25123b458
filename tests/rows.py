"""All rows of a small database, kept to be loaded into an empty one: quicker than making them anew."""

from typing import Any, NamedTuple

import psycopg

_TABLES = """SELECT quote_ident(relname) FROM pg_class
              WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'alembic_version'"""
_SEQUENCES = """SELECT format('SELECT setval(%L, %s)', quote_ident(sequencename), last_value) FROM pg_sequences
                 WHERE schemaname = 'public' AND last_value IS NOT NULL"""


class Rows(NamedTuple):
    """The rows of each table that has some, in the form of COPY, and statements that set the sequences."""

    tables: dict[str, bytes]
    sequences: str

    def load(self, connection: psycopg.Connection[Any]) -> None:
        """Load them into an empty database, past its triggers."""
        connection.execute("SET LOCAL session_replication_role = replica")
        for table, rows in self.tables.items():
            with connection.cursor().copy(f"COPY {table} FROM STDIN (FORMAT binary)".encode()) as copy:
                copy.write(rows)
        connection.execute(self.sequences.encode())


def rows_of(connection: psycopg.Connection[Any]) -> Rows:
    """Read all rows of a database."""
    tables = {}
    for (table,) in connection.execute(_TABLES).fetchall():
        if connection.execute(f"SELECT EXISTS (SELECT FROM {table})".encode()).fetchone() == (True,):
            with connection.cursor().copy(f"COPY {table} TO STDOUT (FORMAT binary)".encode()) as copy:
                tables[table] = b"".join(copy)
    return Rows(tables, ";".join(row[0] for row in connection.execute(_SEQUENCES).fetchall()))
