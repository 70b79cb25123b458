"""Complaints (举报): anybody files one from the page of reports, the host deals with it in time."""

import pytest
from flask import Flask

from campaigns.closing.publication.objections import count_open
from campaigns.lifecycle.campaign import find_campaign
from campaigns.network.people import create_manager
from campaigns.network.roles import Caller, Role
from campaigns.waiting import Work, waiting
from tests.api.client import Api
from tests.web.reader import PASSWORD, Reader
from tests.world import ACTOR, SLUG, World

BOSS = Caller("boss", Role.ADMIN, None, "manager:1")


@pytest.fixture
def reader(app: Flask, world: World) -> Reader:
    return Reader(app.test_client(), world)


def test_duty_20_a_complaint_reaches_the_host_is_due_and_is_not_published(
    reader: Reader, api: Api, world: World
) -> None:
    page = f"/public/c/{SLUG}/complaint"
    assert page in reader.open(f"/report?campaign={SLUG}")
    reader.open(page)
    assert "应有 5 至 1000 个字符" in reader.send(page, 422, objection="短", contact="", project="")
    words, contact = "村干部要求每户捐 <b>100</b> 元", "me@example.org"
    for _ in range(2):
        assert "5 个工作日内处理" in reader.send(
            page, objection=words, contact=contact, project=str(world.projects[0])
        )
    [line] = world.do(waiting, BOSS)
    assert (line.work, line.pieces, line.campaign) == (Work.OBJECTIONS, 1, SLUG)
    [row] = api.call("GET", "/objections", token=api.token()).get_json()
    assert (row["is_complaint"], row["words"], row["contact"]) == (True, words, contact)
    assert api.get(f"/campaigns/{SLUG}/objections").get_json() == []
    assert "每户捐" not in reader.open(f"/public/c/{SLUG}/objections")
    assert world.do(lambda tx: count_open(tx, find_campaign(tx, SLUG).id or 0)) == 0, "it holds nothing up"
    world.do(create_manager, "boss", PASSWORD, "admin", ACTOR)
    reader.sign_in("boss")
    assert "村干部要求每户捐 &lt;b&gt;100" in reader.open("/console/objections")
    assert "已记下" in reader.send(f"/objections/{row['id']}", reply="已电话核实并答复")
    assert not world.do(waiting, BOSS)
