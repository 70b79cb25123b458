"""The application on this test's own database, with the demo event and the real payment sandbox behind it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

import config
from app import create_app
from app.seed import seed
from campaigns.engine import Engine
from embedded.process import Child
from kernel.clock import FixedClock
from kernel.db import Database
from kernel.keys import Keys
from payments.stripe import StripeGateway
from tests.stack import compiled, start_sandbox

KEY = "sk_test_pages"


@pytest.fixture(scope="session")
def cashier(servers_dir: Path) -> Iterator[str]:
    """The sandbox's address: a process of its own."""
    child: Child
    child, address = start_sandbox(servers_dir / "pages-sandbox", KEY, "whsec_pages", None)
    yield address
    child.stop()


@pytest.fixture
def engine(db: Database, cashier: str) -> Engine:
    return Engine(db, StripeGateway(KEY, cashier, ("card",)), Keys("secret", "field"), "http://localhost")


@pytest.fixture
def app(engine: Engine, database_url: str, cashier: str) -> Flask:
    compiled()
    settings = config.load(
        {
            "DATABASE_URL": database_url,
            "BEISHAN_SANDBOX": "1",
            "STRIPE_API_BASE": cashier,
            "PUBLIC_URL": "http://localhost",
        }
    )
    made = create_app(settings, engine)
    made.testing = True
    return made


@pytest.fixture
def demo(engine: Engine, clock: FixedClock) -> Engine:
    """The engine after the demo event was made; it has just opened."""
    seed(engine)
    clock.advance(minutes=1)
    return engine


@pytest.fixture
def browser(app: Flask, demo: Engine) -> FlaskClient:
    """A browser's side of things, the demo event being there."""
    return app.test_client()
