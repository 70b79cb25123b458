"""The application on this test's own database, and the engineer of a platform that is live."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from payments.models import PartnerState
from payments.partners.partners import create
from tests.api.client import application
from tests.partners.engineer import NAME, Engineer
from tests.partners.outside import node_with_packages
from tests.world import World


@pytest.fixture
def app(world: World, database_url: str) -> Flask:
    return application(database_url, world.deps, REDIS_URL="redis://127.0.0.1:9/0")


@pytest.fixture
def http(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def engineer(http: FlaskClient, world: World) -> Engineer:
    return Engineer(http, world, world.do(create, world.deps.keys, NAME, "茶馆"))


@pytest.fixture
def tester(http: FlaskClient, world: World) -> Engineer:
    """Of a platform that is still trying its events out."""
    secret = world.do(lambda tx: create(tx, world.deps.keys, "newcomer", "新平台", state=PartnerState.TEST))
    assert secret.startswith("whsec_test_")
    return Engineer(http, world, secret, "newcomer")


@pytest.fixture(scope="session")
def node() -> str:
    """Node.js with signers that are not ours."""
    return node_with_packages()
