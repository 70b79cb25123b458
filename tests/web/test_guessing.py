"""Guessing a manager's password is slow; knowing it never is."""

import pytest
from flask import Flask

import config
from app import create_app
from app.console.entrance import GUESSES
from embedded.redis import Redis
from tests.stack import compiled
from tests.web.reader import Reader
from tests.world import World


@pytest.fixture
def app(world: World, database_url: str, redis_server: Redis, cashier: str) -> Flask:
    compiled()
    settings = {"PUBLIC_URL": "http://localhost", "REDIS_URL": redis_server.url, "DATABASE_URL": database_url}
    return create_app(config.load(settings), world.engine)


def test_after_twenty_wrong_passwords_the_next_ones_must_wait(reader: Reader) -> None:
    reader.open("/console/sign-in")
    for _ in range(GUESSES):
        reader.send("/console/sign-in", 401, login="admin", password="wrong")
    assert "操作太频繁" in reader.send("/console/sign-in", 429, login="admin", password="wrong")
