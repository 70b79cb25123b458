"""Who works on a row of a desk: taken, taken over, released, and shown to colleagues on the lists."""

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from campaigns.assignments import KINDS, assignments_of, release, take
from campaigns.network.accounts import set_role
from campaigns.network.people import create_manager
from campaigns.network.roles import Caller
from campaigns.own_rows import own_rows
from kernel.db import Tx
from kernel.errors import Invalid, NotFound
from tests.api.resources import OURS, SIBLING, SLUG, Resources, resources
from tests.web.reader import PASSWORD, Reader, text
from tests.world import ACTOR, World

__all__ = ["resources"]
NOTE = "等<b>银行</b>回话"
CHEN = Caller("chen", "admin")

# Where each kind of row is listed, and the address of its form.
LISTS = {
    "approval": "approvals",
    "case": f"campaigns/{SLUG}/cases",
    "discrepancy": f"campaigns/{SLUG}/reconciliation",
    "inbox_event": "inbox",
    "objection": "objections",
    "payment_exception": "payments",
    "project": "projects/review",
    "question": "questions",
    "receipt": "receipts",
    "refund_request": "refund-requests",
    "team": "teams",
}


def colleague(app: Flask, world: World, login: str, role: str = "admin", branch: str | None = None) -> Reader:
    world.do(create_manager, login, PASSWORD, role, ACTOR, branch)
    reader = Reader(app.test_client(), world)
    reader.sign_in(login)
    return reader


def waiting(world: World, rows: Resources) -> dict[str, Any]:
    """The rows of all desks, of which the message and the project are made to wait."""

    def wait(tx: Tx) -> None:
        tx.run("UPDATE inbox_work SET state = 'waiting', note = 'project_unknown', donation_id = NULL")
        tx.run("UPDATE project SET status = 'review' WHERE id = :id", id=rows.arguments["project_id"])

    world.do(wait)
    return {kind: rows.arguments[KINDS[kind].resource] for kind in KINDS}


def trail(world: World) -> list[tuple[str, str, Any]]:
    acts = "SELECT actor, action, detail FROM audit_entry WHERE action LIKE 'desk.%' ORDER BY id"
    return [tuple(row) for row in world.do(lambda tx: tx.rows(acts))]


def test_every_desk_shows_who_works_on_a_row(app: Flask, world: World, resources: Resources) -> None:
    first, second = colleague(app, world, "chen"), colleague(app, world, "li")
    assert set(LISTS) == set(KINDS)
    for kind, row_id in waiting(world, resources).items():
        assert "正在处理" not in first.open(f"/console/{LISTS[kind]}"), kind
        world.do(take, kind, row_id, NOTE, "chen")
        page = second.open(f"/console/{LISTS[kind]}")
        assert "chen正在处理" in text(page), kind
        assert "<b>银行" not in page and "&lt;b&gt;银行" in page, kind


def test_the_home_page_lists_what_one_has_taken_and_still_waits(
    app: Flask, world: World, resources: Resources
) -> None:
    first, second = colleague(app, world, "chen"), colleague(app, world, "li")
    rows = waiting(world, resources)
    for kind, row_id in rows.items():
        world.do(take, kind, row_id, NOTE, "chen")
    listed = [(row.kind, row.row_id) for row in world.do(own_rows, CHEN)]
    assert sorted(listed) == sorted(rows.items())
    page = first.open("/console/")
    assert "我手上的" in page and "&lt;b&gt;银行" in page and "我手上的" not in second.open("/console/")
    for address in re.findall(r'class="verb" href="([^"]+)"', page.partition('id="own"')[2])[: len(rows)]:
        assert "chen正在处理" in text(first.open(address)), address
    world.do(lambda tx: tx.run("UPDATE project SET status = 'draft'"))
    assert ("project", rows["project"]) not in [(row.kind, row.row_id) for row in world.do(own_rows, CHEN)]


def test_rows_of_a_branch_or_role_that_one_has_left_are_not_listed(
    app: Flask, world: World, resources: Resources
) -> None:
    reader = colleague(app, world, "chen", "manager", OURS)
    for kind in ("case", "question", "discrepancy"):
        world.do(take, kind, resources.arguments[KINDS[kind].resource], NOTE, "chen")
    assert len(own(reader)) == 3 and "我手上的" in reader.open("/console/")
    world.do(set_role, "chen", "finance", OURS, ACTOR)
    assert own(reader) == ["discrepancy"]
    world.do(set_role, "chen", "manager", SIBLING.code, ACTOR)
    assert own(reader) == [] and "我手上的" not in reader.open("/console/")


def own(reader: Reader) -> list[str]:
    return [row["kind"] for row in reader.http.get("/api/v1/desks/own").get_json()]


def test_a_row_is_taken_on_its_page_with_a_note_and_put_back(
    app: Flask, world: World, resources: Resources
) -> None:
    first = colleague(app, world, "chen")
    for kind, row_id in waiting(world, resources).items():
        own = {"inbox_event": f"inbox/{row_id}", "discrepancy": f"discrepancies/{row_id}"}
        own["project"] = f"projects/{row_id}/review"
        first.open(f"/console/{own.get(kind, LISTS[kind])}")
        assert "已记下" in text(first.send(f"/desks/{kind}/{row_id}", verb="take", note=NOTE)), kind
        assert first.page.status_code == 200 and "chen正在处理" in text(first.page.text), kind
        assert "已放下" in text(first.send(f"/desks/{kind}/{row_id}", verb="release")), kind
        assert "chen正在处理" not in text(first.page.text), kind


def test_taking_over_says_from_whom_and_the_trail_has_both(app: Flask, world: World, resources: Resources) -> None:
    row_id = resources.arguments["question_id"]
    first, second = colleague(app, world, "chen"), colleague(app, world, "li")
    first.open("/console/questions")
    first.send(f"/desks/question/{row_id}", verb="take", note="")
    second.open("/console/questions")
    assert "原来是chen在处理，现在换成您" in text(
        second.send(f"/desks/question/{row_id}", verb="take", note="我来")
    )
    first.open("/console/questions")
    first.send(f"/desks/question/{row_id}", verb="release")
    taken = {"before": {"assignee": ""}, "after": {"assignee": "chen"}}
    over = {"before": {"assignee": "chen"}, "after": {"assignee": "li"}}
    back = {"before": {"assignee": "li"}, "after": {"assignee": ""}}
    assert trail(world) == [
        ("chen", "desk.take", taken),
        ("li", "desk.take", over),
        ("chen", "desk.release", back),
    ]
    page = text(first.open("/console/audit?act=desk"))
    assert "接手待办" in page and "放下待办" in page and "处理人" in page and "desk." not in page
    assert "我来" not in page, "free text cannot be erased from the trail"


def test_the_filter_of_the_list_is_kept(app: Flask, world: World, resources: Resources) -> None:
    row_id = resources.arguments["request_id"]
    first = colleague(app, world, "chen")
    first.open("/console/refund-requests?state=open")
    address = f"/console/desks/refund_request/{row_id}"
    came_from = {"Referer": "http://localhost/console/refund-requests?state=open"}
    app.config["WTF_CSRF_METHODS"] = set()
    response = first.http.post(address, data={"verb": "take"}, headers=came_from)
    assert response.location == f"/console/refund-requests?state=open#request-{row_id}"


def test_the_same_person_changes_only_the_note(world: World, resources: Resources) -> None:
    row_id = resources.arguments["team_id"]
    first, before = world.do(take, "team", row_id, "", "chen")
    assert before == ""
    again, before = world.do(take, "team", row_id, "打过电话", "chen")
    assert (before, again.note, again.assigned_at) == ("", "打过电话", first.assigned_at)
    world.do(take, "team", row_id, "打过电话", "chen")
    assert [entry[1:] for entry in trail(world)][1:] == [("desk.note", {})]
    world.do(release, "team", row_id, "li")
    world.do(release, "team", row_id, "li")
    assert [entry[:2] for entry in trail(world)][2:] == [("li", "desk.release")]


def test_a_note_is_text_of_limited_length(world: World, resources: Resources) -> None:
    for note in ("字" * 501, "a\x07b"):
        with pytest.raises(Invalid) as refused:
            world.do(take, "team", resources.arguments["team_id"], note, "chen")
        assert refused.value.code == "note_invalid"


@pytest.mark.parametrize("kind", KINDS)
def test_an_unknown_row_is_not_found(world: World, kind: str) -> None:
    for change in (lambda tx: take(tx, kind, 10**9, "", "chen"), lambda tx: release(tx, kind, 2**70, "chen")):
        with pytest.raises(NotFound):
            world.do(change)


def test_a_page_refuses_a_row_of_another_branch_or_role(app: Flask, world: World, resources: Resources) -> None:
    app.config["WTF_CSRF_METHODS"] = set()
    address = f"/console/desks/question/{resources.arguments['question_id']}"
    for login, role, branch in (("neighbour", "admin", "4102"), ("reviewer", "reviewer", None)):
        colleague(app, world, login, role, branch).http.post(address, data={"verb": "take"})
    assert world.do(assignments_of, "question", [resources.arguments["question_id"]]) == {}


def test_the_assignments_of_a_page_are_one_statement(world: World, resources: Resources) -> None:
    ids = [resources.arguments["question_id"], 2, 3]
    world.do(take, "question", ids[0], "", "chen")
    world.do(take, "team", resources.arguments["team_id"], "", "li")
    sent: list[str] = []

    def read(tx: Tx) -> set[int]:
        connection = tx.session.connection()
        event.listen(connection, "before_cursor_execute", lambda *call: sent.append(call[2]))
        return set(assignments_of(tx, "question", ids))

    assert world.do(read) == {ids[0]}
    assert len(sent) == 1 and "desk_assignment" in sent[0]
