"""A project on the blacklist: reason, term, appeal; it never comes back by itself."""

from datetime import timedelta
from typing import Any

import pytest

from campaigns.check import check_books
from campaigns.donations.explain import explain
from campaigns.projects import blacklist, projects, transitions
from campaigns.screening import cases, decide
from campaigns.screening.screen import open_cases
from campaigns.screening.signals import Signal
from kernel.errors import Conflict, Invalid, NotFound
from tests.world import World

REASON = "虚构受益人"
DAY = timedelta(days=1)


def status(world: World, index: int = 0) -> str:
    return world.do(projects.find, world.projects[index]).status


def put(world: World, **fields: Any) -> Any:
    return world.do(blacklist.blacklist, world.projects[0], REASON, "li", **fields)


def current(world: World) -> list[dict[str, Any]]:
    return world.do(blacklist.listings)


def code_of(refused: Any) -> str:
    return str(refused.value.code)


def test_a_listed_project_takes_no_donation_and_the_others_do(world: World) -> None:
    world.pot(1_000_00)
    put(world)
    result = world.try_give(world.command())[0]
    assert isinstance(result, Conflict) and result.code == "project_not_in_campaign"
    assert world.give(project=1).reserved_minor == 100_00
    world.check()


def test_match_that_was_promised_before_the_listing_is_kept(world: World) -> None:
    world.pot(1_000_00)
    donation = world.give()
    put(world)
    assert world.pay(donation).captured_minor == 100_00
    world.check()


def test_no_new_match_is_given_while_a_project_is_listed(world: World) -> None:
    """Neither by a pot that matches at payment, nor late, nor by the re-offer after the end."""
    pot = world.pot(1_000_00, mode="payment")
    listed, other = world.give(), world.give(project=1)
    put(world)
    assert world.pay(listed).captured_minor == 0
    assert world.pay(other).captured_minor == 100_00
    explanation = world.do(explain, listed.id).decisions[-1]
    assert (explanation.cause, explanation.blacklisted) == ("payment", True)
    assert not world.do(explain, other.id).decisions[-1].blacklisted
    world.clock.advance(hours=9)
    world.close()
    world.clock.advance(hours=26)
    world.close()
    assert world.phase() == "reconciling"
    assert world.view(listed).captured_minor == 0
    assert world.pots()[pot].captured_minor == 100_00
    world.check()


def test_after_lifting_the_reoffer_serves_it_like_any_other(world: World) -> None:
    world.pot(1_000_00, mode="payment")
    donation = world.give()
    put(world)
    assert world.pay(donation).captured_minor == 0
    world.do(blacklist.lift, world.projects[0], "查清", "wang")
    world.clock.advance(hours=9)
    world.close()
    world.clock.advance(hours=26)
    world.close()
    assert world.view(donation).captured_minor == 100_00
    assert not world.do(explain, donation.id).decisions[-1].blacklisted
    world.check()


def test_an_expired_listing_waits_for_a_reviewer_and_does_not_end_by_itself(world: World) -> None:
    put(world, until=world.clock.at + DAY)
    assert [listing["due"] for listing in current(world)] == [False]
    world.clock.advance(days=2)
    assert [listing["due"] for listing in current(world)] == [True]
    assert status(world) == "blacklisted"
    world.do(blacklist.lift, world.projects[0], "期满核实", "wang")
    assert status(world) == "suspended", "raising money again is a decision of its own"
    assert current(world) == []
    assert world.do(transitions.resume, world.projects[0], "wang").status == "approved"
    world.check()


def test_a_project_suspended_before_its_listing_is_suspended_after_it(world: World) -> None:
    world.do(transitions.suspend, world.projects[0], "凭证不全", "li")
    put(world)
    world.do(blacklist.lift, world.projects[0], "查清", "wang")
    assert status(world) == "suspended"


def test_the_blacklist_is_left_by_lifting_only(world: World) -> None:
    put(world)
    for act in (
        lambda tx: transitions.suspend(tx, world.projects[0], "x", "li"),
        lambda tx: transitions.resume(tx, world.projects[0], "li"),
        lambda tx: transitions.approve(tx, world.projects[0], "li"),
        lambda tx: blacklist.blacklist(tx, world.projects[0], "x", "li"),
    ):
        with pytest.raises(Conflict) as refused:
            world.do(act)
        assert code_of(refused) == "project_state"
    assert status(world) == "blacklisted"


def test_a_listing_needs_a_reason_and_a_term_that_lies_ahead(world: World) -> None:
    for reason in ("", " ", "x" * 501, "a\x00"):
        with pytest.raises(Invalid) as refused:
            world.do(blacklist.blacklist, world.projects[0], reason, "li")
        assert code_of(refused) == "reason_invalid"
    for until in (world.clock.at, world.clock.at - DAY, world.clock.at + 40_000 * DAY):
        with pytest.raises(Invalid) as refused:
            put(world, until=until)
        assert code_of(refused) == "term_invalid"
    assert (status(world), current(world)) == ("approved", [])
    with pytest.raises(NotFound):
        world.do(blacklist.blacklist, 10**6, REASON, "li")
    with pytest.raises(Conflict):
        world.do(blacklist.lift, world.projects[0], REASON, "li")


def test_an_objection_is_answered_once_with_or_without_lifting(world: World) -> None:
    project = world.projects[0]
    put(world)
    with pytest.raises(Conflict) as refused:
        world.do(blacklist.answer, project, "x", "wang")
    assert code_of(refused) == "appeal_missing"
    world.do(blacklist.appeal, project, "名单有误\n见附件", "liaison")
    world.do(blacklist.appeal, project, "名单有误\n见附件", "liaison")
    with pytest.raises(Conflict) as refused:
        world.do(blacklist.appeal, project, "还有", "liaison")
    assert code_of(refused) == "appeal_exists"
    world.do(blacklist.answer, project, "已核实有误", "wang", lifting=True)
    (past,) = world.do(blacklist.listings, project)
    assert (past["answer"], past["lifted_by"], past["lift_reason"]) == ("已核实有误", "wang", "已核实有误")
    assert status(world) == "suspended"
    put(world)
    world.do(blacklist.appeal, project, "又有误", "liaison")
    world.do(blacklist.answer, project, "维持", "wang")
    assert status(world) == "blacklisted"
    with pytest.raises(Conflict) as refused:
        world.do(blacklist.answer, project, "维持", "wang")
    assert code_of(refused) == "appeal_answered"
    assert len(world.do(blacklist.listings, project)) == 2
    actions = world.do(lambda tx: [row[0] for row in tx.rows("SELECT action FROM audit_entry ORDER BY id")])
    assert [action.removeprefix("project.") for action in actions[-7:]] == [
        "blacklist", "appeal", "answer", "lift", "blacklist", "appeal", "answer",
    ]  # fmt: skip
    world.check()


def test_a_case_puts_its_project_on_the_list_and_stays_to_be_decided(world: World) -> None:
    world.pot(1_000_00)
    donation = world.pay(world.give()).id
    world.do(open_cases, {donation: (Signal("staff", {"amount_minor": 1}),)})
    case_id = world.do(cases.case_id_of_donation, donation)
    for _ in range(2):
        world.do(decide.blacklist_project, case_id, REASON, "li", world.clock.at + DAY)
    seen = world.do(cases.view, world.deps.keys, case_id)
    assert (seen["state"], seen["blacklisted_by"]) == ("open", "li")
    (listing,) = current(world)
    assert (listing["project_id"], listing["reason"]) == (world.projects[0], REASON)
    with pytest.raises(Invalid):
        world.do(decide.blacklist_project, case_id, " ", "li")
    world.do(decide.cancel, case_id, REASON, "li")
    world.check()


def test_a_status_without_its_listing_is_a_fault_in_the_books(world: World) -> None:
    world.do(lambda tx: tx.run("UPDATE project SET status = 'blacklisted' WHERE id = :id", id=world.projects[0]))
    with world.db.snapshot() as tx:
        assert [fault.split(":")[0] for fault in check_books(tx)] == ["blacklisted_projects_are_listed"]
