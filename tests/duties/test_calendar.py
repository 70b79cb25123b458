"""The calendar: what is overdue, what was done, and by whom."""

from datetime import date, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from campaigns.duties.calendar import Line, State, calendar, mark_done, waiting_duties
from campaigns.duties.terms import Task, months_after
from campaigns.lifecycle.drafts import create
from campaigns.lifecycle.entries import add_entries
from campaigns.lifecycle.project_course import advance
from campaigns.lifecycle.transitions import cancel, schedule
from campaigns.network.people import create_manager
from campaigns.network.roles import Caller
from campaigns.network.tokens import create_token
from campaigns.waiting import Work, waiting
from kernel.clock import local_day
from kernel.errors import NotFound, Refusal
from tests.api.client import Api, problem
from tests.duties import table
from tests.payouts.released import release
from tests.web.reader import PASSWORD, Reader
from tests.world import ACTOR, SLUG, World, new_campaign

FINAL = date(2026, 12, 9)
BEFORE_START = (Task.FILE_PLAN, Task.ASSESS_PRIVACY)


def _line(world: World, task: Task) -> Line:
    lines: list[Line] = world.do(calendar)
    return next(line for line in lines if line.task is task and line.campaign == SLUG)


def test_duty_07_publication_is_due_reminded_and_done_once(world: World) -> None:
    assert _line(world, Task.PUBLISH_FINAL).state is State.LATER
    world.clock.advance(days=82)  # 30 November
    due = _line(world, Task.PUBLISH_FINAL)
    assert (due.due_on, due.state) == (FINAL, State.DUE)
    lines = world.do(waiting, Caller("x", "manager"))
    assert [(line.work, line.pieces) for line in lines if line.work is Work.DUTIES] == [(Work.DUTIES, 2)]
    world.clock.advance(days=10)
    assert _line(world, Task.PUBLISH_FINAL).state is State.OVERDUE
    outcome = ("published in full", "https://example.org/final")
    for _ in range(2):
        world.do(mark_done, SLUG, "publish_final", FINAL, *outcome, "manager")
    done = _line(world, Task.PUBLISH_FINAL)
    assert (done.state, done.note, done.url, done.actor) == (State.DONE, *outcome, "manager")
    assert world.do(lambda tx: tx.scalar("SELECT count(*) FROM duty_done")) == 1
    assert {line.task for line in world.do(waiting_duties)} == {Task.ASSESS_PARTNERS}


def test_duty_07_leftovers_are_reported_after_the_end_of_each_project(world: World) -> None:
    release(world)
    assert Task.REPORT_LEFTOVERS not in {line.task for line in world.do(calendar)}
    world.clock.advance(days=800)
    assert not [line for line in world.do(calendar) if line.campaign == SLUG], "ended long ago"
    for project in world.projects[:2]:
        for _ in range(3):  # executing, evaluated, closed
            world.do(advance, project, "done", ACTOR)
    due_on = months_after(local_day(world.clock.at), 3)
    [line] = [line for line in world.do(calendar) if line.campaign == SLUG]
    assert (line.duty, line.task, line.due_on, line.state) == (7, Task.REPORT_LEFTOVERS, due_on, State.LATER)
    world.do(mark_done, SLUG, "report_leftovers", due_on, "二村结余转入续作项目", "", "manager")
    assert _line(world, Task.REPORT_LEFTOVERS).state is State.DONE
    assert world.do(calendar, "4102") == []


def test_duty_04_a_plan_that_names_its_filing_in_time_is_done(world: World) -> None:
    assert _line(world, Task.FILE_PLAN).state is State.DONE
    world.do(lambda tx: tx.run("UPDATE campaign SET plan = jsonb_set(plan, '{filed_at}', '\"2026-09-05\"')"))
    assert _line(world, Task.FILE_PLAN).state is State.OVERDUE


def test_duty_17_the_assessment_of_personal_data_is_due_with_the_start_and_kept_by_the_plan(world: World) -> None:
    day = local_day(world.clock.at)
    assert _line(world, Task.ASSESS_PRIVACY).state is State.DONE
    world.do(lambda tx: tx.run("UPDATE campaign SET plan = plan - 'privacy_assessment'"))
    due = _line(world, Task.ASSESS_PRIVACY)
    assert (due.duty, due.due_on, due.remind_on, due.state) == (17, day, day - timedelta(days=10), State.DUE)
    assert Task.ASSESS_PRIVACY in {line.task for line in world.do(waiting_duties)}
    world.clock.advance(days=1)
    assert _line(world, Task.ASSESS_PRIVACY).state is State.OVERDUE
    world.do(lambda tx: tx.run("UPDATE campaign SET assessment_asked_on = :day", day=day))
    assert _line(world, Task.ASSESS_PRIVACY).state is State.DUE, "the upgrade began to ask for it"
    world.do(lambda tx: tx.run("UPDATE campaign SET assessment_asked_on = NULL"))
    world.do(mark_done, SLUG, "assess_privacy", day, "PIA-7, signed", "", "manager")
    assert _line(world, Task.ASSESS_PRIVACY).state is State.DONE


def test_duty_07_a_cancelled_campaign_that_was_open_accounts_for_what_it_raised(world: World) -> None:
    world.do(lambda tx: tx.run("UPDATE campaign SET ends_at = ends_at + interval '300 days'"))
    assert _line(world, Task.PUBLISH_FINAL).due_on > FINAL
    world.clock.advance(days=1)
    world.do(cancel, SLUG, "manager")
    lines = [line for line in world.do(calendar) if line.campaign == SLUG]
    cancelled = {task: date(2026, 12, 10) for task in (Task.PUBLISH_FINAL, Task.ASSESS_PARTNERS)}
    assert {line.task: line.due_on for line in lines if line.task not in BEFORE_START} == cancelled
    outcome = ("published", "")
    world.do(mark_done, SLUG, "publish_final", date(2026, 12, 10), *outcome, "manager")
    assert _line(world, Task.PUBLISH_FINAL).state is State.DONE


def test_a_campaign_that_was_cancelled_before_it_opened_owes_nothing(world: World) -> None:
    opens_at = world.clock.at + timedelta(hours=1)
    world.do(create, new_campaign(world.clock.at, slug="another", opens_at=opens_at), "manager")
    world.do(add_entries, "another", world.projects, "manager")
    world.do(schedule, "another", "manager")
    assert "another" in {line.campaign for line in world.do(calendar)}
    world.do(cancel, "another", "manager")
    assert "another" not in {line.campaign for line in world.do(calendar)}


def test_duties_of_a_draft_or_of_an_unopened_cancelled_campaign_are_not_marked(world: World) -> None:
    opens_at = world.clock.at + timedelta(hours=1)
    world.do(create, new_campaign(world.clock.at, slug="another", opens_at=opens_at), "manager")
    filed = ("another", "file_plan", local_day(opens_at) - timedelta(days=10), "done", "", "manager")
    with pytest.raises(NotFound, match="duty_unknown"):
        world.do(mark_done, *filed)
    world.do(add_entries, "another", world.projects, "manager")
    world.do(schedule, "another", "manager")
    world.do(mark_done, *filed)
    world.do(cancel, "another", "manager")
    with pytest.raises(NotFound, match="duty_unknown"):
        world.do(mark_done, *filed)
    assert world.do(lambda tx: tx.scalar("SELECT count(*) FROM duty_done")) == 1


@pytest.mark.parametrize(
    ("slug", "task", "due_on", "url", "code"),
    [
        (SLUG, "publish_final", date(2026, 12, 8), "", "duty_unknown"),
        (SLUG, "annual_report", date(2027, 5, 31), "", "duty_unknown"),
        ("none", "publish_final", FINAL, "", "campaign_unknown"),
        (SLUG, "publish_final", FINAL, "javascript:alert(1)", "duty_invalid"),
        (None, "publish_final", FINAL, "", "duty_unknown"),
    ],
)
def test_a_duty_that_is_not_due_cannot_be_marked_done(
    world: World, slug: str, task: str, due_on: date, url: str, code: str
) -> None:
    with pytest.raises(Refusal) as refusal:
        world.do(mark_done, slug, task, due_on, "done", url, "manager")
    assert refusal.value.code == code
    assert world.do(lambda tx: tx.scalar("SELECT count(*) FROM duty_done")) == 0


def test_a_county_sees_and_marks_its_own_duties_only(api: Api, world: World) -> None:
    county = world.do(create_token, "manager", "county", branch_code="4101")
    assert api.get("/duties", county).json == []
    body: dict[str, Any] = {"task": "publish_final", "due_on": FINAL.isoformat(), "note": "done"}
    problem(api.post(f"/campaigns/{SLUG}/duties", body, county), 404, "campaign_unknown")
    problem(api.post("/duties", {**body, "task": "annual_report"}, county), 403, "not_permitted")
    marked = api.manage(f"/campaigns/{SLUG}/duties", body, status=200)
    assert (marked["state"], marked["duty"], marked["note"]) == ("done", 7, "done")
    listed: Any = api.manage("/duties", status=200, method="GET", role="auditor")
    assert {row["state"] for row in listed if row["task"] == "publish_final"} == {"done"}


def test_the_page_marks_what_was_done(http: FlaskClient, world: World) -> None:
    world.do(create_manager, "manager", PASSWORD, "manager", "test")
    reader = Reader(http, world)
    reader.sign_in("manager")
    assert "全面公开募捐情况" in reader.open("/console/duties")
    page = reader.send(f"/console/campaigns/{SLUG}/duties", note="<i>已公开</i>", url="https://example.org/a")
    assert "已登记" in page and "&lt;i&gt;已公开" in page


def test_the_table_of_duties_is_written() -> None:
    assert table.README.read_text() == table.text(), "run `python -m tests.duties.table`"
    assert list(table.DUTIES) == list(range(1, 24))
    every = {number: table.tests_of(number) for number in table.DUTIES}
    assert [number for number, tests in every.items() if not tests] == []
