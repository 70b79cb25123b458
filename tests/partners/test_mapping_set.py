"""A mapping is set by staff, by API and console: checked as a whole, its keys shown to nobody."""

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from flask import Flask

from campaigns.audit import entries_of
from campaigns.network.people import create_manager
from campaigns.network.tokens import create_token
from campaigns.privacy.rewrap import rewrap
from kernel.errors import Invalid
from payments.mappings.document import PRESETS, preset, read_mapping
from payments.mappings.partner_mappings import read_mappings
from payments.models import PartnerState
from payments.partners.partners import create
from tests.api.client import problem
from tests.partners.vendors import APIV3_KEY, SECRET, pem
from tests.web.reader import PASSWORD, Reader
from tests.world import World

NAME = "pay"
Json = dict[str, Any]
PAYMENT: Json = json.loads(preset("alipay"))["rules"][0]
MINOR: Json = {"under_14": {"age": ["1"]}, "guardian": {"ok": ["1"]}}


@pytest.fixture
def partner(world: World) -> str:
    world.do(lambda tx: create(tx, world.deps.keys, NAME, "支付", state=PartnerState.TEST))
    return f"/api/v1/partners/{NAME}/mapping"


def document(name: str, **changes: Any) -> Json:
    return {**json.loads(preset(name)), **changes}


@pytest.mark.parametrize("name", PRESETS)
def test_each_document_that_comes_along_is_sound(name: str) -> None:
    assert read_mapping(document(name)).title


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"verify": {"scheme": "md5"}}, "document.verify"),
        ({"amount_unit": "dollar"}, "document.amount_unit"),
        ({"rules": []}, "document.rules"),
        ({"colour": "red"}, "document.colour"),
        ({"require": {"mchid": ["$nobody"]}}, "document"),
        ({"time": {"form": "iso", "zone": "Mars/Olympus"}}, "document.time.zone"),
        ({"rules": [{**json.loads(preset("alipay"))["rules"][0], "id": "{a{b}"}]}, "document.rules.0.id"),
        ({"rules": [{**json.loads(preset("alipay"))["rules"][1], "refund": None}]}, "document.rules.0"),
        ({"rules": [{**json.loads(preset("wechatpay_v3"))["rules"][1], "refund_id": ""}]}, "document.rules.0"),
        ({"rules": [PAYMENT | {"minor": {"guardian": {"ok": ["1"]}}}]}, "document.rules.0.minor"),
        ({"rules": [PAYMENT | {"minor": {"under_14": {"age": ["1"]}}}]}, "document.rules.0.minor.guardian"),
        ({"rules": [PAYMENT | {"minor": {"under_14": {}, "guardian": {}}}]}, "document.rules.0.minor.under_14"),
        ({"rules": [{**json.loads(preset("alipay"))["rules"][1], "minor": MINOR}]}, "document.rules.0"),
    ],
)
def test_an_invalid_mapping_is_refused_by_field(changes: Json, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_mapping(document("alipay", **changes))
    assert (refused.value.code, next(iter(refused.value.fields))) == ("mapping_invalid", field)


def test_a_signature_must_cover_body_and_time() -> None:
    verify = json.loads(preset("signed_headers"))["verify"]
    for signed in ("{body}", "{header:X-Timestamp}", "{header:X-Nonce}"):
        with pytest.raises(Invalid):
            read_mapping(document("signed_headers", verify=verify | {"signed": signed}))


def test_by_the_api(app: Flask, partner: str, world: World) -> None:
    http, headers = app.test_client(), {"Authorization": f"Bearer {world.do(create_token, 'admin', 'test')}"}
    problem(http.get(partner, headers=headers), 404, "mapping_unknown")
    assert [row["name"] for row in http.get("/api/v1/partner-mapping-presets", headers=headers).get_json()]
    body = {"document": document("wechatpay_v3"), "parameters": {"colour": "red"}}
    refused = problem(http.post(partner, json=body, headers=headers), 422, "mapping_invalid")
    assert set(refused["fields"]) == {"parameters.colour", "parameters.mchid", "decrypt_key"}
    body |= {"parameters": {"mchid": "1900000001"}, "decrypt_key": APIV3_KEY}
    only = body | {"parameters": {"mchid": ",", "appid": ","}}
    refused = problem(http.post(partner, json=only, headers=headers), 422, "mapping_invalid")
    assert set(refused["fields"]) == {"parameters.mchid", "parameters.appid"}
    body["parameters"]["appid"] = ""
    shown = http.post(partner, json=body, headers=headers).get_json()
    assert (shown["key_ids"], shown["parameters"]) == ([], {"mchid": "1900000001"}), "the app is optional"
    key = {"key_id": "PUB_KEY_ID_1", "key": "no key"}
    problem(http.post(f"{partner}/keys", json=key, headers=headers), 422, "mapping_invalid")
    weak = pem(rsa.generate_private_key(65537, 1024))
    problem(http.post(f"{partner}/keys", json=key | {"key": weak}, headers=headers), 422, "mapping_invalid")
    strong = pem(rsa.generate_private_key(65537, 2048))
    shown = http.post(f"{partner}/keys", json=key | {"key": strong}, headers=headers)
    assert (shown.status_code, shown.get_json()["key_ids"]) == (200, ["PUB_KEY_ID_1"])
    for number in (2, 3):
        http.post(f"{partner}/keys", json={"key_id": f"K{number}", "key": strong}, headers=headers)
    problem(
        http.post(f"{partner}/keys", json={"key_id": "K4", "key": strong}, headers=headers),
        409,
        "mapping_keys_full",
    )
    for key_id in ("K2", "K3"):
        http.post(f"{partner}/keys/end", json={"key_id": key_id}, headers=headers)
    last = http.post(f"{partner}/keys/end", json={"key_id": "PUB_KEY_ID_1"}, headers=headers)
    problem(last, 409, "partner_secret_last")
    kept = world.do(lambda tx: tx.scalar("SELECT concat(document, parameters, sealed_keys) FROM partner_mapping"))
    trail = repr(world.do(lambda tx: [entry.detail for entry in entries_of(tx, f"partner:{NAME}")]))
    for secret in (APIV3_KEY, strong.splitlines()[1]):
        assert secret not in kept + trail + http.get(partner, headers=headers).text


def test_in_the_console(app: Flask, partner: str, world: World) -> None:
    world.do(create_manager, "staff", PASSWORD, "admin", "test")
    staff = Reader(app.test_client(), world)
    staff.sign_in("staff")
    page = f"/console/partners/{NAME}/mapping"
    assert "HMAC-SHA256" in staff.open(f"{page}?preset=signed_headers")
    assert "mchid=\nappid=" in staff.open(f"{page}?preset=wechatpay_v3")
    refused = staff.send(page, 422, document="{", parameters="", decrypt_key="")
    assert "不是 JSON" in refused
    staff.open(page)
    title = "<b>bold</b>"
    shown = staff.send(page, document=json.dumps(document("signed_headers", title=title)), parameters="")
    assert title not in shown and "&lt;b&gt;bold" in shown
    shown = staff.send(f"{page}/keys", key_id="app-1", key=SECRET, verb="add")
    assert "app-1" in shown and SECRET not in shown
    spaced = document("signed_headers", title="two  spaces")
    del spaced["parameters"]
    staff.send(page, document=json.dumps(spaced), parameters="")
    assert world.do(lambda tx: tx.scalar("SELECT document FROM partner_mapping")) == spaced, "as it was typed"


def test_keys_are_wrapped_anew(partner: str, app: Flask, world: World) -> None:
    http, headers = app.test_client(), {"Authorization": f"Bearer {world.do(create_token, 'admin', 'test')}"}
    http.post(partner, json={"document": document("signed_headers")}, headers=headers)
    http.post(f"{partner}/keys", json={"key_id": "app-1", "key": SECRET}, headers=headers)
    sealed = world.do(lambda tx: tx.scalar("SELECT sealed_keys FROM partner_mapping"))
    assert rewrap(world.db, world.deps.keys) >= 2  # the mapping, and the secret of the platform
    assert world.do(lambda tx: tx.scalar("SELECT sealed_keys FROM partner_mapping")) != sealed
    assert read_mappings(world.db, world.deps.keys, [NAME])[0].credentials.keys == {"app-1": SECRET}
