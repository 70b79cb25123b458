"""Real PostgreSQL and Redis for every test worker; a fresh database, migrated, for every test.

A test's database is a copy of a migrated template: cheap, and unlike a savepoint it lets tests commit, race
and crash as production does.
"""

import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from embedded.postgres import Postgres
from embedded.redis import Redis
from kernel.clock import FixedClock
from kernel.db import Database
from migrations import upgrade
from tests.world import World, build

SPEED = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "128MB"}
NOON = datetime(2026, 9, 9, 4, 0, tzinfo=UTC)  # 12:00 in Shanghai on the giving day


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


_count = 0


@pytest.fixture
def database_url(template: str) -> Iterator[str]:
    """An empty, migrated database of this test's own."""
    global _count
    _count += 1
    name = f"test_{_count}"
    with _admin(template) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE beishan STRATEGY FILE_COPY")
    yield template.replace("/beishan?", f"/{name}?")
    with _admin(template) as admin:
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


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
