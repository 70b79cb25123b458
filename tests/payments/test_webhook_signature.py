"""Only what the provider signed, lately, as one event, gets in; whatever else comes is refused by a code."""

import json
import time

import pytest
import stripe
from hypothesis import given
from hypothesis import strategies as st

from payments.stripe import WebhookRejected, verify_webhook

SECRET = "whsec_test"
EVENT = {"id": "evt_1", "object": "event", "type": "charge.succeeded", "data": {"object": {"名": "值"}}}
BODY = json.dumps(EVENT, ensure_ascii=False).encode()


def signed(body: bytes, at: float | None = None, secret: str = SECRET) -> str:
    """The header by the official library's own signer."""
    return stripe.WebhookSignature.generate_signature_header(
        body.decode(), secret, int(time.time() if at is None else at)
    )


def code_of(body: bytes, header: str | None, secret: str = SECRET) -> str:
    with pytest.raises(WebhookRejected) as rejected:
        verify_webhook(body, header, secret)
    return rejected.value.code


def test_good_one_is_the_event() -> None:
    assert verify_webhook(BODY, signed(BODY), SECRET) == EVENT


def test_one_good_signature_among_others_is_enough() -> None:
    header = signed(BODY) + ",v1=" + "0" * 64 + ",v0=abc"
    assert verify_webhook(BODY, header, SECRET) == EVENT


@pytest.mark.parametrize("header", [None, ""])
def test_missing(header: str | None) -> None:
    assert code_of(BODY, header) == "signature_missing"


@pytest.mark.parametrize(
    "header",
    [
        "x",
        "t=,v1=",
        "t=1",
        "v1=abc",
        "t=abc,v1=abc",
        "t=1,v1=é",
        "t=1,v1=" + "0" * 64,
        "t=1=2=3,v1=1=2",
        "t=" + "9" * 5000 + ",v1=a",
        ",",
        "t=1,v1=\x00",
        "t",
    ],
)
def test_invalid(header: str) -> None:
    assert code_of(BODY, header) == "signature_invalid"


def test_other_secret_and_empty_secret_and_changed_body() -> None:
    assert code_of(BODY, signed(BODY, secret="whsec_other")) == "signature_invalid"
    assert code_of(BODY, signed(BODY, secret=""), secret="") == "signature_invalid"
    assert code_of(BODY + b" ", signed(BODY)) == "signature_invalid"


@pytest.mark.parametrize("seconds", [-301, -86_400, 301, 3_600, 10**9])
def test_too_old_and_too_far_in_the_future(seconds: int) -> None:
    assert code_of(BODY, signed(BODY, time.time() + seconds)) == "timestamp_out_of_tolerance"


@pytest.mark.parametrize("seconds", [-290, 290])
def test_a_little_early_or_late_is_good(seconds: int) -> None:
    assert verify_webhook(BODY, signed(BODY, time.time() + seconds), SECRET) == EVENT


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"event"',
        b"{}",
        b'{"object": "event"}',
        b'{"object": "event", "id": 1, "type": "x"}',
        b'{"object": "event", "id": "", "type": "x"}',
        b'{"object": "v2.core.event", "id": "evt_1", "type": "x"}',
        b'{"object": "event", "id": "evt_1", "type": "x", "n": NaN}',
        b'{"object": "event", "id": "evt_1", "type": "x", "n": ' + b"1" * 5000 + b"}",
        b"[" * 100_000,
    ],
)
def test_signed_but_no_event(body: bytes) -> None:
    assert code_of(body, signed(body)) == "body_invalid"


def test_not_utf8() -> None:
    assert code_of(b"\xff\xfe", "t=1,v1=abc") == "body_invalid"


@given(st.binary(max_size=200), st.none() | st.text(max_size=200))
def test_whatever_comes_is_rejected_by_a_code(body: bytes, header: str | None) -> None:
    assert code_of(body, header) in {"signature_missing", "signature_invalid", "body_invalid"}


@given(st.text(alphabet="tv01=,abc é\x00-9", max_size=60))
def test_headers_that_look_like_one_are_rejected(header: str) -> None:
    assert code_of(BODY, header) in {"signature_missing", "signature_invalid"}


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists, max_leaves=8))
def test_signed_json_that_is_no_event(value: object) -> None:
    body = json.dumps(value).encode()
    assert code_of(body, signed(body)) == "body_invalid"
