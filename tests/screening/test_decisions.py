"""Held match moves by people only: they release, cancel or suspend, with a reason."""

from collections.abc import Callable
from typing import Any

import pytest

from app.i18n.match_explanation import end_lines
from campaigns.donations.explain import explain
from campaigns.screening import cases, decide
from campaigns.screening.screen import screen
from kernel.errors import Conflict, Invalid, NotFound
from kernel.paging import Page
from tests.screening.watched import REASON, case_of, held_case, to_reconciling, world
from tests.world import World

__all__ = ["world"]


def test_a_person_releases_and_the_match_counts_again(world: World) -> None:
    world.pot(1_000_00)
    case = held_case(world)
    world.do(decide.clear, case["id"], REASON, "li")
    after = case_of(world, case["donation_id"])
    assert (after["state"], after["actor"], after["reason"]) == ("released", "li", REASON)
    assert world.view(case["donation_id"]).captured_minor == 10_00
    assert world.totals().matched_minor == 10_00
    assert screen(world.deps) == 0
    world.clock.advance(minutes=5)
    assert screen(world.deps) == 0, "what a person decided is not asked again"
    world.check()


def test_a_person_cancels_and_the_match_is_free_for_others(world: World) -> None:
    pot = world.pot(1_000_00, name="池")
    case = held_case(world)
    world.do(decide.cancel, case["id"], REASON, "li")
    view = world.view(case["donation_id"])
    assert (view.status, view.captured_minor, view.held_minor) == ("paid", 0, 0)
    assert world.pots()[pot].available_minor == 980_00
    explanation = world.do(explain, case["donation_id"])
    assert [(decision.amount_minor, decision.cause, decision.to_fund) for decision in explanation.returns] == [
        (10_00, "review", False)
    ]
    assert end_lines(explanation) == ["经人工复核，10.00 元配捐退回“池”。"]
    world.check()


def test_after_the_end_cancelled_match_goes_to_the_fund(world: World) -> None:
    pot = world.pot(1_000_00)
    case = held_case(world)
    to_reconciling(world)
    funded = world.pots()[pot].funded_minor
    world.do(decide.cancel, case["id"], REASON, "li")
    assert world.pots()[pot].funded_minor == funded - 10_00
    world.check()


@pytest.mark.parametrize("act", [decide.clear, decide.cancel, decide.suspend_project])
def test_a_decision_needs_a_reason(world: World, act: Callable[..., Any]) -> None:
    world.pot(1_000_00)
    case = held_case(world)
    for reason in ("", "  ", "x" * 501, "a\x00b"):
        with pytest.raises(Invalid) as refusal:
            world.do(act, case["id"], reason, "li")
        assert refusal.value.code == "reason_missing", reason
        assert case_of(world, case["donation_id"])["state"] == "open"


def test_a_second_click_is_harmless_and_another_decision_is_refused(world: World) -> None:
    world.pot(1_000_00)
    case = held_case(world)
    world.do(decide.clear, case["id"], REASON, "li")
    world.do(decide.clear, case["id"], "again", "wang")
    assert case_of(world, case["donation_id"])["actor"] == "li"
    with pytest.raises(Conflict) as refusal:
        world.do(decide.cancel, case["id"], REASON, "wang")
    assert refusal.value.code == "case_decided"
    entries = world.do(
        lambda tx: tx.rows("SELECT actor, action, detail FROM audit_entry WHERE action LIKE 'case.%'")
    )
    assert [(row.actor, row.action, row.detail["reason"]) for row in entries] == [("li", "case.released", REASON)]
    world.check()


def test_an_unknown_case_is_refused(world: World) -> None:
    for id_ in (99, 2**70):
        with pytest.raises(NotFound):
            world.do(decide.clear, id_, REASON, "li")


def test_suspending_the_project_leaves_the_case_open(world: World) -> None:
    world.pot(1_000_00)
    case = held_case(world)
    world.do(decide.suspend_project, case["id"], REASON, "li")
    world.do(decide.suspend_project, case["id"], REASON, "li")
    after = case_of(world, case["donation_id"])
    assert (after["state"], after["suspended_by"]) == ("open", "li")
    status = world.do(lambda tx: tx.scalar("SELECT status FROM project WHERE id = :id", id=world.projects[0]))
    assert status == "suspended"
    world.check()


@pytest.mark.parametrize("decision", ["released", "cancelled"])
def test_a_refund_takes_held_match_from_where_it_is_held(world: World, decision: str) -> None:
    world.pot(1_000_00)
    case = held_case(world)
    donation = case["donation_id"]
    world.refund(donation, 4_00)
    assert world.view(donation).held_minor == 6_00
    world.check()
    world.do(decide.clear if decision == "released" else decide.cancel, case["id"], REASON, "li")
    assert world.view(donation).captured_minor == (6_00 if decision == "released" else 0)
    world.check()
    world.refund(donation, 10_00)
    assert world.view(donation).parts == ()
    world.check()


def test_a_full_refund_leaves_nothing_to_hold_and_the_case_to_a_person(world: World) -> None:
    world.pot(1_000_00)
    case = held_case(world)
    world.refund(case["donation_id"], 10_00)
    assert case_of(world, case["donation_id"])["now_held_minor"] == 0
    world.do(decide.cancel, case["id"], REASON, "li")
    world.check()


def test_cases_are_listed_open_ones_first(world: World) -> None:
    world.pot(1_000_00)
    case = held_case(world)
    world.do(decide.clear, case["id"], REASON, "li")
    campaign_id = case["campaign_id"]
    rows, total = world.do(cases.listed, world.deps.keys, campaign_id)
    assert total == 3
    assert [row["state"] for row in rows] == ["open", "open", "released"]
    assert world.do(cases.count_open_cases, campaign_id) == 2
    rows, total = world.do(cases.listed, world.deps.keys, campaign_id, "released", Page(1, 1))
    assert (total, rows[0]["id"]) == (1, case["id"])
