"""Guessing a manager's password is slow; knowing it never is."""

import pytest
from flask import Flask

from app.console.sign_in import GUESSES
from embedded.redis import Redis
from tests.api.client import application
from tests.web.reader import Reader
from tests.world import World


@pytest.fixture
def app(world: World, database_url: str, redis_server: Redis) -> Flask:
    return application(database_url, world.deps, REDIS_URL=redis_server.url)


def test_after_twenty_wrong_passwords_the_next_ones_must_wait(reader: Reader) -> None:
    reader.open("/console/sign-in")
    for _ in range(GUESSES):
        reader.send("/console/sign-in", 401, login="admin", password="wrong")
    assert "操作太频繁" in reader.send("/console/sign-in", 429, login="admin", password="wrong")
