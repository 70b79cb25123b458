"""The application on this test's own database, and the engineer of a platform that is live."""

import pytest
from flask.testing import FlaskClient

from payments.models import PartnerState
from payments.partners.partners import create
from tests.partners.engineer import NAME, Engineer
from tests.partners.outside import node_with_packages
from tests.site import app, http
from tests.world import World

__all__ = ["app", "http"]


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
