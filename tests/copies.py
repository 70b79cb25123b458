"""Copies of a database: for tests that need a fresh one for each of many examples."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg


@contextmanager
def copied(url: str, name: str) -> Iterator[str]:
    """A copy of a database that nobody is connected to."""
    source = url.partition("?")[0].rpartition("/")[2]
    address = url.replace("+psycopg", "").replace(f"/{source}?", "/postgres?")
    with psycopg.connect(address, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {source} STRATEGY FILE_COPY")
        try:
            yield url.replace(f"/{source}?", f"/{name}?")
        finally:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
