"""Objections to a published result: raised while the notice runs, replied to before the match is disbursed."""

from datetime import timedelta

import pytest
from flask import Flask

from app.i18n.locale import when
from campaigns.closing.publication.objections import NewObjection, raise_objection, reply_to
from campaigns.closing.waits import waits
from campaigns.lifecycle.campaign import find_campaign
from campaigns.network.people import create_manager
from campaigns.network.roles import Caller, Role
from campaigns.waiting import Work, waiting
from kernel.errors import Conflict, Invalid
from tests.api.client import Api, application, problem
from tests.closing.day import Day, clock, day
from tests.web.reader import PASSWORD, Reader, text
from tests.world import World

__all__ = ["clock", "day"]

WORDS = "蒿坪村的合计少了 <b>50</b> 元"


@pytest.fixture
def published(day: Day) -> World:
    """A campaign whose result is published."""
    day.world.pot(500_00)
    day.paid(50_00)
    day.walk("reconciling")
    assert day.tick() == "notice"
    return day.world


def test_the_match_waits_for_the_reply(published: World, day: Day) -> None:
    world = published
    slug, keys = world.slug, world.deps.keys
    for value in (NewObjection(" "), NewObjection("x" * 1_001), NewObjection("no such project", "", 999_999)):
        with pytest.raises(Invalid, match="objection_invalid"):
            world.do(raise_objection, keys, slug, value)
    objection = world.do(raise_objection, keys, slug, NewObjection(WORDS, "13800138000", world.projects[0]))
    again = NewObjection(f" {WORDS}", "13800138000", world.projects[0])
    assert world.do(raise_objection, keys, slug, again) == objection
    stored = world.do(lambda tx: tx.scalar("SELECT sealed FROM objection"))
    assert WORDS.encode() not in bytes(stored) and b"138" not in bytes(stored)
    day.walk("released")
    assert world.phase() == "notice"
    assert [(wait.code, wait.count) for wait in world.do(lambda tx: waits(tx, find_campaign(tx, slug)))] == [
        ("objections", 1)
    ]
    [line] = world.do(waiting, Caller("boss", Role.ADMIN, None, "manager:1"))
    assert (line.work, line.pieces, line.campaign) == (Work.OBJECTIONS, 1, slug)
    with pytest.raises(Invalid, match="objection_invalid"):
        world.do(reply_to, objection, "合计有误", "", "host")
    world.do(reply_to, objection, "合计有误", "已核对，无误", "host")
    world.do(reply_to, objection, "合计有误", "已核对，无误", "host")
    with pytest.raises(Conflict, match="objection_answered"):
        world.do(reply_to, objection, "合计有误", "改口", "host")
    assert day.tick() == "released"
    with pytest.raises(Conflict, match="notice_over"):
        world.do(raise_objection, keys, slug, NewObjection("too late for this"))
    world.check()


def test_it_is_raised_and_replied_to_on_pages_and_over_the_api(published: World, database_url: str) -> None:
    world = published
    app: Flask = application(database_url, world.deps)
    visitor, manager = (Reader(app.test_client(), world) for _ in range(2))
    api = Api(app.test_client(), world)
    path = f"/public/c/{world.slug}/objections"
    term = world.do(lambda tx: find_campaign(tx, world.slug).notice_until)
    until = f"公示期到 {when(term)}（北京时间）"
    shown = visitor.open(f"/public/c/{world.slug}")
    assert "公示异议" in shown and until in text(shown)
    assert until in text(visitor.open(f"/public/c/{world.slug}/notices/1"))
    assert "没有人提出异议" in visitor.open(path) and until in text(visitor.page.text)
    assert "等待答复" in text(visitor.send(path, objection=WORDS, contact="me@example.org", project=""))
    assert "me@example.org" not in visitor.page.text and "蒿坪村的合计" not in visitor.page.text
    world.do(create_manager, "boss", PASSWORD, "admin", "test")
    manager.sign_in("boss")
    manager.open("/console/objections")
    assert "&lt;b&gt;50&lt;/b&gt;" in manager.page.text and "me@example.org" in manager.page.text
    [row] = api.call("GET", "/objections", token=api.token()).get_json()
    manager.send(f"/objections/{row['id']}", summary="合计少了 50 元", reply="<i>含在更正里</i>")
    visitor.open(path)
    assert "&lt;i&gt;含在更正里&lt;/i&gt;" in visitor.page.text and "合计少了 50 元" in visitor.page.text
    [seen] = api.get(f"/campaigns/{world.slug}/objections").get_json()
    assert (seen["summary"], seen["reply"]) == ("合计少了 50 元", "<i>含在更正里</i>") and "words" not in seen
    another = {"objection": "another one", "project": world.projects[1]}
    raised = api.post(f"/campaigns/{world.slug}/objections", another)
    assert raised.status_code == 201
    reply = {"summary": "s", "reply": "r"}
    problem(api.post(f"/objections/{raised.get_json()['id']}/reply", reply), 401, "token_missing")
    api.manage(f"/objections/{raised.get_json()['id']}/reply", reply, 200, role="manager")
    for _ in range(12):
        last = api.post(f"/campaigns/{world.slug}/objections", {"objection": "again and again"})
    problem(last, 429, "rate_limited")
    world.clock.at += timedelta(seconds=1)
