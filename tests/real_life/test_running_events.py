"""Events that run: one that fails stops no other and says why, and what can be changed once it is under way."""

from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask

from app.jobs import registry
from app.jobs.runs import last_runs
from campaigns.audit import entries_of
from campaigns.lifecycle.drafts import create
from campaigns.lifecycle.entries import add_entry
from campaigns.lifecycle.transitions import schedule
from campaigns.network.people import create_manager
from campaigns.screening import cases, decide
from kernel.errors import Conflict
from tests.api.client import Api, Json, problem
from tests.real_life.running_steps import sound
from tests.web.reader import PASSWORD, Reader, text
from tests.world import ACTOR, SLUG, World, new_campaign

BREAK = """
    CREATE FUNCTION break_it() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'secret of 张三'; END $$;
    CREATE TRIGGER break_it BEFORE UPDATE ON campaign FOR EACH ROW WHEN (OLD.slug = 'day')
      EXECUTE FUNCTION break_it()"""


@pytest.fixture
def manager(app: Flask, world: World) -> Reader:
    world.do(create_manager, "boss", PASSWORD, "admin", "test")
    reader = Reader(app.test_client(), world)
    reader.sign_in("boss")
    return reader


def second(world: World) -> None:
    """Another campaign with the same times, made after the world's own."""
    world.do(create, new_campaign(world.clock.at, slug="other"), ACTOR)
    world.do(add_entry, "other", world.projects[0], ACTOR)
    world.do(schedule, "other", ACTOR)


def waits(api: Api, slug: str = SLUG) -> dict[str, Json]:
    response = api.manage(f"/campaigns/{slug}/reconciliation", status=200, method="GET")
    return {wait["code"]: wait for wait in response["waits_for"]}


def phase(world: World, slug: str) -> str:
    phase: str = world.do(lambda tx: tx.scalar("SELECT phase FROM campaign WHERE slug = :slug", slug=slug))
    return phase


def test_a_campaign_whose_step_fails_stops_no_other_and_says_why(world: World, api: Api, manager: Reader) -> None:
    second(world)
    world.do(lambda tx: tx.run(BREAK))
    world.clock.advance(hours=8)
    with pytest.raises(Exception, match="secret"):
        registry.run("close", world.deps)
    assert (phase(world, "day"), phase(world, "other")) == ("open", "ended")
    failed = waits(api)["failed"]
    assert failed["detail"].startswith("ProgrammingError (RaiseException) at campaigns/lifecycle/transitions.py:")
    assert "张三" not in str(failed) and "failed" not in waits(api, "other")
    assert "上次执行出错" in manager.open(f"/console/campaigns/{SLUG}")
    page = manager.open("/console/jobs")
    assert failed["detail"] in page and "张三" not in page

    world.do(lambda tx: tx.run("DROP FUNCTION break_it CASCADE"))
    registry.run("close", world.deps)
    assert phase(world, "day") == "ended" and "failed" not in waits(api)
    world.clock.advance(seconds=1)
    registry.run("close", world.deps)  # nothing is due: what was done last and the last failure are kept
    last = world.do(last_runs)["close"]
    assert (last.counts, last.failed, last.failures) == ({"steps_made": 1}, False, 1)
    assert last.failure.endswith(failed["detail"])
    world.check()


def test_closing_says_what_it_waits_for(world: World, api: Api, manager: Reader) -> None:
    world.pot(500_00)
    held = world.give(100_00)
    assert set(waits(api)) == {"time"}
    world.clock.advance(hours=8)
    world.close()
    waiting = waits(api)
    assert (waiting["paying"]["count"], waiting["paying"]["text"]) == (1, "1 笔支付中")
    page = manager.open(f"/console/campaigns/{SLUG}")
    assert "等待：" in page and "1 笔支付中" in page
    world.pay(held, world.clock.at)
    assert set(waits(api)) == {"time"}
    world.clock.advance(hours=30)
    manager.sign_in("boss")  # the session ended meanwhile
    world.close()
    world.close()  # no provider answers here
    assert world.phase() == "reconciling"
    assert waits(api)["statement"]["count"] == 2
    assert "支付平台的对账单还没有取到" in manager.open(f"/console/campaigns/{SLUG}")
    world.check()


def test_the_time_it_waits_for_is_the_end(world: World, api: Api) -> None:
    assert waits(api)["time"]["until"][:19] == (world.clock.at + timedelta(hours=8)).isoformat()[:19]


def test_an_event_that_runs_is_extended(world: World, api: Api) -> None:
    world.pot(500_00)
    world.pay(world.give(100_00))
    end = world.clock.at + timedelta(hours=8)
    later = {"ends_at": (end + timedelta(hours=3)).isoformat(), "reason": "暴雨，延长三小时"}
    response = api.manage("/campaigns/day/extend", later, status=200, role="manager")
    assert response["ends_at"][:19] == (end + timedelta(hours=3)).isoformat()[:19]
    world.clock.advance(hours=9)
    world.close()
    assert world.phase() == "open"
    assert world.pay(world.give(100_00), world.clock.at).captured_minor == 100_00
    entry = world.do(entries_of, "campaign:1")[0]
    assert (entry.action, entry.detail["before"]["ends_at"], entry.detail["reason"]) == (
        "campaign.extend",
        end.isoformat(),
        later["reason"],
    )
    world.clock.advance(hours=2)
    token = api.token("manager")
    more = {"ends_at": (end + timedelta(hours=9)).isoformat(), "reason": "太晚"}
    assert problem(api.post("/campaigns/day/extend", more, token), 409, "campaign_phase")
    world.close()
    assert world.phase() == "ended"
    problem(api.post("/campaigns/day/extend", more, token), 409, "campaign_phase")
    sound(world)


def test_an_event_is_not_extended_to_before_its_end_or_beyond_its_certificate(world: World, api: Api) -> None:
    end, token = world.clock.at + timedelta(hours=8), api.token("manager")

    def refused(ends_at: str, code: str, status: int = 422, reason: str = "x") -> Json:
        return problem(
            api.post("/campaigns/day/extend", {"ends_at": ends_at, "reason": reason}, token), status, code
        )

    refused(end.isoformat(), "end_not_later")
    refused((end - timedelta(hours=1)).isoformat(), "end_not_later")
    refused((end + timedelta(hours=1)).isoformat(), "reason_missing", reason=" ")
    body = refused("2030-01-02T00:00:01+08:00", "plan_incomplete")  # valid through 2030-01-01
    assert body["fields"]["certificate_until"]["code"] == "certificate_expires"
    assert waits(api)["time"]["until"][:19] == end.isoformat()[:19]


def test_an_event_ends_early_and_who_is_paying_may_finish(world: World, api: Api) -> None:
    world.pot(500_00)
    paying = world.give(100_00)
    api.manage("/campaigns/day/end-early", {"reason": "目标已达成"}, status=200, role="manager")
    with pytest.raises(Conflict, match="campaign_not_open"):
        world.clock.advance(seconds=1)
        world.give(100_00)
    world.close()
    assert world.phase() == "ended"
    world.clock.advance(minutes=5)
    assert world.pay(paying, world.clock.at).captured_minor == 100_00
    world.clock.advance(minutes=26)
    world.close()
    assert world.phase() == "settling"
    problem(api.post("/campaigns/day/end-early", {"reason": "x"}, api.token("manager")), 409, "campaign_phase")
    sound(world)


def test_a_scheduled_event_becomes_a_draft_again_and_is_corrected(world: World, api: Api) -> None:
    opens, ends = world.clock.at + timedelta(days=1), world.clock.at + timedelta(days=2)
    world.do(create, new_campaign(world.clock.at, slug="other", opens_at=opens, ends_at=ends), ACTOR)
    world.do(add_entry, "other", world.projects[0], ACTOR)
    world.do(schedule, "other", ACTOR)
    for _ in range(2):
        path = "/campaigns/other/unschedule"
        assert api.manage(path, {"reason": "日期写错"}, status=200, role="manager")["phase"] == "draft"
        problem(api.post(path, {"reason": "x"}, api.token("manager")), 409, "campaign_phase")
        api.manage("/campaigns/other", {"name": "新名字"}, status=200, method="PATCH", role="manager")
        assert api.manage("/campaigns/other/schedule", status=200, role="manager")["phase"] == "scheduled"
    world.clock.advance(days=1)
    problem(api.post("/campaigns/other/unschedule", {"reason": "x"}, api.token("manager")), 409, "campaign_phase")
    world.close()
    assert phase(world, "other") == "open"
    world.check()


def test_all_match_of_a_project_is_frozen(world: World, api: Api) -> None:
    world.pot(10_000_00, donor=50_00)
    donors = [world.pay(world.give(50_00, email=f"d{i}@example.org")) for i in range(12)]
    elsewhere = world.pay(world.give(50_00, project=1, email="e@example.org"))
    path, body = f"/campaigns/day/projects/{world.projects[0]}/hold-match", {"reason": "十二人各捐到上限"}
    assert problem(api.post(path, body, api.token("finance")), 403, "not_permitted")
    held = api.manage(path, body, status=200, role="manager")
    assert (held["cases_opened"], held["cases_decided"], held["held_minor"]) == (12, 0, 600_00)
    assert api.manage(path, body, status=200, role="manager")["cases_opened"] == 0
    holds = "SELECT count(*) FROM audit_entry WHERE action = 'campaign.hold_match'"
    assert world.do(lambda tx: tx.scalar(holds)) == 1, "the second changed nothing"
    assert world.view(elsewhere).captured_minor == 50_00
    first = world.do(cases.case_id_of_donation, donors[0].id)
    shown = api.manage(f"/cases/{first}", status=200, method="GET")
    assert [signal["code"] for signal in shown["signals"]] == ["project_frozen"]
    world.do(decide.clear, first, "查实为真", "li")
    again = api.manage(path, body, status=200, role="manager")
    assert (again["cases_opened"], again["cases_decided"]) == (0, 1)
    problem(api.post("/campaigns/day/projects/999999/hold-match", body, api.token()), 404, "project_unknown")
    problem(api.post(path, {"reason": ""}, api.token()), 422, "reason_missing")
    sound(world)


def test_all_refunds_of_a_donor_in_one_step(world: World, api: Api) -> None:
    """48 donations in an hour: previewed, refunded at once, and once only."""
    world.pot(10_000_00)
    often = [world.give(100_00, email="often@example.org") for _ in range(8)]
    other = world.give(100_00, email="other@example.org")
    for donation in (*often, other):
        world.tell("payment_intent.succeeded", world.intent(donation))
    world.settle()
    world.refund(often[0], 30_00)
    world.refund(often[1], 100_00)
    world.dispute(often[2])
    world.settle()
    path = f"/donations/{often[3].id}/refund-all-of-donor"
    problem(api.get(path, api.token("auditor")), 403, "not_permitted")
    seen = api.manage(path, status=200, method="GET", role="finance")
    assert (len(seen["donations"]), seen["total_minor"]) == (6, 570_00)
    assert {row["donation"]: row["refused"] for row in seen["skipped"]}[str(often[2].id)] == "dispute_open"
    assert world.do(lambda tx: tx.scalar("SELECT count(*) FROM refund")) == 0

    problem(api.post(path, {"reason": " "}, api.token("finance")), 422, "reason_missing")
    done = api.manage(path, {"reason": "反常，捐赠人同意退回"}, role="finance")
    assert (len(done["refunds"]), done["total_minor"]) == (6, 570_00)
    assert str(other.id) not in {refund["donation"] for refund in done["refunds"]}
    again = api.manage(path, {"reason": "再来一次"}, role="finance")
    assert (again["refunds"], again["total_minor"]) == ([], 0)
    for refund in done["refunds"]:
        world.refund(UUID(refund["donation"]), 100_00)
    assert world.view(often[5]).status == "refunded" and world.view(other).captured_minor == 100_00
    sound(world)


def test_an_event_is_changed_in_the_console_while_it_runs(world: World, manager: Reader) -> None:
    page = manager.open("/console/campaigns/day")
    assert "收尾的每一步从那时算起" in page and "马上停止接受捐赠" in page, "effects stand there before the act"
    manager.send("/extend", ends_at="2026-09-09T23:00", reason="暴雨")
    assert "2026-09-09 23:00" in manager.page.text and "活动已延长。" in manager.page.text
    history = text(manager.page.text).partition(" 改动 ")[2]
    assert "延长活动 boss 结束时间： 2026-09-09 20:00 → 2026-09-09 23:00 原因：暴雨" in history, history
    assert "新的结束时间要晚于原来的" in manager.send("/extend", ends_at="2026-09-09T22:00", reason="暴雨")
    manager.send("/extend", ends_at="soon", reason="暴雨")
    assert "活动已延长。" not in manager.page.text and "2026-09-09 23:00" in manager.page.text
    assert "活动已提前结束" in manager.send("/end-early", reason="目标已达成")
    world.close()
    assert world.phase() == "ended"
    assert "/end-early" not in manager.open("/console/campaigns/day")
    later = {"opens_at": world.clock.at + timedelta(days=1), "ends_at": world.clock.at + timedelta(days=2)}
    world.do(create, new_campaign(world.clock.at, slug="other", **later), ACTOR)
    world.do(add_entry, "other", world.projects[0], ACTOR)
    world.do(schedule, "other", ACTOR)
    manager.open("/console/campaigns/other")
    assert "活动已退回草稿。" in manager.send("/unschedule", reason="日期写错")
    world.check()
