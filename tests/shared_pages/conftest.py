"""The shared pages of a small campaign, in front of the real application."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.shared_pages.front import Front, put_in_front
from tests.cashier import clock, world
from tests.web.conftest import app

__all__ = ["app", "clock", "world"]


@pytest.fixture
def front(app: Flask) -> Iterator[Front]:
    front = put_in_front(app)
    yield front
    front.freshness.stop()


@pytest.fixture
def ann(front: Front, app: Flask) -> FlaskClient:
    return app.test_client()
