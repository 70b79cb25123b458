"""Real PostgreSQL and Redis for every test worker; a fresh database, migrated, for every test.

A test's database is a copy of a migrated template, emptied for the next test: cheap, and unlike a savepoint it
lets tests commit, race and crash as production does.
"""

import gc
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import psycopg
import pytest
from argon2 import PasswordHasher
from hypothesis import settings
from jinja2.bccache import Bucket, BytecodeCache

from app.factory import Application
from campaigns.network import people
from embedded.postgres import Postgres
from embedded.redis import Redis
from kernel.clock import FixedClock
from kernel.db import Database
from migrations import upgrade
from tests.cashier import cashier
from tests.world import World, build

__all__ = ["cashier"]

# Machines are shared and noisy: how long one example takes says nothing. The second is that of `make test-long`.
settings.register_profile("beishan", deadline=None, max_examples=60)
settings.register_profile("long", deadline=None, max_examples=500)
settings.load_profile("beishan")

# Argon2id as in production takes a quarter of a second, and half of the tests sign in.
people._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class CompiledTemplates(BytecodeCache):
    """Templates, compiled once per process: each application would compile those of its pages again."""

    def __init__(self) -> None:
        self._compiled: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._compiled:
            bucket.bytecode_from_string(self._compiled[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._compiled[bucket.key] = bucket.bytecode_to_string()


Application.jinja_options = {"bytecode_cache": CompiledTemplates()}

SPEED = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "128MB"}
NOON = datetime(2026, 9, 9, 4, 0, tzinfo=UTC)  # 12:00 in Shanghai on the giving day


def pytest_collection_finish() -> None:
    """Leave all that was imported out of the garbage collector's rounds: tests make most of the garbage, and each
    full round would walk through every module again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def servers_dir() -> Iterator[Path]:
    # Not below pytest's own folder: that is closed to the system user that runs PostgreSQL for root.
    path = Path(tempfile.mkdtemp(prefix="beishan-test-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres(servers_dir: Path) -> Iterator[Postgres]:
    with Postgres.start(servers_dir / "pg", settings=SPEED) as server:
        yield server


@pytest.fixture(scope="session")
def redis_server(servers_dir: Path) -> Iterator[Redis]:
    with Redis.start(servers_dir / "redis") as server:
        yield server


def _admin(url: str) -> psycopg.Connection:
    return psycopg.connect(url.replace("+psycopg", "").replace("/beishan?", "/postgres?"), autocommit=True)


@pytest.fixture(scope="session")
def template(postgres: Postgres) -> str:
    """The URL of a migrated database that nobody connects to any more."""
    upgrade(postgres.url)
    return postgres.url


class Databases:
    """Hands out empty databases. One that a test left with the schema that it had is emptied and used again:
    that takes a tenth of the time of a new copy of the template."""

    def __init__(self, template: str) -> None:
        self.template = template
        self.free: list[str] = []
        self.made = 0

    def take(self) -> str:
        """The URL of an empty, migrated database."""
        if self.free:
            return self.free.pop()
        self.made += 1
        name = f"test_{self.made}"
        with _admin(self.template) as admin:
            admin.execute(f"CREATE DATABASE {name} TEMPLATE beishan STRATEGY WAL_LOG")
        return self.template.replace("/beishan?", f"/{name}?")

    def give_back(self, url: str) -> None:
        """Empty it for the next test, or drop it when its schema was changed or it has grown."""
        name = url.split("?")[0].rsplit("/", 1)[1]
        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as own:
            own.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            if own.execute(SCHEMA).fetchone() == self.schema and own.execute(SMALL).fetchone() == (True,):
                own.execute(EMPTY)
                self.free.append(url)
                return
        with _admin(self.template) as admin:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")

    @cached_property
    def schema(self) -> tuple[Any, ...] | None:
        with psycopg.connect(self.template.replace("+psycopg", ""), autocommit=True) as template:
            return template.execute(SCHEMA).fetchone()


# What a test could have changed of the schema: columns, constraints, indexes, triggers, options of tables.
SCHEMA = """
    SELECT (SELECT count(*) FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
             WHERE c.relnamespace = 'public'::regnamespace AND NOT a.attisdropped),
           (SELECT count(*) FROM pg_constraint WHERE connamespace = 'public'::regnamespace),
           (SELECT count(*) FROM pg_trigger WHERE tgenabled = 'O'),
           (SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace),
           (SELECT string_agg(relname || reloptions::text, ' ' ORDER BY relname) FROM pg_class
             WHERE relnamespace = 'public'::regnamespace)"""
SMALL = "SELECT pg_database_size(current_database()) < 40000000"
EMPTY = """
    DO $$ DECLARE one regclass; BEGIN
      SET LOCAL session_replication_role = replica;  -- past the append-only triggers
      FOR one IN SELECT oid FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
                                            AND relname <> 'alembic_version' LOOP
        EXECUTE format('DELETE FROM %s', one);
      END LOOP;
      PERFORM setval(oid::regclass, 1, false) FROM pg_class
        WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace;
    END $$"""


@pytest.fixture(scope="session")
def databases(template: str) -> Databases:
    return Databases(template)


@pytest.fixture
def database_url(databases: Databases) -> Iterator[str]:
    """An empty, migrated database of this test's own."""
    url = databases.take()
    yield url
    databases.give_back(url)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)


@pytest.fixture
def db(database_url: str, clock: FixedClock) -> Iterator[Database]:
    database = Database(database_url, clock, pool_size=20)
    yield database
    database.close()


@pytest.fixture
def world(db: Database, clock: FixedClock) -> World:
    """A small giving day, open now; see `tests/world.py`."""
    return build(db, clock)
