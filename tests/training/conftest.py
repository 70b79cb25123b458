"""A real site with a folder for orders, and one that is itself a training site."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from settings.training_files import take_lock
from tests.api.client import application
from tests.cashier import clock, world
from tests.payments.servers import Server
from tests.web.conftest import manager, reader
from tests.web.reader import Reader
from tests.world import World

__all__ = ["clock", "manager", "reader", "world"]


@pytest.fixture
def app(world: World, database_url: str, cashier: Server, tmp_path: Path) -> Flask:
    return application(
        database_url, world.deps, STRIPE_API_BASE=cashier.base, BEISHAN_SANDBOX="1", TRAINING_DIR=str(tmp_path)
    )


@pytest.fixture
def keeper_lock(tmp_path: Path) -> Iterator[None]:
    """What a keeper holds while it runs."""
    handle = take_lock(tmp_path)
    assert handle is not None
    yield
    os.close(handle)


@pytest.fixture
def training_app(world: World, database_url: str, cashier: Server) -> Flask:
    deps = replace(world.deps, training=True)
    return application(database_url, deps, STRIPE_API_BASE=cashier.base, BEISHAN_SANDBOX="1", BEISHAN_TRAINING="1")


@pytest.fixture
def trainee(training_app: Flask, world: World) -> Reader:
    return Reader(training_app.test_client(), world)
