"""The application on this test's own database, with a partner platform, and without Redis: none may need it."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from campaigns.network.people import create_manager
from payments.partners.partners import create
from tests.api.client import Api
from tests.cli.conftest import Terminal
from tests.site import app, http
from tests.web.reader import PASSWORD, Reader
from tests.webhooks.test_partners import NAME
from tests.world import World

__all__ = ["app", "http"]


@pytest.fixture
def api(http: FlaskClient, world: World) -> Api:
    return Api(http, world)


@pytest.fixture
def secret(world: World) -> str:
    """The signing secret of the platform."""
    return str(world.do(create, world.deps.keys, NAME, "茶馆"))


@pytest.fixture
def terminal(app: Flask) -> Terminal:
    return Terminal(app)


@pytest.fixture
def manager(app: Flask, world: World) -> Reader:
    """A manager of the whole network, signed in to the console."""
    world.do(create_manager, "boss", PASSWORD, "manager", "test")
    reader = Reader(app.test_client(), world)
    reader.sign_in("boss")
    return reader
