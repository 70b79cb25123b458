"""What waits for a manager stands on the first page, by their rights and branch; one search leads to everything."""

from datetime import datetime, timedelta

from flask import Flask

from app.console.home import buckets
from campaigns.approvals.desk import expire
from campaigns.approvals.models import Approval
from campaigns.donations.refunds.refund_requests import request_money_back
from campaigns.network.people import create_manager
from campaigns.network.roles import Caller, Role
from campaigns.waiting import MAY_WAIT, Waiting, Work, waiting
from kernel.clock import SHANGHAI
from tests.web.reader import PASSWORD, Reader, text
from tests.world import World


def admin(branch: str | None = None, role: str = Role.ADMIN) -> Caller:
    return Caller("boss", role, branch, "manager:1")


def ask_for_money_back(world: World, project: int = 0) -> None:
    gift = world.pay(world.give(20_00, project=project))
    world.do(request_money_back, world.deps.keys, gift.id, None, "打错了金额")


def test_with_nothing_to_do_the_page_says_so(manager: Reader) -> None:
    page = manager.open("/console/")
    assert "现在没有等您处理的事" in page and 'href="/console/projects/new"' in page
    assert "boss 系统管理员" in text(page)


def test_without_a_campaign_the_page_lists_the_steps_to_one(app: Flask, world: World) -> None:
    world.do(lambda tx: tx.run("UPDATE campaign SET host_code = '4101'"))
    pages = {}
    for login, role, branch in (("m1", "manager", "4102"), ("r1", "reviewer", "4102"), ("m2", "manager", "4101")):
        world.do(create_manager, login, PASSWORD, role, "test", branch)
        reader = Reader(app.test_client(), world)
        reader.sign_in(login)
        pages[login] = reader.open("/console/").partition('id="first"')[2].partition("</section>")[0]
    assert 'href="/console/new-campaign"' in pages["m1"] and "/console/people/invite" not in pages["m1"]
    assert "邀请同事" in pages["r1"] and "/console/new-campaign" not in pages["r1"]
    assert not pages["m2"]


def test_a_request_for_money_back_waits_for_who_may_refund(manager: Reader, world: World) -> None:
    ask_for_money_back(world)
    page = text(manager.open("/console/"))
    assert "1 位捐赠人申请退款" in page and "20.00" in page
    line = world.do(waiting, admin())[0]
    assert (line.work, line.pieces, line.amount_minor) == (Work.REFUND_REQUESTS, 1, 20_00)
    assert line.due_at - line.since == MAY_WAIT[Work.REFUND_REQUESTS]
    assert world.do(waiting, admin(role=Role.AUDITOR)) == [], "an auditor decides nothing"


def test_what_is_late_stands_before_what_is_due_today_and_later(app: Flask) -> None:
    noon = datetime(2026, 9, 5, 12, 0, tzinfo=SHANGHAI)
    late, tonight, next_week = (
        Waiting(Work.PROJECTS, 1, noon, due) for due in (noon, noon + timedelta(hours=11), noon + timedelta(days=7))
    )
    with app.test_request_context():
        shown = buckets([late, tonight, next_week], noon)
    assert shown == [("已逾期", True, [late]), ("今天到期", True, [tonight]), ("不急", False, [next_week])]


def test_english_has_another_text_for_one_than_for_many(manager: Reader, world: World) -> None:
    ask_for_money_back(world)
    assert "One donor has requested a refund" in text(manager.open("/console/?lang=en"))
    ask_for_money_back(world, 1)
    assert "2 donors have requested refunds" in text(manager.open("/console/?lang=en"))


def test_a_branch_sees_only_what_is_its_own(world: World) -> None:
    ask_for_money_back(world)
    ask_for_money_back(world, project=2)
    assert world.do(waiting, admin())[0].pieces == 2
    assert world.do(waiting, admin("4102"))[0].pieces == 1
    assert world.do(waiting, admin("nowhere")) == []


def test_differences_of_no_event_wait_for_the_finance_of_the_federation(manager: Reader, world: World) -> None:
    world.do(
        lambda tx: tx.run(
            """INSERT INTO discrepancy (campaign_id, provider, cause, reference, sum_minor, ours_minor,
                                        theirs_minor, state, reason, actor, found_at)
               VALUES (NULL, 'bank', 'missing_here', '4100 B1', 6600, 0, 6600, 'open', '', '', now())"""
        )
    )
    [line] = world.do(waiting, admin())
    assert (line.work, line.pieces, line.amount_minor) == (Work.DISCREPANCIES, 1, 66_00)
    page = manager.open("/console/")
    assert "1 条不属于任何活动的对账差异没有结" in text(page) and 'href="/console/reconciliation"' in page
    assert world.do(waiting, admin("4102")) == []


def test_what_waits_for_a_second_person_waits_for_that_person_only(manager: Reader, world: World) -> None:
    ask_for_money_back(world)
    request = world.do(lambda tx: tx.scalar("SELECT id FROM refund_request"))
    world.do(
        lambda tx: tx.add(
            Approval(
                act="refund_request.accept",
                subject=str(request),
                arguments={},
                reason="两次付款",
                lineage=["4101"],
                asked_by="boss",
                owner="manager:1",
                asked_at=tx.now,
                until=tx.now + timedelta(days=1),
            )
        )
    )
    assert world.do(waiting, admin()) == [], "its requester has nothing left to do"
    other = Caller("other", Role.ADMIN, None, "manager:2")
    assert [line.work for line in world.do(waiting, other)] == [Work.APPROVAL]
    world.clock.advance(days=2)
    world.do(expire)
    assert [line.work for line in world.do(waiting, admin())] == [Work.REFUND_REQUESTS]


def test_one_search_finds_donations_by_id_reference_and_amount(manager: Reader, world: World) -> None:
    gift = world.pay(world.give(66_60))
    world.give(20_00)
    for typed in (str(gift.id), str(gift.id)[:8], f"pi_{gift.id.hex}", "66.60", "￥66.6"):
        manager.open("/console/")
        page = manager.send("/console/search", q=typed)
        assert str(gift.id) in page, typed
    manager.open("/console/")
    manager.send("/console/search", q="nothing of this name")
    assert "/console/projects" in manager.page.request.full_path


def test_searching_a_contact_needs_the_right_to_refund_and_leaves_it_out_of_the_url(
    manager: Reader, reader: Reader, world: World
) -> None:
    manager.open("/console/")
    manager.send("/console/search", q="13800138000")
    assert "138" not in manager.page.request.full_path[:40]
    world.do(create_manager, "ears", PASSWORD, "auditor", "test")
    reader.sign_in("ears")
    reader.open("/console/")
    assert "只对办理退款的人开放" in reader.send("/console/search", q="13800138000")


def test_the_file_holds_every_row_that_fits_and_no_donor(manager: Reader, world: World) -> None:
    world.pot(500_00)
    gift = world.pay(world.give(66_60))
    world.give(20_00)
    response = manager.http.get("/console/donations.csv?state=paid")
    lines = response.text.splitlines()
    assert response.text.startswith("\ufeff") and len(lines) == 2
    assert str(gift.id) in lines[1] and ",66.60,0.00,66.60,0.00,0.00" in lines[1]
    assert manager.http.get("/console/donations.csv?amount=x").status_code == 303
    assert "aria-invalid" in manager.open("/console/donations?amount=x")


def test_the_navigation_leaves_out_what_does_not_concern_a_role(app: Flask, world: World) -> None:
    lists = {}
    for role, branch in (("liaison", "4101"), ("reviewer", None), ("auditor", None), ("finance", None)):
        world.do(create_manager, f"the-{role}", PASSWORD, role, "test", branch)
        reader = Reader(app.test_client(), world)
        reader.sign_in(f"the-{role}")
        lists[role] = reader.open("/console/").partition('class="side"')[2].partition("</nav>")[0]
        assert 'href="/console/' in lists[role]
        reader.open("/console/payments")
    assert {role for role in lists if "不符的支付" in lists[role]} == {"auditor", "finance"}
    assert {role for role in lists if "任务" in lists[role]} == {"auditor", "finance"}
