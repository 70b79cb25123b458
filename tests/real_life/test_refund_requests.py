"""A donor's way to ask for money back: requested on the donor's page, decided at a desk. Amounts are fen."""

from uuid import UUID

import pytest
from flask import Flask

from campaigns.audit import entries_of
from campaigns.closing.close import close
from campaigns.desks import refund_desk
from campaigns.donations.refunds.refund import send_refunds
from campaigns.donations.refunds.refund_requests import request_money_back
from campaigns.donations.view import DonationView
from campaigns.network.people import create_manager
from kernel.errors import Conflict, Invalid
from tests.api.client import Api, Json, problem
from tests.cli.conftest import Terminal
from tests.web.conftest import app, clock, manager, reader, world
from tests.web.reader import PASSWORD, Reader, text
from tests.world import World

__all__ = ["app", "clock", "manager", "reader", "world"]


@pytest.fixture
def paid(world: World) -> DonationView:
    world.pot(500_00)
    return world.pay(world.give(100_00, email="a@example.org"))


def address(world: World, donation: DonationView) -> str:
    return f"/d/{donation.id}?token={world.deps.keys.token(str(donation.id))}"


def requests(world: World) -> int:
    return int(world.do(lambda tx: tx.scalar("SELECT count(*) FROM refund_request")))


def test_a_donor_asks_for_a_part_on_their_page_and_sees_what_becomes_of_it(
    reader: Reader, world: World, paid: DonationView
) -> None:
    assert "申请退款" in reader.open(address(world, paid))
    page = text(reader.send("/refund-requests#refund", reason="多点了一个零", amount="40"))
    assert "申请退款 ¥40.00： 等待决定" in page and "财务人员会处理" in page
    world.do(create_manager, "boss", PASSWORD, "finance", "test")
    desk = Reader(reader.http.application.test_client(), world)
    desk.sign_in("boss")
    assert "多点了一个零" in desk.open("/console/refund-requests")
    assert "已同意，退款已提交。" in desk.send("/console/refund-requests/1", decision="accept", reason="")
    page = text(reader.open(address(world, paid)))
    assert "已同意 · 待发送" in page and "申请退款" in page and "最多 60.00 元" in page
    page = text(reader.open(address(world, paid) + "&lang=en"))
    assert "Request a refund" in page and "at most 60.00 yuan" in page
    world.check()


def test_one_that_is_declined_says_why(reader: Reader, manager: Reader, world: World, paid: DonationView) -> None:
    world.do(request_money_back, world.deps.keys, paid.id, None, "后悔了")
    assert "后悔了" not in manager.open("/console/refund-requests?state=declined")
    assert "后悔了" in manager.open("/console/refund-requests?state=open")
    form = "/console/refund-requests/1"
    assert "请写明原因" in manager.send(form, decision="decline", reason=" ")
    assert "已回复捐赠人：未同意。" in manager.send(form, decision="decline", reason="已拨付")
    assert "后悔了" not in manager.page.text, "the filter stays"
    page = text(reader.open(address(world, paid)))
    assert "未同意" in page and "已拨付" in page
    assert [entry.action for entry in world.do(entries_of, "refund_request:1")] == ["refund_request.declined"]


def test_the_same_request_again_changes_nothing(world: World, paid: DonationView) -> None:
    first = world.do(request_money_back, world.deps.keys, paid.id, 40_00, "多了")
    assert world.do(request_money_back, world.deps.keys, paid.id, 40_00, "多了").id == first.id
    with pytest.raises(Conflict, match="refund_request_open"):
        world.do(request_money_back, world.deps.keys, paid.id, 50_00, "多了")
    for _ in range(2):
        assert world.do(refund_desk.accept, first.id, "", "li").state == "accepted"
    assert world.do(lambda tx: tx.scalar("SELECT count(*) FROM refund")) == 1
    with pytest.raises(Conflict, match="refund_request_ended"):
        world.do(refund_desk.decline, first.id, "不行", "li")
    assert requests(world) == 1


def test_requests_have_limits(world: World, paid: DonationView) -> None:
    for reason in ("", " ", "x" * 501):
        with pytest.raises(Invalid, match="reason_missing"):
            world.do(request_money_back, world.deps.keys, paid.id, None, reason)
    with pytest.raises(Conflict, match="refund_exceeds"):
        world.do(request_money_back, world.deps.keys, paid.id, 100_01, "x")
    with pytest.raises(Invalid, match="amount_invalid"):
        world.do(request_money_back, world.deps.keys, paid.id, 0, "x")
    for number in range(3):
        request = world.do(request_money_back, world.deps.keys, paid.id, 1_00, f"{number}")
        world.do(refund_desk.decline, request.id, "不行", "li")
    with pytest.raises(Conflict, match="refund_request_limit"):
        world.do(request_money_back, world.deps.keys, paid.id, 1_00, "4")
    assert requests(world) == 3
    with pytest.raises(Conflict, match="not_refundable"):
        world.do(request_money_back, world.deps.keys, world.give(10_00).id, None, "x")


def test_after_a_full_refund_the_page_says_why_not(reader: Reader, world: World, paid: DonationView) -> None:
    request = world.do(request_money_back, world.deps.keys, paid.id, None, "x")
    world.do(refund_desk.accept, request.id, "", "li")
    with pytest.raises(Conflict, match="nothing_left"):
        world.do(request_money_back, world.deps.keys, paid.id, None, "y")
    world.refund(paid, 100_00)
    page = text(reader.open(address(world, paid)))
    assert "已全部退款，或退款正在路上" in page and "提交退款申请" not in page
    world.check()


def test_after_the_notice_the_page_says_why_not(reader: Reader, world: World, paid: DonationView) -> None:
    world.do(lambda tx: tx.run("UPDATE campaign SET phase = 'notice'"))
    assert "提交退款申请" in reader.open(address(world, paid))
    world.do(lambda tx: tx.run("UPDATE campaign SET phase = 'released'"))
    assert "公示已结束" in reader.open(address(world, paid))
    with pytest.raises(Conflict, match="refund_request_closed"):
        world.do(request_money_back, world.deps.keys, paid.id, None, "x")


def test_a_page_that_was_typed_wrongly_keeps_what_was_typed(
    reader: Reader, world: World, paid: DonationView
) -> None:
    reader.open(address(world, paid))
    page = reader.send("/refund-requests#refund", 422, reason="多点了", amount="1,5")
    assert "多点了" in page and 'value="1,5"' in page and requests(world) == 0
    assert "现在最多 100.00 元" in reader.send("/refund-requests#refund", 409, amount="500")
    reader.open(address(world, paid))
    reader.send("/refund-requests#refund", 404, token="dt_wrong", reason="x")


def test_programs_request_and_managers_decide(api: Api, world: World, paid: DonationView) -> None:
    path, token = f"/donations/{paid.id}/refund-requests", world.deps.keys.token(str(paid.id))
    body = {"reason": "多了", "amount_minor": 40_00}
    problem(api.post(path, body), 401, "token_missing")
    made = api.post(path, body, token)
    assert (made.status_code, made.get_json()["state"]) == (201, "open")
    assert api.post(path, body, token).get_json()["id"] == made.get_json()["id"]
    problem(api.post(path, {"reason": "anders"}, token), 409, "refund_request_open")
    problem(api.get("/refund-requests", api.token("auditor")), 403, "not_permitted")
    (listed,) = api.get("/refund-requests?state=open", api.token("finance")).get_json()
    assert (listed["donation"], listed["amount_minor"], listed["donated_minor"]) == (str(paid.id), 40_00, 100_00)
    verb = f"/refund-requests/{listed['id']}"
    problem(api.post(f"{verb}/decline", {"reason": ""}, api.token("finance")), 422, "validation_failed")
    accepted: Json = api.manage(f"{verb}/accept", {}, status=200, role="finance")
    assert (accepted["state"], accepted["refund_state"]) == ("accepted", "requested")
    assert api.get(path, token).get_json()[0]["refund_state"] == "requested"
    problem(api.post("/refund-requests/999/accept", {}, api.token("finance")), 404, "refund_request_unknown")


def test_the_desk_can_be_worked_by_command(app: Flask, world: World, paid: DonationView) -> None:
    terminal = Terminal(app)
    world.do(request_money_back, world.deps.keys, paid.id, None, "多点了\n一次")
    assert f"{paid.id}" in terminal.ok("refund-requests", "list") and "多点了 一次" in terminal.ok(
        "refund-requests", "list", "--state", "open"
    )
    assert terminal.ok("refund-requests", "accept", "1") == "refund request 1 is accepted\n"
    terminal.refused("refund_request_ended", "refund-requests", "decline", "1", "--reason", "x")
    terminal.refused("refund_request_unknown", "refund-requests", "accept", "7")


def test_a_branch_decides_about_its_own_only(reader: Reader, world: World, paid: DonationView) -> None:
    other = world.pay(world.give(100_00, project=2))
    world.do(request_money_back, world.deps.keys, paid.id, None, "x")
    world.do(request_money_back, world.deps.keys, other.id, None, "y")
    world.do(create_manager, "county", PASSWORD, "manager", "test", "4102")
    reader.sign_in("county")
    page = reader.open("/console/refund-requests")
    assert str(other.id) in page and str(paid.id) not in page
    token = reader.page.text.split('name="csrf_token" value="')[1].split('"')[0]
    reader.http.post("/console/refund-requests/1", data={"csrf_token": token, "decision": "accept"})
    assert world.do(lambda tx: tx.scalar("SELECT count(*) FROM refund")) == 0


def test_an_accepted_request_is_sent_by_the_job(world: World, reader: Reader) -> None:
    reader.give(chip="10000")
    donation = UUID(str(reader.page.request.path).split("/d/")[1])
    world.pay(donation)
    request = world.do(request_money_back, world.deps.keys, donation, None, "x")
    world.do(refund_desk.accept, request.id, "", "li")
    send_refunds(world.deps)
    assert world.do(lambda tx: tx.scalar("SELECT state FROM refund")) in ("sent", "refused")
    assert close(world.deps) == 0
