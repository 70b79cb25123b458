"""The plan of a running event turns out wrong: it is corrected with a reason, and the trail keeps the old one."""

from werkzeug.test import TestResponse

from campaigns.lifecycle.campaign import find_campaign
from campaigns.lifecycle.plan_corrections import correct_plan
from tests.api.client import Api, problem
from tests.web.reader import Reader, text
from tests.world import SLUG, World

PLAN = f"/console/campaigns/{SLUG}/plan"


def test_a_manager_corrects_the_plan_of_an_open_event(manager: Reader, world: World) -> None:
    assert PLAN in manager.open(f"/console/campaigns/{SLUG}")
    manager.open(PLAN)
    assert "请填写" in manager.send("/plan", reason=" ", **{"plan.bank_account": "新账户 1234"})
    assert "新账户 1234" not in manager.open(f"/c/{SLUG}")
    manager.open(PLAN)
    assert "请填写网页地址" in manager.send("/plan", reason="换平台", **{"plan.platform_url": "not a url"})
    manager.open(PLAN)
    world.do(correct_plan, SLUG, {"area": "洛阳市全域"}, "写窄了", "chen")  # meanwhile
    assert "募捐方案已更正" in manager.send("/plan", reason="账户换了", **{"plan.bank_account": "新账户 1234"})
    assert "新账户 1234" in manager.open(f"/c/{SLUG}") and "洛阳市全域" in manager.page.text
    history = text(manager.open(f"/console/campaigns/{SLUG}")).partition(" 改动 ")[2]
    assert "→ 新账户 1234" in history and "原因：账户换了" in history and "方案版本：3" in history, history
    statement = text(manager.open(f"/public/c/{SLUG}"))
    assert "第 3 版" in statement and "银行账户 原因：账户换了" in statement and "原因：写窄了" in statement, (
        statement
    )
    manager.open(PLAN)
    world.do(correct_plan, SLUG, {"bank_account": "账户 77"}, "又错了", "chen")
    refused = text(manager.send("/plan", reason="x", **{"plan.bank_account": "账户 88"}))
    assert "chen 在" in refused and "现在是“账户 77”" in refused
    manager.open(PLAN)
    assert "没有改动" in manager.send("/plan", reason="x")


def test_a_program_corrects_a_plan_and_cannot_leave_it_incomplete(api: Api, world: World) -> None:
    address, body = f"/campaigns/{SLUG}/plan", {"plan": {"area": "洛阳市全域"}, "reason": "写窄了"}

    def patch(sent: dict[str, object], role: str = "manager") -> TestResponse:
        return api.call("PATCH", address, sent, api.token(role))

    problem(patch(body, "finance"), 403, "not_permitted")
    problem(patch(body | {"reason": ""}), 422, "reason_missing")
    assert "area" in problem(patch(body | {"plan": {"area": None}}), 422, "plan_incomplete")["fields"]
    assert patch(body).status_code == 200
    world.do(lambda tx: tx.run("UPDATE campaign SET phase = 'released' WHERE slug = :slug", slug=SLUG))
    problem(patch(body | {"plan": {"area": "x"}}), 409, "campaign_phase")
    assert world.do(find_campaign, SLUG).plan["area"] == "洛阳市全域"
