"""Rights that end while something is under way: a body that is still arriving, an act that waits for a second
person. Downloads: `tests/console/test_file_orders.py`."""

import io
import json
from collections.abc import Callable

import pytest
from flask import Flask

from app.http import heavy_reads, repeats
from campaigns.network.accounts import disable, set_role
from campaigns.network.people import create_manager
from campaigns.network.tokens import TokenTerms, create_token, revoke_token
from kernel.db import Tx
from tests.api.approvals import app, ask, decide, paid, refunds, second
from tests.api.client import Api, problem
from tests.world import World

__all__ = ["app", "second"]
BODY = {"reason": "asked for"}
EXPORT = "/campaigns.csv"
PASSWORD = "a-word-that-nobody-guesses"


class Arriving:
    """A body during whose arrival something happens, once."""

    def __init__(self, data: bytes, happens: Callable[[], object]) -> None:
        self._data, self._happens = io.BytesIO(data), happens
        self.arrived = False

    def read(self, size: int = -1) -> bytes:
        if not self.arrived:
            self.arrived = True
            self._happens()
        return self._data.read(size)


def owner_with_token(world: World) -> str:
    """Create an administrator and return a token of theirs."""
    world.do(create_manager, "spare", PASSWORD, "admin", "test")
    owner = world.do(lambda tx: create_manager(tx, "owner", PASSWORD, "admin", "test").id)
    token: str = world.do(create_token, "admin", "of owner", terms=TokenTerms(owner_id=owner))
    return token


def _token_id(tx: Tx) -> int:
    return int(tx.rows("SELECT id FROM api_token WHERE label = 'of owner'")[0][0])


def revoke(tx: Tx) -> None:
    revoke_token(tx, _token_id(tx), "test")


def expire(tx: Tx) -> None:
    tx.rows("UPDATE api_token SET expires_at = '2020-01-01' WHERE label = 'of owner' RETURNING id")


def disable_owner(tx: Tx) -> None:
    disable(tx, "owner", "test")


def demote_owner(tx: Tx) -> None:
    set_role(tx, "owner", "liaison", None, "test")


def move_owner(tx: Tx) -> None:
    set_role(tx, "owner", "admin", "4102", "test")


ENDS = [revoke, expire, disable_owner, demote_owner, move_owner]


@pytest.mark.parametrize("ends", ENDS)
def test_a_body_that_arrives_after_its_token_ended_changes_nothing(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch, ends: Callable[[Tx], None]
) -> None:
    monkeypatch.setattr(repeats, "SLOW_S", -1)
    token = owner_with_token(world)
    body = json.dumps({"name": "a fund", "kind": "special"}).encode()
    arriving = Arriving(body, lambda: world.do(ends))
    reply = app.test_client().post(
        "/api/v1/funds",
        headers={"Authorization": f"Bearer {token}"},
        environ_overrides={"wsgi.input": arriving, "CONTENT_LENGTH": str(len(body))},
        content_type="application/json",
    )
    assert arriving.arrived
    problem(reply, 401, "token_invalid")
    assert world.do(lambda tx: tx.rows("SELECT 1 FROM fund WHERE name = 'a fund'")) == []


@pytest.mark.parametrize("ends", ENDS)
def test_nobody_approves_the_act_of_somebody_who_may_no_longer_do_it(
    api: Api, world: World, second: str, ends: Callable[[Tx], None]
) -> None:
    donation = paid(world, 300_00)
    approval = ask(api, f"/donations/{donation.id}/refunds", BODY, owner_with_token(world))
    world.do(ends)
    problem(decide(api, approval, second), 409, "approval_requester_ended")
    assert refunds(world) == []
    assert decide(api, approval, second, "decline", note="they left").get_json()["state"] == "declined"


def test_another_token_of_the_same_account_does_not_stand_in_for_a_revoked_one(
    api: Api, world: World, second: str
) -> None:
    donation = paid(world, 300_00)
    token = owner_with_token(world)
    approval = ask(api, f"/donations/{donation.id}/refunds", BODY, token)
    world.do(create_token, "admin", "another")
    world.do(revoke)
    problem(decide(api, approval, second), 409, "approval_requester_ended")


@pytest.mark.parametrize("ends", ENDS)
def test_an_export_that_was_ready_after_its_token_ended_is_not_sent(
    api: Api, world: World, monkeypatch: pytest.MonkeyPatch, ends: Callable[[Tx], None]
) -> None:
    monkeypatch.setattr(heavy_reads, "SLOW_S", -1)
    token = owner_with_token(world)
    assert api.get(EXPORT, token).status_code == 200
    leave = heavy_reads.Gate.leave

    def end_then_leave(gate: heavy_reads.Gate, owner: str) -> None:
        world.do(ends)
        leave(gate, owner)

    monkeypatch.setattr(heavy_reads.Gate, "leave", end_then_leave)
    problem(api.get(EXPORT, token), 403, "not_permitted")
