"""The application on this test's own database, with the real payment sandbox behind it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from embedded.process import Child
from kernel.clock import FixedClock
from kernel.db import Database
from payments.stripe import StripeGateway
from tests.api.client import KEY, Api, application
from tests.stack import start_sandbox
from tests.world import World, build


@pytest.fixture(scope="session")
def cashier(servers_dir: Path) -> Iterator[str]:
    """The sandbox's address: a process of its own."""
    child: Child
    child, address = start_sandbox(servers_dir / "api-sandbox", KEY, "whsec_api", None)
    yield address
    child.stop()


@pytest.fixture
def clock() -> FixedClock:
    """Starts at the real time: the sandbox opens no payment whose time has passed."""
    return FixedClock(datetime.now(UTC).replace(microsecond=0))


@pytest.fixture
def world(db: Database, clock: FixedClock, cashier: str) -> World:
    """A small giving day whose payments are opened at the sandbox."""
    return build(db, clock, StripeGateway(KEY, cashier, ("card",)))


@pytest.fixture
def app(world: World, database_url: str) -> Flask:
    return application(database_url, world.engine)


@pytest.fixture
def http(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def api(http: FlaskClient, world: World) -> Api:
    return Api(http, world)
