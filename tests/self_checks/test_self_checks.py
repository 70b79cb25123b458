"""After a release each node that carried out projects signs a form, within its branch; no form is ever changed."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from markupsafe import escape
from sqlalchemy.exc import DBAPIError

from campaigns.network.people import create_manager
from campaigns.network.roles import Caller
from campaigns.network.tokens import create_token
from campaigns.self_checks.forms import MOST_REMARK, Answer, Answers, forms_of, node_forms, sign
from campaigns.self_checks.models import Question
from campaigns.self_checks.nodes import CheckState
from campaigns.waiting import Waiting, Work, waiting
from kernel.clock import local_day
from kernel.db import Tx
from kernel.errors import Conflict, Invalid, NotFound
from kernel.paging import Page
from tests.api.client import Api, problem
from tests.cashier import clock, world
from tests.payouts.released import release
from tests.web.conftest import app, reader
from tests.web.reader import PASSWORD, Reader, text
from tests.world import ACTOR, World

__all__ = ["app", "clock", "reader", "world"]
TOWN, OTHER = "410101", "410201"
REMARK = "还有<b>两张</b>发票没到"
YES: Answers = {key: Answer(True) for key in Question}
ONE_NO: Answers = {**YES, Question.VOUCHERS: Answer(False, REMARK)}


@pytest.fixture
def released(world: World) -> World:
    for project in range(3):
        world.pay(world.give(10_00, project))
    with pytest.raises(Conflict, match="self_check_early"):
        world.do(sign, world.slug, TOWN, YES, 0, ACTOR)
    release(world)
    world.do(_released_at, world.clock.at)
    return world


def _released_at(tx: Tx, at: datetime) -> None:
    """`release` goes by the database's clock; the days of these tests are those of the world's."""
    tx.run("SET LOCAL session_replication_role = replica")
    tx.run("UPDATE campaign_history SET at = :at WHERE to_phase = 'released'", at=at)


def works(world: World, branch: str | None, role: str = "liaison") -> list[Waiting]:
    caller = Caller("somebody", role, branch)
    return [line for line in world.do(waiting, caller) if line.work is Work.SELF_CHECKS]


def test_nodes_are_asked_reminded_late_and_done(released: World) -> None:
    world, today = released, local_day(released.clock.at)
    rows, total = world.do(node_forms, None)
    assert [(line.code, line.state, line.due_on) for line, _ in rows] == [
        (code, CheckState.OPEN, today + timedelta(days=30)) for code in (TOWN, OTHER)
    ]
    assert total == 2 and works(world, None) == []
    world.clock.advance(days=16)
    (line,) = works(world, None)
    assert (line.pieces, line.campaign, local_day(line.due_at)) == (2, world.slug, today + timedelta(days=31))
    assert [line.pieces for line in works(world, "4101")] == [1] and works(world, None, "auditor") == []
    world.do(sign, world.slug, OTHER, YES, 0, "liaison")
    assert works(world, "4102") == []
    world.clock.advance(days=14)
    assert world.do(node_forms, TOWN)[0][0][0].state is CheckState.OPEN
    world.clock.advance(days=1)
    assert [line.state for line, _ in world.do(node_forms, None)[0]] == [CheckState.LATE, CheckState.DONE]
    world.do(sign, world.slug, OTHER, ONE_NO, 1, "liaison")
    assert [line.code for line, _ in world.do(node_forms, None)[0]] == [OTHER, TOWN]  # a no stands first
    assert [line.code for line, _ in world.do(node_forms, None, "", Page(2, 1))[0]] == [TOWN]
    assert world.do(node_forms, None, "other") == ([], 0)
    assert works(world, None)[0].pieces == 1


def test_the_campaign_says_how_long_nodes_have(released: World) -> None:
    world, today = released, local_day(released.clock.at)
    world.do(lambda tx: tx.run("UPDATE campaign SET self_check_s = 7 * 86400"))
    rows, _ = world.do(node_forms, None)
    assert {line.due_on for line, _ in rows} == {today + timedelta(days=7)}
    assert works(world, None)[0].pieces == 2  # seven days are within the days of reminding
    world.clock.advance(days=8)
    assert {line.state for line, _ in world.do(node_forms, None)[0]} == {CheckState.LATE}


def test_a_form_is_corrected_by_another_and_never_changed(released: World) -> None:
    world = released
    with pytest.raises(NotFound, match="self_check_unknown"):
        world.do(sign, world.slug, "4101", YES, 0, ACTOR)
    first = world.do(sign, world.slug, TOWN, ONE_NO, 0, "liaison")
    for stale in (0, 2):
        with pytest.raises(Conflict, match="self_check_changed"):
            world.do(sign, world.slug, TOWN, YES, stale, "another")
    world.do(sign, world.slug, TOWN, YES, 1, "another")
    campaign_id = first.form.campaign_id
    shown = [(form.form.number, form.form.actor, form.noes) for form in world.do(forms_of, campaign_id, TOWN)]
    assert shown == [(2, "another", 0), (1, "liaison", 1)]
    for table in ("self_check", "self_check_answer"):
        with pytest.raises(DBAPIError):
            world.do(lambda tx, table=table: tx.run(f"DELETE FROM {table}"))


@pytest.mark.parametrize(
    "choice", [None, Answer(False), Answer(True, "x" * (MOST_REMARK + 1)), Answer(False, "a\nb")]
)
def test_every_question_is_answered_and_a_no_is_explained(released: World, choice: Answer | None) -> None:
    answers = {key: value for key, value in {**YES, Question.SURPLUS: choice}.items() if value is not None}
    with pytest.raises(Invalid, match="self_check_invalid") as refused:
        released.do(sign, released.slug, TOWN, answers, 0, ACTOR)
    assert refused.value.fields.keys() == {"surplus"}
    assert released.do(node_forms, TOWN)[0][0][1] is None


def test_the_api_keeps_to_the_branch(app: Flask, released: World) -> None:
    api = Api(app.test_client(), released)
    path = f"/campaigns/{released.slug}/self-checks/{TOWN}"
    body = {"answers": {key: choice._asdict() for key, choice in ONE_NO.items()}}
    neighbour = released.do(create_token, "liaison", "neighbour", ACTOR, "4102")
    own = released.do(create_token, "liaison", "own", ACTOR, TOWN)
    problem(api.post(path, body, neighbour), 404, "organisation_unknown")
    problem(api.get(path, neighbour), 404, "organisation_unknown")
    problem(api.post(path, body, api.token("auditor")), 403, "not_permitted")
    assert api.post(path, body, own).status_code == 201
    problem(api.post(path, body, own), 409, "self_check_changed")
    problem(api.post(path, {"answers": {}}, own), 422, "validation_failed")
    (mine,) = api.get("/self-checks", own).json or []
    assert (mine["organisation"], mine["state"], mine["form"]["noes"]) == (TOWN, "done", 1)
    assert mine["form"]["answers"]["vouchers"] == {"yes": False, "remark": REMARK}
    assert [row["organisation"] for row in api.get("/self-checks", neighbour).json or []] == [OTHER]
    rows = api.get(f"/self-checks?campaign={released.slug}", api.token()).json or []
    assert [row["state"] for row in rows] == ["done", "open"]
    entry = released.do(
        lambda tx: tx.rows("SELECT actor, detail FROM audit_entry WHERE action = 'self_check.sign'")
    )[0]
    assert entry[1] == {"campaign": released.slug, "node": TOWN, "noes": 1}


def test_a_liaison_signs_in_the_console_and_the_host_reads_it(reader: Reader, released: World) -> None:
    world = released
    world.do(create_manager, "town", PASSWORD, "liaison", ACTOR, TOWN)
    world.do(create_manager, "host", PASSWORD, "manager", ACTOR)
    reader.sign_in("town")
    path = f"/console/campaigns/{world.slug}/self-checks/{TOWN}"
    assert path in reader.open("/console/self-checks")
    reader.open(path)
    typed: dict[str, Any] = {key.value: "yes" for key in Question} | {"vouchers": "no", "surplus_remark": "余 3 元"}
    refused = reader.send(path, **typed)
    assert "请填写" in text(refused) and 'value="余 3 元"' in refused
    assert world.do(node_forms, TOWN)[0][0][1] is None
    assert "自查表已交" in text(reader.send(path, **typed, vouchers_remark=REMARK))
    reader.open(path.replace(TOWN, OTHER), 404)
    reader.http.delete_cookie("session")
    reader.sign_in("host")
    shown = reader.open(f"/console/self-checks?campaign={world.slug}")
    assert REMARK not in shown and str(escape(REMARK)) in shown
    table = reader.http.get("/console/self-checks.csv").get_data(as_text=True)
    assert table.count(REMARK) == 1 and table.index(TOWN) < table.index(OTHER)
