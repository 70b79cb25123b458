"""A copy of a database, for tests that begin with what was made in another."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.databases import connected


@contextmanager
def copied(url: str, name: str) -> Iterator[str]:
    """A copy of a database; whoever is connected to that one is hung up on."""
    source = url.partition("?")[0].rpartition("/")[2]
    with connected(url, "postgres") as admin:
        admin.execute("SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity WHERE datname = %s", [source])
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {source} STRATEGY FILE_COPY")
        try:
            yield url.replace(f"/{source}?", f"/{name}?")
        finally:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
