"""Real PostgreSQL and Redis for every test worker; a fresh database, migrated, for every test."""

import gc
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from hypothesis import settings
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants

from app.http import rate_limit
from app.papers import press
from app.shared_pages import front
from campaigns.network import people
from embedded.postgres import Postgres
from embedded.redis import Redis
from kernel.clock import FixedClock
from kernel.db import Database
from tests.cashier import cashier
from tests.clusters import SPEED, copy_cluster
from tests.databases import Databases, watch
from tests.prepared import prepare
from tests.run_folder import share, unshare
from tests.workers import Scheduling, import_in_turn, rank
from tests.world import World, build

__all__ = ["cashier"]

# Machines are shared and noisy: how long one example takes says nothing. The second is that of `make test-long`.
settings.register_profile("beishan", deadline=None, max_examples=25)
settings.register_profile("long", deadline=None, max_examples=500)
settings.load_profile("beishan")

# Argon2id as in production takes a quarter of a second, and half of the tests sign in.
people._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)

# A web server gives up a slow paper, page or Redis for the sake of all others. On a busy machine all is slow.
press._TIME_S = press._WAIT_S = rate_limit._TIMEOUT_S = front.WAIT_S = 60.0


prepare()

NOON = datetime(2026, 9, 9, 4, 0, tzinfo=UTC)  # 12:00 in Shanghai on the giving day


def pytest_configure(config: pytest.Config) -> None:
    if folder := share():
        config.add_cleanup(lambda: unshare(folder))
    if not config.getoption("--hypothesis-profile"):
        # Every worker would parse the whole product for constants to try, which `make test-long` does; and which
        # modules happen to be imported would decide what is tried.
        providers._get_local_constants = Constants


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduling:
    return Scheduling(config, log)


def pytest_collection(session: pytest.Session) -> None:
    import_in_turn(session.config)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=rank)


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
    copy_cluster(servers_dir / "pg")
    with Postgres.start(servers_dir / "pg", settings=SPEED) as server:
        yield server


@pytest.fixture(scope="session")
def redis_server(servers_dir: Path) -> Iterator[Redis]:
    with Redis.start(servers_dir / "redis") as server:
        yield server


@pytest.fixture(scope="session")
def template(postgres: Postgres) -> str:
    """The URL of a migrated database that nobody connects to any more."""
    watch(postgres.url)
    return postgres.url


@pytest.fixture(scope="session")
def databases(template: str) -> Databases:
    return Databases(template)


@pytest.fixture
def database_url(databases: Databases) -> Iterator[str]:
    """An empty, migrated database of this test's own."""
    with databases.one() as url:
        yield url


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)


@pytest.fixture
def db(database_url: str, clock: FixedClock, databases: Databases) -> Database:
    return databases.opened(database_url, clock)


@pytest.fixture
def world(db: Database, clock: FixedClock) -> World:
    """A small giving day, open now; see `tests/world.py`."""
    return build(db, clock)
