"""Who signed a partner's request? The signer here is written by hand after the Standard Webhooks specification:
`v1,` + base64(HMAC-SHA256(secret, "{id}.{timestamp}.{body}"))."""

import base64
import hashlib
import hmac
import json
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kernel.errors import Conflict, Forbidden, Invalid, NotFound
from payments.partners import partner_secrets, partner_signatures, partners
from tests.world import World

KEY = bytes(range(32))
SECRET = "whsec_" + base64.b64encode(KEY).decode()
BODY = '{"events": ["捐赠"]}'.encode()


def signed(body: bytes = BODY, *, id_: str = "msg_1", at: float | None = None, key: bytes = KEY) -> dict[str, str]:
    stamp = str(int(time.time() if at is None else at))
    mac = hmac.new(key, f"{id_}.{stamp}.".encode() + body, hashlib.sha256).digest()
    signature = "v1," + base64.b64encode(mac).decode()
    return {"webhook-id": id_, "webhook-timestamp": stamp, "webhook-signature": signature}


def code(body: bytes, headers: dict[str, str]) -> str:
    with pytest.raises((Forbidden, Invalid)) as refused:
        partner_signatures.verify(SECRET, body, headers)
    return refused.value.code


def test_a_signed_body_is_verified_and_read() -> None:
    assert partner_signatures.verify(SECRET, BODY, signed()) == {"events": ["捐赠"]}
    upper = {name.title(): value for name, value in signed().items()}
    assert partner_signatures.verify(SECRET, BODY, upper) == {"events": ["捐赠"]}


def test_one_of_several_signatures_is_enough() -> None:
    """While a secret is exchanged both sign; versions that we do not know are passed over."""
    right = signed()
    foreign = signed(key=b"x" * 32)["webhook-signature"]
    right["webhook-signature"] = (
        f"v1a,{base64.b64encode(b'y' * 64).decode()} {foreign} {right['webhook-signature']}"
    )
    assert partner_signatures.verify(SECRET, BODY, right) == {"events": ["捐赠"]}


def test_a_forged_request_is_refused() -> None:
    assert code(BODY + b" ", signed()) == "signature_invalid"
    assert code(BODY, signed(key=b"x" * 32)) == "signature_invalid"
    for name, value in (("webhook-id", "msg_2"), ("webhook-timestamp", str(int(time.time()) - 1))):
        assert code(BODY, signed() | {name: value}) == "signature_invalid"


@pytest.mark.parametrize("seconds", [-301, -86_400, 302, 86_400 * 365 * 50])
def test_a_stale_or_future_request_is_refused(seconds: int) -> None:
    assert code(BODY, signed(at=time.time() + seconds)) == "timestamp_out_of_tolerance"


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_missing_header_is_named(name: str) -> None:
    assert code(BODY, signed() | {name: ""}) == "signature_missing"
    assert code(BODY, {key: value for key, value in signed().items() if key != name}) == "signature_missing"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("webhook-timestamp", "nan"),
        ("webhook-timestamp", "inf"),
        ("webhook-timestamp", "-1e308"),
        ("webhook-timestamp", "9" * 400),
        ("webhook-timestamp", "now"),
        ("webhook-signature", "v1"),
        ("webhook-signature", "v1,"),
        ("webhook-signature", "v1,a,b"),
        ("webhook-signature", "v1,签名"),
        ("webhook-signature", "v1,====="),
        ("webhook-signature", " "),
        ("webhook-id", "\ud800"),
    ],
)
def test_hostile_headers_are_refused(name: str, value: str) -> None:
    assert code(BODY, signed() | {name: value}) == "signature_invalid"


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=60), st.lists(st.text(max_size=30), min_size=3, max_size=3))
def test_nothing_else_is_ever_raised(body: bytes, values: list[str]) -> None:
    names = ("webhook-id", "webhook-timestamp", "webhook-signature")
    refused = (Forbidden, Invalid)  # Invalid: a body that is not UTF-8 cannot have been signed
    with pytest.raises(refused):
        partner_signatures.verify(SECRET, body, dict(zip(names, values, strict=True)))
    with pytest.raises(refused):
        partner_signatures.verify(SECRET, body, signed(body) | {"webhook-signature": f"v1,{values[0]}"})


@pytest.mark.parametrize(
    "body", [b"", b"{", b'{"a": NaN}', b"[" * 100_000, b"\xff\xfe{", b'{"a": 1}x', b"9" * 5_000]
)
def test_a_signed_body_that_is_not_json_is_refused(body: bytes) -> None:
    assert code(body, signed(body)) in ("body_invalid", "signature_invalid")


def test_a_secret_is_shown_once_and_sealed(world: World) -> None:
    keys = world.deps.keys
    secret = world.do(partners.create, keys, "plat", "平台", ["P1"])
    assert world.do(partner_secrets.secret_of, keys, "plat") == secret
    stored = world.do(
        lambda tx: tx.row("""SELECT json_agg(s) AS j, bool_or(p.projects IS NULL) AS any
                                              FROM partner p JOIN partner_secret s ON s.partner = p.name""")
    )
    assert secret not in json.dumps(stored.j)
    assert stored.any is False
    raw = base64.b64decode(secret.removeprefix("whsec_"))
    assert partner_signatures.verify(secret, BODY, signed(key=raw)) == {"events": ["捐赠"]}
    with pytest.raises(Conflict):
        world.do(partners.create, keys, "plat", "")
    for name in ("", "a b", "平台", "x" * 41, "a\n", "a\x00"):
        with pytest.raises(Invalid, match="partner_invalid"):
            world.do(partners.create, keys, name, "")
        with pytest.raises(NotFound, match="partner_unknown"):
            world.do(partner_secrets.secret_of, keys, name)
