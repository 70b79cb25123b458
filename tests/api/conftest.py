"""The application on this test's own database, with the real payment sandbox behind it."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.api.client import Api, application
from tests.cashier import clock, world
from tests.world import World

__all__ = ["clock", "world"]


@pytest.fixture
def app(world: World, database_url: str) -> Flask:
    return application(database_url, world.deps)


@pytest.fixture
def http(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def api(http: FlaskClient, world: World) -> Api:
    return Api(http, world)
