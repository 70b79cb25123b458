"""The manager's side: who may do what, and that a second click is harmless."""

from uuid import uuid4

import pytest

from campaigns.funds import deposits
from campaigns.network.people import create_manager
from campaigns.projects.drafts import NewProject, create
from tests.web.reader import PASSWORD, Reader, forms, text
from tests.world import VILLAGES, World

PAGES = (
    "/console/",
    "/console/campaigns/day",
    "/console/campaigns/day/reconciliation",
    "/console/projects",
    "/console/funds",
    "/console/donations",
    "/console/inbox",
    "/console/jobs",
    "/console/imports",
)


def test_without_signing_in_there_is_only_the_form(reader: Reader) -> None:
    for path in PAGES:
        assert "密码" in reader.open(path)
    assert reader.http.post("/console/campaigns/day/cancel").status_code == 400


def test_wrong_logins_and_passwords_get_the_same_message(reader: Reader, manager: Reader) -> None:
    manager.open("/console/")
    manager.send("/console/sign-out")
    for login in ("boss", "nobody", "x\x00y"):
        assert "用户名或密码不对" in manager.send("/console/sign-in", 401, login=login, password="wrong")


def test_every_page_opens(manager: Reader, world: World) -> None:
    world.pot(500_00)
    world.pay(world.give())
    for path in PAGES:
        manager.open(path)
        assert "boss" in manager.open(path + "?lang=en")
        manager.open(path + "?lang=zh")


def test_signing_in_leads_only_to_our_own_pages(reader: Reader, world: World) -> None:
    world.do(create_manager, "boss", PASSWORD, "admin", "test")
    for address in ("https://evil.example/", "//evil.example", "/console//evil", "/console/\\evil", "/d/x"):
        fresh = Reader(reader.http.application.test_client(), world)
        fresh.open("/console/sign-in")
        where, fields = forms(fresh.page.text)[0]
        response = fresh.http.post(where, data=fields | {"login": "boss", "password": PASSWORD, "next": address})
        assert response.location == "/console/"


def test_a_form_of_another_site_does_nothing(manager: Reader, world: World) -> None:
    manager.open("/console/campaigns/day/cancel")
    assert "页面放久了" in manager.send("/cancel", 400, csrf_token="forged")
    assert world.phase() == "open"


def test_cancelling_with_another_word_says_what_to_type(manager: Reader, world: World) -> None:
    manager.open("/console/campaigns/day/cancel")
    page = manager.send("/cancel", verb="save", reason="flood", word="tomorrow")
    assert "请输入 day 确认。" in page and 'value="tomorrow"' in page
    assert world.phase() == "open"


def test_a_busy_campaign_is_cancelled_at_the_first_try(manager: Reader, world: World) -> None:
    manager.open("/console/campaigns/day/cancel")
    world.pay(world.give(80_00))  # after the figures were shown
    assert "活动已取消" in manager.send("/cancel", verb="save", reason="暴雨", word="day")
    assert world.phase() == "cancelled"
    world.check()


def test_cancelling_twice_says_so(manager: Reader, world: World) -> None:
    manager.open("/console/campaigns/day/cancel")
    page = manager.page
    manager.open("/console/campaigns/day/cancel")
    other = manager.page
    manager.page = page
    confirmed = {"verb": "save", "reason": "暴雨", "word": "day"}
    assert "活动已取消" in manager.send("/cancel", **confirmed)
    manager.page = page
    assert "没有重复执行" in manager.send("/cancel", **confirmed)
    manager.page = other
    assert "当前阶段不能做这件事" in manager.send("/cancel", **confirmed)
    assert world.phase() == "cancelled"


def test_a_project_goes_through_its_review(manager: Reader, world: World) -> None:
    project = world.do(create, NewProject(VILLAGES[0], "新路灯", "micro", "灯", 1_000_00), "test").id
    for verb, words in (("submit", "立项评审"), ("approve", "已立项")):
        manager.open("/console/projects")
        assert words in text(manager.send(f"/{project}/{verb}"))
    manager.open("/console/projects")
    assert "请写明原因" in manager.send(f"/{project}/suspend", reason="")
    assert "已暂停" in manager.send(f"/{project}/suspend", reason="核查")


def test_a_project_is_rated_and_nonsense_is_not_a_rating(manager: Reader, world: World) -> None:
    project = world.projects[0]
    manager.open("/console/projects")
    assert "评级已保存" in text(manager.send(f"/{project}/rate", rating="4"))
    for value in ("", "6", "-1", "many"):
        manager.open("/console/projects")
        assert "评级：应是 0 至 5 的整数" in text(manager.send(f"/{project}/rate", rating=value))
    assert world.do(lambda tx: tx.scalar("SELECT rating FROM project WHERE id = :id", id=project)) == 4


def test_a_row_of_the_projects_folds_all_but_its_next_step_into_one_menu(manager: Reader, world: World) -> None:
    """Fifty rows with every form were 7,800 pixels tall."""
    rows = [row.split("</tr>")[0] for row in manager.open("/console/projects").split("<tr>")[2:]]
    assert len(rows) == len(world.projects)
    for row in rows:
        assert row.count("<details") == 1
        menu = row.index("<details")
        assert row.count("<form") == 3 and row.index("<form") > menu, "no next step: an approved project"


def test_managers_of_a_branch_act_only_within_it(reader: Reader, world: World) -> None:
    mine = world.do(create, NewProject(VILLAGES[0], "我村", "micro", "灯", 1_000_00), "test").id
    world.do(create, NewProject(VILLAGES[2], "别村", "micro", "灯", 1_000_00), "test")
    world.do(create_manager, "liaison", PASSWORD, "liaison", "test", "4101")
    reader.sign_in("liaison")
    assert "别村" not in reader.open("/console/projects")
    assert "项目状态已更新" in reader.send(f"/{mine}/submit")


def test_a_deposit_is_booked_once(manager: Reader, world: World) -> None:
    def typed(verb: str, amount: str, reference: str) -> str:
        return manager.send("/deposits", verb=verb, amount_minor=amount, reference=reference)

    world.pot(60_00, name="甲池")
    address = f"/console/funds/{world.fund}/deposits"
    assert address in manager.open("/console/funds")
    manager.open(address)
    shown = typed("preview", "100.50", "R-1")
    assert "从 999,940.00 元变为 1,000,040.50 元" in shown and "甲池" in shown
    assert "999,940.00" in manager.open("/console/funds")  # nothing is booked yet
    manager.open(address)
    typed("preview", "100.50", "R-1")
    page = manager.page
    assert "入账完成" in typed("save", "100.50", "R-1")
    manager.page = page
    assert "没有重复执行" in typed("save", "100.50", "R-1")
    manager.open(address)
    for same in ("R-1", "Ｒ－１"):
        assert "没有重复记账" in typed("preview", "100.50", same)
    assert "已用于另一金额" in typed("preview", "1", "R-1")
    assert "已用于另一金额" in typed("preview", "7", " r-1 "), "spelt otherwise, still the same"
    assert "今天已有一笔 100.50 元的入账" in typed("preview", "100.50", "R-9")
    assert "请填写金额" in typed("preview", "much", "R-2")
    assert "1,000,040.50" in manager.open("/console/funds")


def test_a_deposit_is_corrected_after_a_preview(manager: Reader, world: World) -> None:
    deposit = world.do(deposits.deposit_of, world.fund, "D-1").id
    statement = manager.open(f"/console/funds/{world.fund}")
    address = f"/console/funds/{world.fund}/deposits/{deposit}/correct"
    assert address in statement and "1,000,000.00" in statement
    manager.open(address)
    shown = manager.send("/correct", amount_minor="900000", reason="多打一位", verb="preview")
    assert "从 1,000,000.00 元更正为 900,000.00 元" in shown and "基金余额变为 900,000.00 元" in shown
    page = manager.send("/correct", amount_minor="900000", reason="多打一位", verb="save")
    assert all(words in page for words in ("已更正", "入账更正", "-100,000.00", "多打一位"))
    assert "不用更正" in manager.open(address) + manager.send(
        "/correct", amount_minor="900000", reason="多打一位", verb="preview"
    )
    manager.open(f"/console/funds/4711/deposits/{deposit}/correct", 404)
    world.check()


def test_a_refund_is_asked_for_once(manager: Reader, world: World) -> None:
    world.pot(500_00)
    paid = world.pay(world.give())
    form = f"/console/donations/{paid.id}/refunds"
    manager.open(f"/console/donations?id={paid.id}")
    assert "会发生什么" not in manager.open(form)
    assert "现在最多能退 100.00 元" in manager.page.text
    assert "请填写" in manager.send("/refunds", amount_minor="", reason="捐错了", verb="save")
    shown = manager.send("/refunds", amount_minor="10", reason="捐错了", verb="preview")
    assert all(
        words in shown for words in ("退给捐赠人 10.00 元", "这笔捐赠还剩 90.00 元", "配捐随之退回 10.00 元")
    )
    previewed = manager.page
    manager.send("/refunds", amount_minor="10", reason="捐错了", verb="preview")
    other = manager.page
    assert refunded(world) is None
    manager.page = previewed
    assert "退款已提交" in manager.send("/refunds", amount_minor="10", reason="捐错了", verb="save")
    manager.page = previewed
    assert "没有重复执行" in manager.send("/refunds", amount_minor="10", reason="捐错了", verb="save")
    manager.page = other
    assert "重新预览" in manager.send("/refunds", amount_minor="10", reason="捐错了", verb="save")
    assert refunded(world) == 10_00
    assert 'href="#f-reason"' in manager.send("/refunds", amount_minor="10", reason=" ", verb="save")
    assert "退款超过" in manager.send("/refunds", amount_minor="90.01", reason="再退", verb="preview")


def test_the_form_of_a_refund_does_not_open_for_what_we_cannot_refund(manager: Reader, world: World) -> None:
    unpaid = f"/console/donations/{world.give().id}"
    for form in ("refunds", "refund-all-of-donor"):
        page = manager.open(f"{unpaid}/{form}")
        assert "只有支付平台代收的已付款项可以在这里退款" in page and "确认" not in page


def refunded(world: World) -> int | None:
    amount: int | None = world.do(lambda tx: tx.scalar("SELECT sum(amount_minor) FROM refund"))
    return amount


def test_looking_for_a_donation_that_is_none(manager: Reader) -> None:
    assert "至少前 8 位" in manager.open("/console/donations?id=nonsense")
    manager.open(f"/console/donations/{uuid4()}", 404)


@pytest.mark.parametrize(("role", "may"), [("finance", True), ("auditor", False), ("liaison", False)])
def test_differences_are_signed_off_by_finance_only(reader: Reader, world: World, role: str, may: bool) -> None:
    with world.db.transaction() as tx:
        tx.run(
            """INSERT INTO discrepancy (campaign_id, provider, cause, reference, ours_minor, theirs_minor, state,
                                        reason, actor, found_at)
               SELECT id, 'stripe', 'missing_here', 'ch_1', 0, 500, 'open', '', '', now() FROM campaign"""
        )
    world.do(create_manager, "someone", PASSWORD, role, "test")
    reader.sign_in("someone")
    assert "ch_1" not in reader.open("/console/campaigns/day/reconciliation?state=signed_off")
    page = reader.open("/console/campaigns/day/reconciliation?state=open")
    assert "ch_1" in page and ("签字确认" in page) is may
    if not may:
        return
    held = reader.page
    assert "请写明原因" in reader.send("/sign-off?state=open", reason="")
    sent = reader.page
    assert "已签字。" in reader.send("/sign-off?state=open", reason="平台测试款")
    assert "ch_1" not in reader.page.text, "the filter stays"
    reader.page = sent
    assert "没有重复执行" in reader.send("/sign-off?state=open", reason="平台测试款"), "the same click again"
    reader.page = held
    assert "已经了结" in reader.send("/sign-off?state=open", reason="别的原因")


def test_the_page_of_a_campaign_shows_its_pots(manager: Reader, world: World) -> None:
    world.pot(500_00, name="栾川县配捐池", scope={"under": ["4101"]})
    page = text(manager.open(f"/console/campaigns/{world.slug}"))
    assert "栾川县配捐池" in page and "只支持：栾川县" in page
    assert "投入 500.00" in page and "现可配 500.00" in page
