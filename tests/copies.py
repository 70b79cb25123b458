"""Copies of a database: for tests that need a fresh one for each of many examples."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from psycopg import Connection

from tests.databases import connected


@contextmanager
def copied(url: str, name: str) -> Iterator[str]:
    """A copy of a database; whoever is connected to that one is hung up on."""
    source = url.partition("?")[0].rpartition("/")[2]
    with connected(url, "postgres") as admin:
        copy_database(admin, source, name)
        try:
            yield url.replace(f"/{source}?", f"/{name}?")
        finally:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


def copy_database(admin: Connection[Any], source: str, name: str) -> None:
    """Copy a database; nobody can come back to it meanwhile, as the pool of a site would."""
    hang_up = "SELECT pg_terminate_backend(pid, 20000) FROM pg_stat_activity WHERE datname = %s"
    admin.execute(f"ALTER DATABASE {source} ALLOW_CONNECTIONS false".encode())
    try:
        admin.execute(hang_up, [source])
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {source} STRATEGY FILE_COPY".encode())
    finally:
        admin.execute(f"ALTER DATABASE {source} ALLOW_CONNECTIONS true".encode())
