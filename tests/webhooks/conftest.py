"""The application on this test's own database; the webhooks ask nobody outside."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.api.client import application
from tests.world import World


@pytest.fixture
def app(world: World, database_url: str) -> Flask:
    # A Redis that is not there: what comes in must not depend on it.
    return application(database_url, world.deps, REDIS_URL="redis://127.0.0.1:9/0")


@pytest.fixture
def http(app: Flask) -> FlaskClient:
    return app.test_client()
