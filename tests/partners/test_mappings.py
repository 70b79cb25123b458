"""Platforms whose format is not ours, over HTTP: WeChat Pay v3 signed with `wechatpayv3` and judged by it, Alipay's
notifications as its own SDK of npm accepts them, and the declared example with HMAC headers."""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import parse_qsl, urlencode

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from campaigns.donations.models import Donation
from campaigns.intake import mapped
from campaigns.intake.refusal_counts import refusals_of
from kernel.clock import SHANGHAI, local_day
from kernel.ids import donation_id_of
from payments.mappings.document import preset
from payments.mappings.partner_mappings import NewMapping
from payments.models import PartnerState
from tests.partners.outside import clock, url
from tests.partners.vendors import (
    APIV3_KEY,
    KEY_ID,
    PLATFORM,
    SECRET,
    STRANGER,
    Answer,
    Signed,
    Wechat,
    alipay_notice,
    pem,
    post,
    register,
    signed_forms,
    stood,
)
from tests.world import World

__all__ = ["clock", "url"]


@pytest.fixture
def wechat(world: World, url: str) -> Wechat:
    register(world, "wechatpay_v3", {KEY_ID: pem(PLATFORM)}, {"mchid": "1900000001"}, APIV3_KEY)
    return Wechat(world, url)


TAKEN = Answer(200, '{"code": "SUCCESS", "message": "成功"}', "application/json")


def test_wechat_payments_and_refunds_in_any_order(wechat: Wechat, world: World) -> None:
    name = "wechatpay-v3"
    paid, first, second = (
        wechat.paid(1, 100_00),
        wechat.refunded(1, "R1", 30_00, 100_00, minutes_ago=2),
        wechat.refunded(1, "R2", 20_00, 100_00, minutes_ago=1),
    )
    # The later refund first, then the payment, then the earlier refund; each again under another notification's id.
    for event_type, resource in (
        ("REFUND.SUCCESS", second),
        ("TRANSACTION.SUCCESS", paid),
        ("REFUND.SUCCESS", first),
        ("TRANSACTION.SUCCESS", paid),
        ("REFUND.SUCCESS", second),
        ("REFUND.SUCCESS", first),
    ):
        assert wechat.send(event_type, resource) == TAKEN
        world.settle()
    assert stood(world, name, "W1") == ("paid", 100_00, 50_00)
    assert world.totals().donations == 1
    assert wechat.send("REFUND.SUCCESS", wechat.refunded(1, "R3", 50_00, 100_00)) == TAKEN
    for event_type in ("REFUND.ABNORMAL", "REFUND.CLOSED"):  # no money went back
        failed = wechat.refunded(1, "R4", 1_00, 100_00) | {"refund_status": event_type.partition(".")[2]}
        assert wechat.send(event_type, failed) == TAKEN
    world.settle()
    assert stood(world, name, "W1") == ("refunded", 100_00, 100_00)
    counted = world.do(lambda tx: tx.scalar("SELECT count(*) FROM inbox_event"))
    assert (counted, world.do(lambda tx: tx.scalar("SELECT count(*) FROM inbox_conflict"))) == (4, 0)
    world.check()


def test_further_fields_of_wechat_pay_are_sealed(wechat: Wechat, world: World) -> None:
    wechat.send("TRANSACTION.SUCCESS", wechat.paid(2, 5_00))
    clear = world.do(lambda tx: tx.scalar("SELECT CAST(body AS text) FROM inbox_event"))
    assert "W2" in clear and "openid" not in clear


def test_wechat_answers_what_it_cannot_take(wechat: Wechat, world: World) -> None:
    """Forged, stale, of another merchant, in another currency: each refused and counted, nothing stored."""
    paid = wechat.paid(1, 100_00)
    payload, headers = wechat.notice("TRANSACTION.SUCCESS", paid)
    forged = Wechat(world, "", STRANGER).notice("TRANSACTION.SUCCESS", paid)
    probe = headers | {"Wechatpay-Signature": "WECHATPAY/SIGNTEST/" + headers["Wechatpay-Signature"]}
    stale = headers | {"Wechatpay-Timestamp": str(int(headers["Wechatpay-Timestamp"]) - 301)}
    for refused_payload, refused_headers in (
        forged,
        (payload, probe),
        (payload, stale),
        (payload + b" ", headers),
        (payload, headers | {"Wechatpay-Serial": "0A1B"}),
        (payload, {}),
    ):
        response = post(wechat.address, refused_payload, refused_headers)
        assert (response.status, response.kind) == (401, "application/problem+json"), response
    for resource, code in (
        (paid | {"mchid": "1900000002"}, "notification_of_another"),
        (paid | {"amount": {"total": 1, "currency": "USD"}}, "event_invalid"),
        (paid | {"amount": {"total": -1, "currency": "CNY"}}, "event_invalid"),
        (paid | {"success_time": "2099-01-01T00:00:00+08:00"}, "event_invalid"),
    ):
        response = wechat.send("TRANSACTION.SUCCESS", resource)
        assert response == Answer(422, json.dumps({"code": "FAIL", "message": code}), "application/json")
    assert world.do(lambda tx: tx.scalar("SELECT count(*) FROM inbox_event")) == 0
    counted = world.do(lambda tx: {row.code for row in refusals_of(tx, "wechatpay-v3", local_day(tx.now))})
    assert {"event_invalid", "notification_of_another"} <= counted
    wechat.address = wechat.address.replace("wechatpay-v3", "nobody")
    assert post(wechat.address, payload, headers).status == 401


def test_another_app_of_the_same_merchant_is_refused(wechat: Wechat, world: World) -> None:
    """Once the apps are configured. A refund does not state its app, so it is accepted."""
    other = wechat.paid(1, 5_00, appid="wx9")
    assert wechat.send("TRANSACTION.SUCCESS", other) == TAKEN, "no app is configured"
    parameters = {"mchid": "1900000001", "appid": "wx0, wx1"}
    new = NewMapping(json.loads(preset("wechatpay_v3")), parameters)
    world.do(mapped.set_mapping, world.deps.keys, "wechatpay-v3", new, "test")
    refused = wechat.send("TRANSACTION.SUCCESS", wechat.paid(2, 5_00, appid="wx9"))
    assert (refused.status, json.loads(refused.body)["message"]) == (422, "notification_of_another")
    for number, appid in ((3, "wx0"), (4, "wx1")):
        assert wechat.send("TRANSACTION.SUCCESS", wechat.paid(number, 5_00, appid=appid)) == TAKEN
    assert wechat.send("REFUND.SUCCESS", wechat.refunded(3, "R1", 2_00, 5_00)) == TAKEN
    world.settle()
    assert stood(world, "wechatpay-v3", "W3") == ("paid", 5_00, 2_00)
    assert world.totals().donations == 3
    counted = world.do(lambda tx: {row.code for row in refusals_of(tx, "wechatpay-v3", local_day(tx.now))})
    assert counted == {"notification_of_another"}
    world.check()


def test_wechat_changes_its_key_without_a_gap(wechat: Wechat, world: World) -> None:
    """A certificate of the platform beside the public key, by its serial; then the old one is ended."""
    key, name = rsa.generate_private_key(65537, 2048), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "x")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), 0x5A11)
        .not_valid_before(world.clock.at - timedelta(days=1))
        .not_valid_after(world.clock.at + timedelta(days=1))
        .sign(key, SHA256())
    )
    text = made.public_bytes(Encoding.PEM).decode()
    world.do(mapped.add_key, world.deps.keys, "wechatpay-v3", "5A11", text, "test")
    coming = Wechat(world, wechat.address.partition("/webhooks")[0], key, "5A11")
    assert coming.send("TRANSACTION.SUCCESS", coming.paid(1, 1_00)) == TAKEN
    assert wechat.send("TRANSACTION.SUCCESS", wechat.paid(2, 1_00)) == TAKEN
    world.do(mapped.end_key, world.deps.keys, "wechatpay-v3", KEY_ID, "test")
    assert wechat.send("TRANSACTION.SUCCESS", wechat.paid(3, 1_00)).status == 401
    world.clock.advance(days=2)
    assert coming.send("TRANSACTION.SUCCESS", coming.paid(4, 1_00)).status == 401, "the certificate is over"


def test_a_payment_without_a_project_waits(wechat: Wechat, world: World) -> None:
    paid = wechat.paid(1, 7_00)
    del paid["attach"]
    assert wechat.send("TRANSACTION.SUCCESS", paid) == TAKEN
    world.settle()
    assert world.do(lambda tx: tx.scalar("SELECT note FROM inbox_work")) == "project_unknown"
    assert world.totals().donations == 0


ALIPAY = {"app_id": "2021000000000001", "seller_id": "2088000000000001"}
FORM = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}


def test_alipay_payments_and_refunds(world: World, url: str, node: str) -> None:
    bare = "".join(pem(PLATFORM).splitlines()[1:-1])  # as Alipay's own pages show it
    name = register(world, "alipay", {"alipay": bare}, ALIPAY)
    address = f"{url}/webhooks/partners/{name}/notify"
    back = world.clock.at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S.320")
    paid = alipay_notice(world, 1, "100.00")
    part = paid | {"refund_fee": "30.50", "gmt_refund": back, "out_biz_no": "x"}
    whole = paid | {"refund_fee": "100.00", "gmt_refund": back, "trade_status": "TRADE_CLOSED"}
    finished = paid | {"trade_status": "TRADE_FINISHED", "notify_id": "later"}
    unpaid = alipay_notice(world, 2, "9.00", trade_status="WAIT_BUYER_PAY", gmt_payment="")
    over = alipay_notice(world, 2, "9.00", trade_status="TRADE_CLOSED", gmt_payment="")
    foreign = alipay_notice(world, 3, "9.00", app_id="2021999")
    forms = signed_forms(node, paid, part, whole, finished, unpaid, foreign, over)
    taken = Answer(200, "success", "text/plain")
    for form in (
        forms[1],
        forms[0],
        forms[0],
        forms[3],
        forms[4],
        forms[6],
    ):  # the refund first; a repetition; not yet paid
        assert post(address, form, FORM) == taken
        world.settle()
    assert stood(world, name, "A1") == ("paid", 100_00, 30_50)
    row: Donation = world.do(lambda tx: tx.get(Donation, donation_id_of(name, "A1")))
    assert row.pledged_at == world.clock.at, "their times are those of Beijing"
    assert post(address, forms[2], FORM) == taken
    world.settle()
    assert stood(world, name, "A1") == ("refunded", 100_00, 100_00)
    refused = post(address, forms[5], FORM)
    assert (refused.status, refused.body, refused.kind) == (422, "failure notification_of_another", "text/plain")
    fields = dict(parse_qsl(forms[0].decode(), keep_blank_values=True))
    for changed in (
        fields | {"total_amount": "1000.00"},
        fields | {"sign_type": "RSA"},
        {field: text for field, text in fields.items() if field != "sign"},
        fields | {"sign": "bm8="},
        fields | {"charset": "rot13"},
    ):
        response = post(address, urlencode(changed).encode(), FORM)
        assert response.status in (400, 401) and not response.body.startswith("success"), response
    assert post(address, forms[0] + b"&total_amount=1", FORM).status == 400
    assert world.do(lambda tx: tx.scalar("SELECT count(*) FROM inbox_conflict")) == 0
    world.check()


def test_a_declared_format_with_headers(world: World, url: str) -> None:
    name = register(world, "signed_headers", {"app-1": SECRET})
    platform, taken = Signed(world, url, name), Answer(200, '{"code": 0, "msg": "ok"}', "application/json")
    back = [platform.order("REFUND", 1, yuan, refund_no=f"B{yuan}") for yuan in (10, "5.50")]
    failed = platform.order("REFUND_FAILED", 1, 10, refund_no="B10")
    assert platform.send(platform.order("PAY", 1, "88.80"), platform.order("PAY", 2, 0.01), *back) == taken
    assert platform.send(failed, platform.order("SHIPPED", 1, 0)) == taken
    world.settle()
    assert stood(world, name, "O-1") == ("paid", 88_80, 5_50)
    assert stood(world, name, "O-2") == ("paid", 1, 0)
    changed = platform.order("REFUND", 1, "6.50", refund_no="B5.50")
    assert platform.send(changed) == taken
    assert world.do(lambda tx: tx.scalar("SELECT count(*) FROM inbox_conflict")) == 1, "another amount: kept aside"
    refused = '{"code": 1, "msg": "event_invalid"}'
    for bad in (
        platform.order("PAY", 3, "1.005"),
        platform.order("PAY", 3, "一元"),
        platform.order("PAY", 3, 1, currency="HKD"),
        platform.order("REFUND", 1, 1),
        platform.order("PAID", 3, 1),  # fits no rule: sent again until somebody mends the mapping
    ):
        response = platform.send(platform.order("PAY", 4, 1), bad)
        assert response == Answer(200, refused, "application/json"), "all of a notification or nothing"
    assert world.do(lambda tx: tx.get(Donation, donation_id_of(name, "O-4"))) is None
    for response in (
        platform.send(secret="another secret of a stranger"),
        platform.send(app="app-2"),
        platform.send(**{"X-Timestamp": "1"}),
        platform.send(**{"X-Signature": "é".encode().decode("latin-1")}),
    ):
        assert response.status == 401
    counted = world.do(lambda tx: {row.code: row.events for row in refusals_of(tx, name, local_day(tx.now))})
    assert counted["event_invalid"] == 5
    world.check()


def test_refunds_of_one_moment_are_all_counted(world: World, url: str) -> None:
    """Told one by one, over several connections, each twice."""
    platform = Signed(world, url, register(world, "signed_headers", {"app-1": SECRET}))
    platform.send(platform.order("PAY", 1, 10))
    back = [platform.order("REFUND", 1, 1, refund_no=f"R{number}") for number in range(6)] * 2
    with ThreadPoolExecutor(6) as pool:
        assert {response.status for response in pool.map(platform.send, back)} == {200}
    world.settle()
    assert stood(world, "signed-headers", "O-1") == ("paid", 10_00, 6_00)
    assert world.do(lambda tx: tx.scalar("SELECT count(*) FROM inbox_conflict")) == 0
    world.check()


def test_a_platform_in_test_mode_books_nothing(world: World, url: str) -> None:
    name = register(world, "signed_headers", {"app-1": SECRET}, state=PartnerState.TEST)
    platform = Signed(world, url, name)
    assert platform.send(platform.order("PAY", 1, 5)).status == 200
    assert platform.send(platform.order("REFUND", 1, 1, refund_no="R")).status == 200
    world.settle()
    assert world.totals().donations == 0
    states = world.do(lambda tx: tx.rows("SELECT type, state, amount_minor FROM partner_test_event ORDER BY id"))
    assert [tuple(row) for row in states] == [("donation.paid", "done", 500), ("donation.refunded", "done", 100)]
    assert platform.send(platform.order("PAY", 2, 5), secret=os.urandom(20).hex()).status == 401
