"""`POST /webhooks/stripe`: what the provider signed is stored once; everything else changes nothing."""

import hashlib
import hmac
import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from tests.api.client import STRIPE_SECRET, problem
from tests.world import World


def event(world: World, **other: Any) -> dict[str, Any]:
    intent = world.intent(world.give(100_00))
    body = {"id": "evt_1", "object": "event", "type": "payment_intent.succeeded", "created": int(time.time())}
    return body | {"data": {"object": intent}} | other


def signed(payload: bytes, at: float | None = None, secret: str = STRIPE_SECRET) -> str:
    """Stripe's scheme v1, written from its documentation: HMAC-SHA256 over `t.payload`."""
    stamp = int(at if at is not None else time.time())
    mac = hmac.new(secret.encode(), f"{stamp}.".encode() + payload, hashlib.sha256).hexdigest()
    return f"t={stamp},v1={mac}"


def send(http: FlaskClient, payload: bytes, signature: str | None = None) -> TestResponse:
    headers = {} if signature is None else {"Stripe-Signature": signature}
    return http.post("/webhooks/stripe", data=payload, headers=headers, content_type="application/json")


def stored(world: World) -> int:
    return int(world.do(lambda tx: tx.scalar("SELECT count(*) FROM inbox_event")))


def test_a_signed_event_is_stored_once_and_settles(http: FlaskClient, world: World) -> None:
    pot = world.pot(1_000_00)
    payload = json.dumps(event(world)).encode()
    for _ in range(2):
        response = send(http, payload, signed(payload))
        assert (response.status_code, response.get_json()) == (200, {"received": True})
    assert stored(world) == 1
    world.settle()
    assert world.totals().raised_minor == 100_00
    assert world.pots()[pot].captured_minor == 100_00
    again = json.dumps({**json.loads(payload), "pending_webhooks": 3}).encode()
    assert send(http, again, signed(again)).status_code == 200
    world.settle()
    assert world.totals().donations == 1
    world.check()


def test_the_same_event_at_the_same_moment_counts_once(app: Flask, world: World) -> None:
    payload = json.dumps(event(world)).encode()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: send(app.test_client(), payload, signed(payload)), range(8)))
    assert {response.status_code for response in answers} == {200}
    assert stored(world) == 1


@pytest.mark.parametrize(
    ("at", "secret", "code"),
    [
        (None, "whsec_other", "signature_invalid"),
        (-301.0, STRIPE_SECRET, "timestamp_out_of_tolerance"),
        (+301.0, STRIPE_SECRET, "timestamp_out_of_tolerance"),
    ],
)
def test_forged_and_stale_ones_change_nothing(
    http: FlaskClient, world: World, at: float | None, secret: str, code: str
) -> None:
    payload = json.dumps(event(world)).encode()
    moment = None if at is None else time.time() + at
    problem(send(http, payload, signed(payload, moment, secret)), 400, code)
    problem(send(http, payload + b" ", signed(payload)), 400, "signature_invalid")
    assert "Stripe-Signature" in problem(send(http, payload), 400, "signature_missing")["detail"]
    assert stored(world) == 0


@pytest.mark.parametrize(
    "payload",
    [b"", b"{", b"[]", b"null", b"\xff", b"{}", b'{"id": 5}', b"[" * 50_000, b'{"id": "' + b"x" * 300 + b'"}'],
)
def test_signed_nonsense_is_a_400(http: FlaskClient, world: World, payload: bytes) -> None:
    refusal = problem(send(http, payload, signed(payload)), 400, "body_invalid")
    assert "signature" not in refusal["detail"]
    assert stored(world) == 0


@pytest.mark.parametrize("value", ["\\u0000", "\\ud800", "x\\u0000y"])
def test_text_that_the_database_cannot_store_is_a_400(http: FlaskClient, world: World, value: str) -> None:
    payload = json.dumps(event(world)).replace("payment_intent.succeeded", value).encode()
    problem(send(http, payload, signed(payload)), 400, "body_invalid")
    assert stored(world) == 0


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
@given(payload=st.binary(max_size=200), signature=st.one_of(st.none(), st.text(max_size=80)), sign=st.booleans())
def test_no_bytes_are_our_fault(
    http: FlaskClient, world: World, payload: bytes, signature: str | None, sign: bool
) -> None:
    header = signed(payload) if sign else signature
    if header is not None and any(ord(char) < 32 or ord(char) > 255 for char in header):
        header = "t=1,v1=zz"  # no header can carry the others
    assert send(http, payload, header).status_code == 400
    assert stored(world) == 0
