"""Events that run: one that fails stops no other and says why, and what can be changed once it is under way."""

from datetime import timedelta

import pytest
from flask import Flask

from app.jobs import registry
from campaigns.lifecycle.drafts import create
from campaigns.lifecycle.transitions import schedule
from campaigns.network.people import create_manager
from tests.api.client import Api, Json, application
from tests.web.reader import PASSWORD, Reader
from tests.world import ACTOR, SLUG, World, new_campaign

BREAK = """
    CREATE FUNCTION break_it() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'secret of 张三'; END $$;
    CREATE TRIGGER break_it BEFORE UPDATE ON campaign FOR EACH ROW WHEN (OLD.slug = 'day')
      EXECUTE FUNCTION break_it()"""


@pytest.fixture
def app(world: World, database_url: str) -> Flask:
    return application(database_url, world.deps)


@pytest.fixture
def api(app: Flask, world: World) -> Api:
    return Api(app.test_client(), world)


@pytest.fixture
def manager(app: Flask, world: World) -> Reader:
    world.do(create_manager, "boss", PASSWORD, "admin", "test")
    reader = Reader(app.test_client(), world)
    reader.sign_in("boss")
    return reader


def second(world: World) -> None:
    """Another campaign with the same times, made after the world's own."""
    world.do(create, new_campaign(world.clock.at, slug="other"), ACTOR)
    world.do(schedule, "other", ACTOR)


def waits(api: Api, slug: str = SLUG) -> dict[str, Json]:
    answer = api.manage(f"/campaigns/{slug}/reconciliation", status=200, method="GET")
    return {wait["code"]: wait for wait in answer["waits_for"]}


def phase(world: World, slug: str) -> str:
    found: str = world.do(lambda tx: tx.scalar("SELECT phase FROM campaign WHERE slug = :slug", slug=slug))
    return found


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
    registry.run(
        "close", world.deps
    )  # nothing is due: the last outcome is no failure any more, the failure is kept
    last = world.do(registry.last_runs)["close"]
    assert last.outcome == "1 steps" and last.failure.endswith(failed["detail"]) and last.failures == 1
    world.check()


def test_closing_says_what_it_waits_for(world: World, api: Api, manager: Reader) -> None:
    world.pot(500_00)
    held = world.give(100_00)
    assert set(waits(api)) == {"time"}
    world.clock.advance(hours=8)
    world.close()
    found = waits(api)
    assert (found["paying"]["count"], found["paying"]["text"]) == (1, "1 笔支付中")
    page = manager.open(f"/console/campaigns/{SLUG}")
    assert "等待：" in page and "1 笔支付中" in page
    world.pay(held, world.clock.at)
    assert set(waits(api)) == {"time"}
    world.clock.advance(hours=30)
    world.close()
    world.close()  # no provider answers here
    assert world.phase() == "reconciling"
    assert waits(api)["statement"]["count"] == 2
    assert "支付平台的对账单还没有取到" in manager.open(f"/console/campaigns/{SLUG}")
    world.check()


def test_the_time_it_waits_for_is_the_end(world: World, api: Api) -> None:
    assert waits(api)["time"]["until"][:19] == (world.clock.at + timedelta(hours=8)).isoformat()[:19]
