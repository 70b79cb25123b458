"""A change of managers that is sent again has no second effect: `Idempotency-Key`, at every route of the router."""

import json
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app.http import declarations
from app.http.repeats import HEADER, MOST_KEY, REPLAYED
from app.jobs.registry import run as run_job
from app.jobs.runs import Unit
from campaigns.network.replies import KEPT
from campaigns.network.tokens import create_token
from kernel.db import Tx
from tests.api.client import Api, Json, problem
from tests.api.repeat_victim import run
from tests.api.resources import Resources, resources
from tests.api.test_rights import callers, paths, snapshot
from tests.forked import killed_in
from tests.races.runners import at_once
from tests.world import World

__all__ = ["callers", "resources"]


def changes(app: Flask) -> list[Any]:
    """Every route of the API by which managers change something, with its method."""
    return [
        (rule, method)
        for rule in app.url_map.iter_rules()
        for method in sorted({"POST", "PATCH"} & (rule.methods or set()))
        if rule.rule.startswith("/api/")
        and (declared := declarations.access_of(app, rule.endpoint))
        and declared.audience is declarations.Audience.MANAGER
    ]


def send(api: Api, path: str, body: Any, key: str | None, token: str = "", method: str = "POST") -> TestResponse:
    headers = {"Authorization": f"Bearer {token or api.token()}"} | ({HEADER: key} if key is not None else {})
    return api.http.open(
        f"/api/v1{path}", method=method, headers=headers, data=json.dumps(body), content_type="application/json"
    )


def test_every_change_of_managers_takes_a_key(app: Flask, api: Api, world: World, resources: Resources) -> None:
    """From the router: a route that is new takes one."""
    before = snapshot(world)
    without = set()
    routes = changes(app)
    assert len(routes) > 40
    for rule, method in routes:
        for path in paths(app, rule, resources.arguments | {"kind": "projects"}):
            status = send(api, path.removeprefix("/api/v1"), {}, "no\\key", method=method)
            if (status.status_code, (status.get_json() or {}).get("code")) != (400, "idempotency_key_invalid"):
                without.add(rule.rule)
    assert without == set()
    changed = {table for table, rows in snapshot(world).items() if rows != before[table]}
    assert changed <= {"audit_entry"}, changed


def test_the_description_has_the_key_at_every_such_change(app: Flask, api: Api) -> None:
    described = api.http.get("/api/openapi.json").get_json()["paths"]
    named = {
        (path, method)
        for path, operations in described.items()
        for method, operation in operations.items()
        if isinstance(operation, dict) and any(p.get("name") == HEADER for p in operation.get("parameters", []))
    }
    assert len(named) == len(changes(app))


@pytest.fixture
def pot(world: World) -> int:
    return world.pot(100_00)


def funded(world: World, pot: int) -> int:
    return world.pots()[pot].funded_minor


def test_the_same_request_again_gets_the_same_reply_and_moves_nothing(api: Api, world: World, pot: int) -> None:
    first = send(api, f"/pots/{pot}/top-ups", {"amount_minor": 50_00}, "top-up-1")
    again = send(api, f"/pots/{pot}/top-ups", {"amount_minor": 50_00}, '"top-up-1"')  # quoted, as the draft has it
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.data == again.data
    assert first.content_type == again.content_type
    assert (REPLAYED in first.headers, again.headers[REPLAYED]) == (False, "true")
    assert funded(world, pot) == 150_00
    send(api, f"/pots/{pot}/top-ups", {"amount_minor": 50_00}, None)  # control: without a key it is done again
    assert funded(world, pot) == 200_00
    world.check()


def test_another_body_address_or_method_under_the_same_key_is_refused(api: Api, world: World, pot: int) -> None:
    assert send(api, f"/pots/{pot}/top-ups", {"amount_minor": 50_00}, "k").status_code == 201
    for path, body in (
        (f"/pots/{pot}/top-ups", {"amount_minor": 60_00}),
        (f"/pots/{pot}/reductions", {"amount_minor": 50_00}),
    ):
        problem(send(api, path, body, "k"), 409, "idempotency_key_reused")
    assert funded(world, pot) == 150_00


def test_a_key_is_its_callers_own(api: Api, world: World, pot: int) -> None:
    other = world.do(create_token, "manager", "another program")
    for token in (api.token(), other):
        reply = send(api, f"/pots/{pot}/top-ups", {"amount_minor": 10_00}, "k", token)
        assert (reply.status_code, REPLAYED in reply.headers) == (201, False)
    assert funded(world, pot) == 120_00


def test_a_refusal_is_not_kept(api: Api, world: World, pot: int) -> None:
    problem(send(api, f"/pots/{pot}/reductions", {"amount_minor": 500_00}, "k"), 409, "pot_short")
    problem(send(api, f"/pots/{pot}/reductions", {"amount_minor": 0}, "k"), 422, "validation_failed")
    assert send(api, f"/pots/{pot}/reductions", {"amount_minor": 40_00}, "k").status_code == 201
    assert send(api, f"/pots/{pot}/reductions", {"amount_minor": 40_00}, "k").headers[REPLAYED] == "true"
    assert funded(world, pot) == 60_00


@pytest.mark.parametrize(
    "key", ["", '""', "a b", 'a"b', '"a', "a,b", "ä", "x" * (MOST_KEY + 1), f'"{"x" * (MOST_KEY + 1)}"']
)
def test_a_malformed_key_is_refused(api: Api, world: World, pot: int, key: str) -> None:
    problem(send(api, f"/pots/{pot}/top-ups", {"amount_minor": 50_00}, key), 400, "idempotency_key_invalid")
    assert funded(world, pot) == 100_00


def test_rights_are_asked_before_a_stored_reply_is_shown(api: Api, world: World, pot: int) -> None:
    token = world.do(create_token, "manager", "mine")
    assert send(api, f"/pots/{pot}/top-ups", {"amount_minor": 50_00}, "k", token).status_code == 201
    world.do(lambda tx: tx.run("UPDATE api_token SET role = 'auditor' WHERE label = 'mine'"))
    problem(send(api, f"/pots/{pot}/top-ups", {"amount_minor": 50_00}, "k", token), 403, "not_permitted")


def test_all_that_makes_or_moves_money_is_done_once(api: Api, world: World, pot: int) -> None:
    donation = world.give(50_00)
    world.pay(donation)
    opens = world.clock.at.isoformat()
    new_pot = {
        "campaign": world.slug,
        "fund": world.fund,
        "name": "second",
        "rank": 2,
        "rules": {"ratio_bps": 10_000},
        "tranches": [{"opens_at": opens, "amount_minor": 100_00}],
    }
    orders: list[tuple[str, Json]] = [
        (f"/funds/{world.fund}/deposits", {"amount_minor": 1_00, "currency": "CNY", "reference": "D-2"}),
        ("/pots", new_pot),
        (f"/pots/{pot}/reductions", {"amount_minor": 10_00}),
        (f"/donations/{donation.id}/refunds", {"amount_minor": 20_00, "reason": "asked for"}),
        (
            "/projects",
            {
                "organisation": "41010101",
                "name": "x",
                "tier": "micro",
                "summary": "x",
                "target_minor": 1,
                "currency": "CNY",
            },
        ),
    ]
    first = [send(api, path, body, f"k{number}") for number, (path, body) in enumerate(orders)]
    assert [reply.status_code for reply in first] == [201] * len(orders)
    before = snapshot(world)
    for number, (path, body) in enumerate(orders):
        again = send(api, path, body, f"k{number}")
        assert (again.status_code, again.data, again.headers[REPLAYED]) == (201, first[number].data, "true")
    assert snapshot(world) == before
    world.check()


def test_equal_requests_at_the_same_moment_have_one_effect(app: Flask, api: Api, world: World, pot: int) -> None:
    def order(key: str | None) -> Any:
        return lambda: send(
            Api(app.test_client(), world), f"/pots/{pot}/top-ups", {"amount_minor": 1_00}, key, token
        )

    token = api.token()
    replies = at_once(*[order("race")] * 6)
    states = sorted((reply.status_code, REPLAYED in reply.headers) for reply in replies)
    assert states.count((201, False)) == 1, states
    assert set(states) <= {(201, False), (201, True), (409, False)}
    assert {reply.get_json()["code"] for reply in replies if reply.status_code == 409} <= {
        "idempotency_key_in_progress"
    }
    assert funded(world, pot) == 101_00
    assert [reply.status_code for reply in at_once(*[order(None)] * 6)] == [201] * 6  # control: without a key
    assert funded(world, pot) == 107_00
    world.check()


def test_a_request_whose_first_sending_still_runs_is_refused(app: Flask, api: Api, world: World, pot: int) -> None:
    """The first one waits for the lock of the campaign; the second is not left waiting with it."""
    token = api.token()

    def order() -> TestResponse:
        return send(Api(app.test_client(), world), f"/pots/{pot}/top-ups", {"amount_minor": 1_00}, "slow", token)

    with world.db.engine.connect() as blocking:
        blocking.exec_driver_sql("SELECT id FROM campaign FOR UPDATE")

        def second() -> TestResponse:
            waits_for_claim(world)
            refused = order()
            blocking.rollback()
            return refused

        first, refused = at_once(order, second)
    problem(refused, 409, "idempotency_key_in_progress")
    assert first.status_code == 201
    assert order().headers[REPLAYED] == "true"
    assert funded(world, pot) == 101_00


def waits_for_claim(world: World) -> None:
    """Wait until a request holds its key."""
    for _ in range(500):
        held = world.do(
            lambda tx: tx.scalar("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted")
        )
        if held:
            return
        world.do(lambda tx: tx.scalar("SELECT pg_sleep(0.01)"))
    raise AssertionError("no request holds a key")


@pytest.mark.parametrize(
    ("module", "dies_after", "committed"),
    [
        ("campaigns.pots", "top_up", False),
        ("app.http.repeats", "replies.remember", False),
        ("app.http.repeats", "_once", True),
    ],
)
def test_after_a_crash_effect_and_reply_are_both_there_or_neither(
    api: Api, world: World, pot: int, module: str, dies_after: str, committed: bool
) -> None:
    """Kill -9 in a process of its own; the program sends its request again and is served once."""
    order = {
        "module": module,
        "dies_after": dies_after,
        "database": world.db.engine.url.render_as_string(hide_password=False),
        "now": world.clock.at.isoformat(),
        "path": f"/api/v1/pots/{pot}/top-ups",
        "headers": {"Authorization": f"Bearer {api.token()}", HEADER: "crash"},
        "body": json.dumps({"amount_minor": 50_00}),
    }
    killed_in(run, order)
    assert funded(world, pot) == (150_00 if committed else 100_00)
    again = send(api, f"/pots/{pot}/top-ups", {"amount_minor": 50_00}, "crash")
    assert (again.status_code, REPLAYED in again.headers) == (201, committed)
    assert funded(world, pot) == 150_00
    world.check()


def test_a_job_removes_replies_after_their_time(api: Api, world: World, pot: int) -> None:
    def rows(tx: Tx) -> int:
        return int(tx.scalar("SELECT count(*) FROM stored_reply"))

    send(api, f"/pots/{pot}/top-ups", {"amount_minor": 1_00}, "old")
    world.clock.advance(seconds=KEPT.total_seconds() - 1)
    send(api, f"/pots/{pot}/top-ups", {"amount_minor": 1_00}, "young")
    assert (run_job("replies", world.deps), world.do(rows)) == ({}, 2)
    world.clock.advance(seconds=2)
    assert (run_job("replies", world.deps), world.do(rows)) == ({Unit.REPLIES_REMOVED: 1}, 1)
    assert timedelta(days=1) <= KEPT


def test_a_secret_in_a_stored_reply_is_sealed(api: Api, world: World) -> None:
    """A partner's signing secret is in the reply; the table does not show it."""
    first, again = (send(api, "/partners", {"name": "sealed"}, "k") for _ in range(2))
    secret = first.get_json()["secret"]
    assert (again.status_code, again.get_json()["secret"]) == (201, secret)
    assert secret.encode() not in bytes(world.do(lambda tx: tx.scalar("SELECT sealed FROM stored_reply")))
