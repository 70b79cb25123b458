"""Fixtures of the application on a test's own database, without Redis, because no request may depend on it.

A conftest imports them.
"""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.api.client import application
from tests.world import World


@pytest.fixture
def app(world: World, database_url: str) -> Flask:
    return application(database_url, world.deps, REDIS_URL="redis://127.0.0.1:9/0")


@pytest.fixture
def http(app: Flask) -> FlaskClient:
    return app.test_client()
