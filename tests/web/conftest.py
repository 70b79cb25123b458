"""Pages on this test's own database, with the real payment sandbox behind them."""

import pytest
from flask import Flask

from campaigns.network.people import create_manager
from tests.api.client import application
from tests.cashier import clock, world
from tests.payments.servers import Server
from tests.web.reader import PASSWORD, Reader
from tests.world import World

__all__ = ["clock", "world"]


@pytest.fixture
def app(world: World, database_url: str, cashier: Server) -> Flask:
    """As in the demo: every page says that no real money moves."""
    return application(database_url, world.deps, BEISHAN_SANDBOX="1", STRIPE_API_BASE=cashier.base)


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
