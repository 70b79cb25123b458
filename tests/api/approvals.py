"""What tests of acts that need a second person share: an application in which they do, and two people."""

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from campaigns.dependencies import SecondPerson
from campaigns.network.tokens import create_token
from tests.api.client import Api, Json, application
from tests.world import World

LIMIT = 100_00  # fen, of these tests


@pytest.fixture
def app(world: World, database_url: str) -> Flask:
    return application(database_url, replace(world.deps, second_person=SecondPerson(True, LIMIT)))


@pytest.fixture
def second(world: World) -> str:
    """The token of another account."""
    token: str = world.do(create_token, "admin", "second person")
    return token


def ask(api: Api, path: str, body: Any = None, token: str = "", method: str = "POST") -> Json:
    """Ask for something that waits."""
    reply = api.call(method, path, body, token or api.token())
    assert reply.status_code == 202, reply.text
    approval: Json = reply.get_json()
    assert reply.headers["Location"].endswith(f"/api/v1/approvals/{approval['id']}")
    assert (approval["state"], approval["text"] != "") == ("open", True)
    return approval


def decide(api: Api, approval: Json, token: str, decision: str = "approve", **body: Any) -> Any:
    return api.post(f"/approvals/{approval['id']}/{decision}", body, token)


def paid(world: World, amount_minor: int) -> Any:
    donation = world.give(amount_minor)
    world.pay(donation)
    return donation


def refunds(world: World) -> list[Any]:
    rows: list[Any] = world.do(
        lambda tx: [tuple(r) for r in tx.rows("SELECT amount_minor, reason, actor FROM refund ORDER BY id")]
    )
    return rows
