"""`POST /webhooks/partners/{name}`: signed after Standard Webhooks, one event or a batch, each once."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from kernel.ids import donation_id_of
from payments.partners.partners import create
from tests.api.client import problem
from tests.world import World

NAME = "teahouse"


@pytest.fixture
def secret(world: World) -> str:
    return str(world.do(create, world.deps.keys, NAME, "茶馆"))


def event(world: World, number: int = 1, **data: Any) -> dict[str, Any]:
    code = world.do(lambda tx: tx.scalar("SELECT code FROM project WHERE id = :id", id=world.projects[0]))
    now = world.clock.at.isoformat()
    messages = {
        "donation_id": f"T-{number}",
        "project_code": code,
        "amount_minor": 25_00,
        "currency": "CNY",
        "paid_at": now,
        "donor": {"key": "user-1", "name": "赵"},
    }
    return {"type": "donation.paid", "id": f"e-{number}", "occurred_at": now, "data": messages | data}


def send(
    http: FlaskClient,
    secret: str,
    body: Any,
    at: float | None = None,
    name: str = NAME,
    message: str = "msg_1",
    query: str = "",
) -> TestResponse:
    """A request signed as the specification says: HMAC-SHA256 over `id.timestamp.body`."""
    payload = body if isinstance(body, bytes) else json.dumps(body).encode()
    stamp = str(int(at if at is not None else time.time()))
    mac = hmac.new(
        base64.b64decode(secret.removeprefix("whsec_")), f"{message}.{stamp}.".encode() + payload, hashlib.sha256
    )
    headers = {
        "webhook-id": message,
        "webhook-timestamp": stamp,
        "webhook-signature": "v1," + base64.b64encode(mac.digest()).decode(),
    }
    return http.post(
        f"/webhooks/partners/{name}{query}", data=payload, headers=headers, content_type="application/json"
    )


def stored(world: World) -> int:
    return int(world.do(lambda tx: tx.scalar("SELECT count(*) FROM inbox_event")))


def test_one_event_becomes_a_matched_donation_of_its_own_channel(
    http: FlaskClient, world: World, secret: str
) -> None:
    pot = world.pot(1_000_00)
    response = send(http, secret, event(world))
    assert (response.status_code, response.get_json()) == (202, {"accepted": 1, "repeated": 0, "conflicting": 0})
    world.settle()
    view = world.view(donation_id_of(NAME, "T-1"))
    assert (view.status, view.channel, view.captured_minor) == ("paid", "partner", 25_00)
    assert world.pots()[pot].captured_minor == 25_00
    assert send(http, secret, event(world)).get_json() == {"accepted": 0, "repeated": 1, "conflicting": 0}
    other = event(world, amount_minor=99_00)
    assert send(http, secret, other).get_json() == {"accepted": 0, "repeated": 0, "conflicting": 1}
    world.settle()
    assert world.totals().raised_minor == 25_00
    world.check()


def test_a_batch_of_a_thousand_and_not_one_more(http: FlaskClient, world: World, secret: str) -> None:
    batch = {"events": [event(world, number) for number in range(1_000)]}
    assert send(http, secret, batch).get_json()["accepted"] == 1_000
    world.settle()
    assert world.totals().donations == 1_000
    batch["events"].append(event(world, 1_000))
    assert problem(send(http, secret, batch), 422, "batch_too_large")["most"] == 1_000
    assert stored(world) == 1_000
    world.check()


def test_a_bad_event_names_its_place_and_the_batch_is_not_taken(
    http: FlaskClient, world: World, secret: str
) -> None:
    events = [event(world, number) for number in range(5)]
    events[3]["data"]["amount_minor"] = 1.5
    events[4]["type"] = 5
    refusal = problem(send(http, secret, {"events": events}), 422, "event_invalid")
    assert set(refusal["errors"]) == {"events.3.data.amount_minor", "events.4.type"}
    single = problem(send(http, secret, event(world, amount_minor=-1)), 422, "event_invalid")
    assert set(single["errors"]) == {"data.amount_minor"}
    assert stored(world) == 0


def test_an_event_beside_a_batch_is_refused_because_one_would_be_lost(
    http: FlaskClient, world: World, secret: str
) -> None:
    both = event(world, 1) | {"events": [event(world, 2)]}
    assert set(problem(send(http, secret, both), 422, "event_invalid")["errors"]) == {"events"}
    assert stored(world) == 0
    assert send(http, secret, {"type": "batch", "events": [event(world, 2)]}).get_json()["accepted"] == 1


def test_a_wrong_signature_is_refused(http: FlaskClient, world: World, secret: str) -> None:
    body = event(world)
    other = "whsec_" + base64.b64encode(b"x" * 32).decode()
    problem(send(http, other, body), 401, "signature_invalid")
    problem(send(http, secret, body, time.time() - 301), 401, "timestamp_out_of_tolerance")
    problem(send(http, secret, body, time.time() + 301), 401, "timestamp_out_of_tolerance")
    problem(http.post(f"/webhooks/partners/{NAME}", json=body), 401, "signature_missing")
    problem(send(http, secret, body, name="nobody"), 401, "signature_invalid")
    for stamp in ("", "x", "9" * 400, "-1", "nan", "inf", "1e400"):
        headers = {"webhook-id": "m", "webhook-timestamp": stamp, "webhook-signature": "v1,AAAA"}
        response = http.post(f"/webhooks/partners/{NAME}", json=body, headers=headers)
        assert response.status_code == 401, (stamp, response.text)
    assert stored(world) == 0


@pytest.mark.parametrize("name", ["%00", "%ff", "x" * 500, "a b", "..", "茶"])
def test_partners_with_strange_names_are_unknown(http: FlaskClient, secret: str, name: str) -> None:
    assert send(http, secret, {}, name=name).status_code in (400, 401, 404)


@pytest.mark.parametrize(
    "raw", [b"", b"{", "张三".encode("gbk"), b'{"a": 1, "a": 2}', b'{"a": NaN}', b"[" * 90_000]
)
def test_signed_bytes_that_are_no_json(http: FlaskClient, world: World, secret: str, raw: bytes) -> None:
    problem(send(http, secret, raw), 400, "body_invalid")


@pytest.mark.parametrize("body", [[], 1, None, "x", {"events": []}, {"events": {}}, {"events": [1]}, {}])
def test_json_that_is_no_event(http: FlaskClient, world: World, secret: str, body: Any) -> None:
    assert problem(send(http, secret, body), 422, "event_invalid")["errors"]


def test_a_batch_that_is_too_large_in_bytes(http: FlaskClient, world: World, secret: str) -> None:
    big = event(world, note="x" * (4 << 20))
    problem(send(http, secret, big), 413, "body_too_large")
    fits = event(world, note="x" * (2 << 20))
    assert send(http, secret, fits).status_code == 202


junk = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.sampled_from(["\x00", "\ud800"])),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(), inner, max_size=3)),
    max_leaves=8,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
@given(
    where=st.sampled_from(["type", "id", "occurred_at", "data", "extra", "\x00"]),
    inside=st.sampled_from(["donation_id", "project_code", "amount_minor", "currency", "paid_at", "donor", "more"]),
    outer=st.one_of(st.none(), junk),
    inner=junk,
)
@example(where="extra", inside="more", outer="\x00", inner="\ud800")
@example(where="extra", inside="more", outer=None, inner=float("inf"))
@example(where="extra", inside="paid_at", outer=None, inner="0001-01-01T00:00:00+14:00")
@example(where="extra", inside="paid_at", outer=None, inner="9999-12-31T23:59:59-14:00")
@example(where="extra", inside="donor", outer=None, inner={"key": "\ud800"})
@example(where="extra", inside="donation_id", outer=None, inner="\ud800")
@example(where="extra", inside="more", outer={"\ud800": 1}, inner=10**400)
def test_junk_in_an_event_is_refused_or_settles(
    http: FlaskClient, world: World, secret: str, where: str, inside: str, outer: Any, inner: Any
) -> None:
    body = event(world, **{inside: inner})
    if outer is not None:
        body[where] = outer
    response = send(http, secret, body)
    assert response.status_code in (202, 400, 422), response.text
    world.settle()  # what was taken in can also be worked off
