"""Pages on this test's own database, with the real payment sandbox behind them."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask

import config
from app import create_app
from campaigns.network.people import create_manager
from kernel.clock import FixedClock
from kernel.db import Database
from payments.stripe import StripeGateway
from tests.stack import compiled, start_sandbox
from tests.web.reader import PASSWORD, Reader
from tests.world import World, build

KEY = "sk_test_pages"


@pytest.fixture(scope="session")
def cashier(servers_dir: Path) -> Iterator[str]:
    """The sandbox's address: a process of its own."""
    child, address = start_sandbox(servers_dir / "pages-sandbox", KEY, "whsec_pages", None)
    yield address
    child.stop()


@pytest.fixture
def clock() -> FixedClock:
    """Starts at the real time: the sandbox opens no payment whose time has passed."""
    return FixedClock(datetime.now(UTC).replace(microsecond=0))


@pytest.fixture
def world(db: Database, clock: FixedClock, cashier: str) -> World:
    return build(db, clock, StripeGateway(KEY, cashier, ("card",)))


@pytest.fixture
def app(world: World, database_url: str, cashier: str) -> Flask:
    """The application as a web server has it: errors are answered, not raised."""
    compiled()
    settings = {"BEISHAN_SANDBOX": "1", "STRIPE_API_BASE": cashier, "PUBLIC_URL": "http://localhost"}
    return create_app(config.load(settings | {"DATABASE_URL": database_url}), world.engine)


@pytest.fixture
def reader(app: Flask, world: World) -> Reader:
    """A person with a browser that has no JavaScript."""
    return Reader(app.test_client(), world)


@pytest.fixture
def manager(reader: Reader, world: World) -> Reader:
    """The same person signed in to the console as administrator."""
    world.do(create_manager, "boss", PASSWORD, "admin", "test")
    reader.sign_in("boss")
    return reader
