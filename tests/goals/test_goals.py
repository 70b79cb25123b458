"""A year's goal stands beside what the books say of the year and of the one before: money, goods, share online."""

from datetime import timedelta

import pytest
from flask import Flask

from campaigns.goals.goals import NewGoal, progress, set_goal, years
from campaigns.goods import goods
from campaigns.network.people import create_manager
from kernel.errors import Invalid
from tests.api.client import Api, problem
from tests.goods.test_goods import quilts
from tests.web.conftest import app, clock, manager, reader, world
from tests.web.reader import PASSWORD, Reader, text
from tests.world import ACTOR, World

__all__ = ["app", "clock", "manager", "reader", "world"]
DEPOSIT = 1_000_000_00  # of the test's world, into its fund


def offline(world: World, amount_minor: int) -> None:
    """A gift that came in cash; files of such gifts are tested elsewhere."""
    donation = world.pay(world.give(amount_minor))
    world.do(lambda tx: tx.run("UPDATE donation SET channel = 'offline' WHERE id = :id", id=donation.id))


def test_a_year_is_what_the_books_say(world: World) -> None:
    world.pot(500_00)
    paid = world.pay(world.give(300_00))
    world.refund(paid, 100_00)
    offline(world, 50_00)
    world.give(70_00)
    goods_id = world.do(goods.enter, world.projects[0], quilts(world), "liaison").id
    row = world.do(progress)
    assert (row.reached.gifts_minor, row.reached.offline_minor, row.reached.deposits_minor) == (
        250_00,
        50_00,
        DEPOSIT,
    )
    assert (row.reached.goods_minor, row.reached.money_minor, row.goal) == (0, DEPOSIT + 250_00, None)
    world.do(goods.confirm, goods_id, "finance")
    world.do(set_goal, NewGoal(2026, 2 * (DEPOSIT + 250_00), 48_000_00, 5_000), ACTOR)
    row = world.do(progress)
    assert (row.money_bps, row.goods_bps, row.before.money_minor) == (5_000, 5_000, 0)
    assert row.reached.online_bps == 200_00 * 10_000 // (DEPOSIT + 250_00)
    world.clock.at += timedelta(days=365)
    row = world.do(progress)
    assert (row.reached.money_minor, row.before.money_minor, row.goal) == (0, DEPOSIT + 250_00, None)
    assert [row.reached.year for row in world.do(years)] == [2027, 2026]


def test_a_bad_goal_is_refused(world: World) -> None:
    with pytest.raises(Invalid) as refused:
        world.do(set_goal, NewGoal(1999, 0, -1, 10_001), ACTOR)
    assert sorted(refused.value.fields) == ["goods_minor", "money_minor", "online_bps", "year"]


def test_the_goal_is_set_in_the_console_and_shown_on_the_first_page(
    app: Flask, manager: Reader, world: World
) -> None:
    assert "全年目标" in manager.open("/console/")
    manager.open("/console/goals")
    assert "请填写整数" in manager.send("/goals", year="x", money_minor="5")
    manager.open("/console/goals")
    beyond = manager.send("/goals", year="2026", money_minor="5", online_bps="140%")
    assert "应在 0% 至 100% 之间" in beyond and "10000" not in beyond
    manager.open("/console/goals")
    assert "请填百分数" in text(manager.send("/goals", year="2026", money_minor="5", online_bps="many"))
    page = text(manager.send("/goals", year="2026", money_minor="2000000", goods_minor="100", online_bps="60%"))
    assert "目标已保存" in page and "50.0%" in page and "/ 60%" in page
    assert "2,000,000.00" in manager.open("/console/")
    entry = world.do(lambda tx: tx.row("SELECT action, subject, detail FROM audit_entry WHERE action = 'goal.set'"))
    assert entry.detail["after"]["money_minor"] == 2_000_000_00 and entry.subject == "goal:2026"
    world.do(create_manager, "county", PASSWORD, "manager", "test", "4101")
    county = Reader(app.test_client(), world)
    county.sign_in("county")
    assert "全年目标" not in county.open("/console/")
    county.open("/console/goals", 403)


def test_goals_by_api(app: Flask, world: World) -> None:
    api = Api(app.test_client(), world)
    shown = api.manage("/yearly-goals", {"year": 2026, "money_minor": 2 * DEPOSIT}, 200)
    assert (shown["money_bps"], shown["goal"]["goods_minor"], shown["reached"]["deposits_minor"]) == (
        5_000,
        0,
        DEPOSIT,
    )
    assert [row["reached"]["year"] for row in api.get("/yearly-goals", api.token()).get_json()] == [2026]
    problem(api.post("/yearly-goals", {"year": 1, "money_minor": 1}, api.token()), 422, "validation_failed")
