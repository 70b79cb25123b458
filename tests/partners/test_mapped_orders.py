"""Notifications in platforms' own formats that contradict earlier ones: nothing counts twice or changes unseen."""

import json
from datetime import timedelta

from kernel.clock import SHANGHAI
from tests.partners.outside import clock, url
from tests.partners.vendors import (
    APIV3_KEY,
    KEY_ID,
    PLATFORM,
    SECRET,
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

ALIPAY = {"app_id": "2021000000000001", "seller_id": "2088000000000001"}
FORM = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}


def conflicts(world: World) -> int:
    count: int = world.do(lambda tx: tx.scalar("SELECT count(*) FROM inbox_conflict"))
    return count


def notes(world: World) -> list[str]:
    query = "SELECT note FROM inbox_work WHERE note <> '' ORDER BY inbox_id"
    return [row.note for row in world.do(lambda tx: tx.rows(query))]


def test_wechat_states_one_order_twice_with_another_sum(world: World, url: str) -> None:
    name = register(world, "wechatpay_v3", {KEY_ID: pem(PLATFORM)}, {"mchid": "1900000001"}, APIV3_KEY)
    wechat = Wechat(world, url)
    first = wechat.paid(1, 100_00)
    for resource in (first, wechat.paid(1, 200_00), first | {"transaction_id": "42000other"}):
        assert wechat.send("TRANSACTION.SUCCESS", resource).status == 200
        world.settle()
    again = wechat.paid(1, 300_00, transaction_id="42000third")
    assert wechat.send("TRANSACTION.SUCCESS", again).status == 200
    refund = wechat.refunded(1, "R1", 30_00, 100_00)
    for resource in (refund, refund | {"amount": {"total": 100_00, "refund": 40_00}}):
        assert wechat.send("REFUND.SUCCESS", resource).status == 200
    world.settle()
    assert stood(world, name, "W1") == ("paid", 100_00, 30_00)
    assert (conflicts(world), world.totals().donations) == (2, 1), "a payment and a refund of one number"
    assert [note.partition(":")[0] for note in notes(world)] == ["repeated", "amount_differs"]
    world.check()


def test_alipay_states_one_order_twice_with_another_sum(world: World, url: str, node: str) -> None:
    name = register(world, "alipay", {"alipay": pem(PLATFORM)}, ALIPAY)
    address = f"{url}/webhooks/partners/{name}/notify"
    paid = alipay_notice(world, 1, "100.00")
    at = world.clock.at.astimezone(SHANGHAI)
    back = [(at + timedelta(seconds=second)).strftime("%Y-%m-%d %H:%M:%S.320") for second in (1, 2)]
    forms = signed_forms(
        node,
        paid,
        paid | {"total_amount": "200.00", "notify_id": "second"},
        paid | {"total_amount": "300.00", "trade_no": "2026other"},
        paid | {"refund_fee": "60.00", "gmt_refund": back[1], "notify_id": "later"},
        paid | {"refund_fee": "30.00", "gmt_refund": back[0], "notify_id": "earlier"},
    )
    for form in forms:
        assert post(address, form, FORM).body == "success"
        world.settle()
    assert stood(world, name, "A1") == ("paid", 100_00, 60_00), "the earlier total came last"
    assert (conflicts(world), world.totals().donations) == (1, 1)
    assert [note.partition(":")[0] for note in notes(world)] == ["amount_differs"]
    world.check()


def test_a_declared_format_states_one_order_twice_with_another_sum(world: World, url: str) -> None:
    name = register(world, "signed_headers", {"app-1": SECRET})
    platform = Signed(world, url, name)
    for yuan in ("88.80", "88.80", "99.90"):
        response = platform.send(platform.order("PAY", 1, yuan))
        assert (response.status, json.loads(response.body)["code"]) == (200, 0)
    world.settle()
    assert stood(world, name, "O-1") == ("paid", 88_80, 0)
    assert conflicts(world) == 1
    world.check()
