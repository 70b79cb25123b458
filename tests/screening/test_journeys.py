"""From the sign to the decision: match is held, counted nowhere, and moved by people only."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from campaigns.screening import appeal, cases, decide, staff
from campaigns.screening.review import review
from campaigns.screening.screen import screen
from kernel.errors import Conflict, Invalid, NotFound
from matching.screening import Thresholds
from tests.world import World

REASON = "与捐赠人核实"


@pytest.fixture
def world(world: World) -> World:
    """A rich pot, and thresholds low enough for a handful of donations."""
    world.engine = replace(
        world.engine,
        screening=Thresholds(
            small_minor=20_00,
            small_count=3,
            same_sum_count=4,
            at_cap_count=2,
            refund_count=2,
            unit_count=4,
            same_sum_share_bps=9_000,
        ),
    )
    return world


def card(world: World, donation: UUID, fingerprint: str) -> None:
    """The provider tells with which card a donation was paid."""
    thing = world.charge(donation) | {
        "status": "succeeded",
        "paid": True,
        "payment_method_details": {"type": "card", "card": {"fingerprint": fingerprint}},
    }
    world.tell("charge.succeeded", thing)
    world.settle()


def case_of(world: World, donation: UUID) -> dict[str, Any]:
    return world.do(lambda tx: cases.view(tx, cases.of_donation(tx, donation)))


def codes(case: dict[str, Any]) -> list[str]:
    return [sign["code"] for sign in case["signals"]]


def three_small(world: World, **other: Any) -> list[UUID]:
    """Three small gifts of one donor: a sign under this module's thresholds."""
    return [world.pay(world.give(10_00, email="a@example.org", **other)).id for _ in range(3)]


def held_case(world: World) -> dict[str, Any]:
    """One open case out of three."""
    ids = three_small(world)
    assert screen(world.engine) == 3
    return case_of(world, ids[0])


def test_three_small_sums_are_held_all_of_them_and_count_nowhere(world: World) -> None:
    world.pot(1_000_00)
    ids = three_small(world)
    assert world.totals().matched_minor == 30_00
    assert screen(world.engine) == 3, "the first of the pattern is held with the last"
    for id_ in ids:
        case = case_of(world, id_)
        assert (case["state"], codes(case), case["now_held_minor"]) == ("open", ["small_donor"], 10_00)
        found = world.standing(id_)
        assert (found.status, found.captured_minor, found.held_minor) == ("paid", 0, 10_00)
        assert [part.state for part in found.parts] == ["held"]
    assert world.totals().raised_minor == 30_00, "the donations themselves are not held"
    assert world.totals().matched_minor == 0
    pot = next(iter(world.pots().values()))
    assert (pot.available_minor, pot.captured_minor) == (970_00, 0), "held match is not free"
    world.check()


def test_two_small_sums_are_not_held_and_looking_again_changes_nothing(world: World) -> None:
    world.pot(1_000_00)
    for _ in range(2):
        world.pay(world.give(10_00, email="a@example.org"))
    assert screen(world.engine) == 0
    world.clock.advance(minutes=5)
    assert screen(world.engine) == 0
    assert world.totals().matched_minor == 20_00


def test_the_job_finds_what_was_numbered_before_but_committed_late(world: World) -> None:
    """The mark may pass a row that nobody saw yet: the second look, minutes later, finds it."""
    world.pot(1_000_00)
    three_small(world)
    world.do(lambda tx: tx.run("INSERT INTO screening_mark VALUES (1, 0, (SELECT max(id) FROM donation_history))"))
    assert screen(world.engine) == 0, "everything seems seen"
    world.clock.advance(minutes=3)
    assert screen(world.engine) == 3


def test_held_match_still_uses_up_the_donors_cap(world: World) -> None:
    world.pot(1_000_00, donor=30_00)
    three_small(world)
    screen(world.engine)
    assert world.give(10_00, email="a@example.org").reserved_minor == 0


def test_held_match_still_uses_up_the_projects_cap(world: World) -> None:
    world.pot(1_000_00, project=35_00)
    three_small(world)
    screen(world.engine)
    assert world.give(10_00, email="b@example.org").reserved_minor == 5_00


def test_a_person_releases_and_the_match_counts_again(world: World) -> None:
    world.pot(1_000_00)
    case = held_case(world)
    world.do(decide.release, case["id"], REASON, "li")
    after = case_of(world, case["donation_id"])
    assert (after["state"], after["actor"], after["reason"]) == ("released", "li", REASON)
    assert world.standing(case["donation_id"]).captured_minor == 10_00
    assert world.totals().matched_minor == 10_00
    assert screen(world.engine) == 0
    world.clock.advance(minutes=5)
    assert screen(world.engine) == 0, "what a person decided is not asked again"
    world.check()


def test_a_person_cancels_and_the_match_is_free_for_others(world: World) -> None:
    pot = world.pot(1_000_00)
    case = held_case(world)
    world.do(decide.cancel, case["id"], REASON, "li")
    found = world.standing(case["donation_id"])
    assert (found.status, found.captured_minor, found.held_minor) == ("paid", 0, 0)
    assert world.pots()[pot].available_minor == 980_00
    world.check()


def test_after_the_end_cancelled_match_goes_to_the_fund(world: World) -> None:
    pot = world.pot(1_000_00)
    case = held_case(world)
    to_reconciling(world)
    funded = world.pots()[pot].funded_minor
    world.do(decide.cancel, case["id"], REASON, "li")
    assert world.pots()[pot].funded_minor == funded - 10_00
    world.check()


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501, "a\x00b"])
@pytest.mark.parametrize("act", [decide.release, decide.cancel, decide.suspend_project])
def test_nobody_decides_without_a_reason(world: World, act: Callable[..., Any], reason: str) -> None:
    world.pot(1_000_00)
    case = held_case(world)
    with pytest.raises(Invalid) as refusal:
        world.do(act, case["id"], reason, "li")
    assert refusal.value.code == "reason_missing"
    assert case_of(world, case["donation_id"])["state"] == "open"


def test_a_second_click_is_harmless_and_another_decision_is_refused(world: World) -> None:
    world.pot(1_000_00)
    case = held_case(world)
    world.do(decide.release, case["id"], REASON, "li")
    world.do(decide.release, case["id"], "again", "wang")
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
            world.do(decide.release, id_, REASON, "li")


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
    assert world.standing(donation).held_minor == 6_00
    world.check()
    world.do(decide.release if decision == "released" else decide.cancel, case["id"], REASON, "li")
    assert world.standing(donation).captured_minor == (6_00 if decision == "released" else 0)
    world.check()
    world.refund(donation, 10_00)
    assert world.standing(donation).parts == ()
    world.check()


def test_a_full_refund_leaves_nothing_to_hold_and_the_case_to_a_person(world: World) -> None:
    world.pot(1_000_00)
    case = held_case(world)
    world.refund(case["donation_id"], 10_00)
    assert case_of(world, case["donation_id"])["now_held_minor"] == 0
    world.do(decide.cancel, case["id"], REASON, "li")
    world.check()


def test_a_card_of_donors_without_contact_is_held_beyond_the_cap_though_known_late(
    world: World,
) -> None:
    world.pot(1_000_00, donor=100_00)
    first = world.pay(world.give(80_00)).id
    world.clock.advance(minutes=1)
    second = world.pay(world.give(80_00)).id
    assert screen(world.engine) == 0
    card(world, second, "fp1")
    assert screen(world.engine) == 0
    world.clock.advance(hours=1)
    card(world, first, "fp1")
    assert screen(world.engine) == 1
    case = case_of(world, second)
    assert codes(case) == ["instrument_cap"]
    assert case["signals"][0]["evidence"]["over_minor"] == 60_00
    assert world.standing(first).captured_minor == 80_00, "what the cap allows is not held"
    world.check()


def test_donors_who_left_an_address_are_not_joined_by_a_card(world: World) -> None:
    """A family pays with one card; who they are we know by what they left."""
    world.pot(1_000_00, donor=100_00)
    for who in "ab":
        card(world, world.pay(world.give(80_00, email=f"{who}@example.org")).id, "fp1")
    assert screen(world.engine) == 0


def test_one_name_on_one_card_stays_within_its_cap(world: World) -> None:
    world.pot(1_000_00, donor=100_00)
    for _ in range(2):
        card(world, world.pay(world.give(80_00, email="a@example.org")).id, "fp1")
    assert screen(world.engine) == 0


def test_small_sums_from_one_card_under_many_names_are_held(world: World) -> None:
    world.pot(1_000_00)
    ids = [world.pay(world.give(10_00 + n, email=f"{n}@example.org")).id for n in range(3)]
    for id_ in ids:
        card(world, id_, "fp1")
    assert screen(world.engine) == 3
    assert codes(case_of(world, ids[0])) == ["small_instrument"]


def test_the_same_sum_by_new_donors_to_one_project_is_held(world: World) -> None:
    world.pot(10_000_00)
    ids = [world.pay(world.give(88_00)).id for _ in range(4)]
    other = world.pay(world.give(88_00, project=1)).id
    assert screen(world.engine) == 4
    assert codes(case_of(world, ids[3])) == ["same_sum"]
    assert world.standing(other).captured_minor == 88_00


@pytest.mark.parametrize(("apart_s", "cases"), [(60, 4), (400, 0)])
def test_a_burst_is_found_wherever_the_counting_cuts_time(world: World, apart_s: int, cases: int) -> None:
    """Counting goes by cells of 150 s; the pairs stand on both sides of a cut, or too far from each other."""
    world.pot(10_000_00)
    world.clock.advance(seconds=120)
    for _ in range(2):
        world.pay(world.give(88_00))
    world.clock.advance(seconds=apart_s)
    for _ in range(2):
        world.pay(world.give(88_00))
    assert screen(world.engine) == cases


def test_a_crowd_before_the_burst_does_not_hide_it(world: World) -> None:
    """The fuller of the two windows is mixed, the other is uniform: the burst stands in the other."""
    world.pot(10_000_00)
    for n in range(40):
        world.pay(world.give((88_00 if n % 3 else 30_00) + (0 if n % 3 else n)))
    world.clock.advance(seconds=155)
    for _ in range(4):
        world.pay(world.give(88_00))
    world.clock.advance(seconds=150)
    for _ in range(6):
        world.pay(world.give(88_00))
    assert screen(world.engine) == 10


def test_donors_who_gave_before_are_no_new_donors(world: World) -> None:
    world.pot(10_000_00)
    for n in range(4):
        world.pay(world.give(30_00 + n, project=1, email=f"{n}@example.org"))
    world.clock.advance(hours=1)
    for n in range(4):
        world.pay(world.give(88_00, email=f"{n}@example.org"))
    assert screen(world.engine) == 0


def test_a_burst_from_one_team_is_held(world: World) -> None:
    world.pot(10_000_00)
    ids = [world.pay(world.give(66_00, project=n % 2, team="t1")).id for n in range(4)]
    assert screen(world.engine) == 4
    assert codes(case_of(world, ids[0])) == ["unit_burst"]


def test_a_burst_from_one_source_code_is_held(world: World) -> None:
    world.pot(10_000_00)
    given = [world.give(66_00, project=n % 2, channel="livestream", source_code="h1") for n in range(4)]
    ids = [world.pay(one).id for one in given]
    assert screen(world.engine) == 4
    assert codes(case_of(world, ids[0])) == ["unit_burst"]


def test_gifts_just_at_the_cap_are_held(world: World) -> None:
    world.pot(10_000_00, donation=50_00)
    ids = [world.pay(world.give(50_00, email="a@example.org", project=n)).id for n in range(2)]
    assert screen(world.engine) == 2
    assert codes(case_of(world, ids[0])) == ["at_cap"]


def test_who_takes_back_matched_gifts_is_held_with_the_rest(world: World) -> None:
    world.pot(10_000_00)
    ids = [world.pay(world.give(300_00 + n, email="a@example.org")).id for n in range(3)]
    assert screen(world.engine) == 0
    for id_ in ids[:2]:
        world.refund(id_, 300_00)
    assert screen(world.engine) >= 1
    assert "refund_after_match" in codes(case_of(world, ids[2]))
    world.check()


def test_staff_of_the_executing_organisation_is_held(world: World) -> None:
    world.pot(10_000_00)
    for _ in range(2):
        world.do(staff.add, world.engine.keys, "41010101", email="Staff@example.org ".strip(), actor="li")
    own = world.pay(world.give(300_00, email="staff@example.org")).id
    elsewhere = world.pay(world.give(301_00, project=2, email="staff@example.org")).id
    assert screen(world.engine) == 1
    assert codes(case_of(world, own)) == ["staff"]
    assert world.standing(elsewhere).captured_minor == 301_00
    (kept,) = world.do(staff.listed, "41010101")
    assert "@" not in kept.donor_key
    world.do(staff.remove, kept.id, "li")
    with pytest.raises(NotFound):
        world.do(staff.remove, kept.id, "li")


def test_a_donation_without_match_opens_no_case(world: World) -> None:
    ids = three_small(world)
    assert screen(world.engine) == 0
    with pytest.raises(NotFound):
        case_of(world, ids[0])


def to_reconciling(world: World) -> None:
    world.clock.advance(hours=9)
    world.close()
    world.clock.advance(hours=26)
    world.close()
    assert world.phase() == "reconciling"


def sign_off(world: World) -> None:
    """A person accepts every difference with the provider, which is not there in these tests."""
    world.do(
        lambda tx: tx.run(
            """UPDATE discrepancy SET state = 'signed_off', reason = 'test', actor = 'test' WHERE state = 'open'"""
        )
    )


def test_match_given_after_the_end_is_looked_at_too(world: World) -> None:
    """The pot was empty for them; another's lapsed hold is offered to them, and the closing looks at them again
    before it goes on."""
    world.pot(100_00)
    world.give(100_00)
    ids = three_small(world)
    assert screen(world.engine) == 0
    to_reconciling(world)
    assert [world.standing(id_).held_minor for id_ in ids] == [10_00] * 3
    world.check()


def test_cancelled_match_is_not_given_again_by_a_machine(world: World) -> None:
    world.pot(1_000_00)
    case = held_case(world)
    world.do(decide.cancel, case["id"], REASON, "li")
    to_reconciling(world)
    assert world.standing(case["donation_id"]).captured_minor == 0


def test_an_appeal_after_a_cancellation_gives_what_is_still_free(world: World) -> None:
    pot = world.pot(1_000_00)
    case = held_case(world)
    world.do(decide.cancel, case["id"], REASON, "li")
    world.give(976_00)  # so that little is left
    assert world.pots()[pot].available_minor == 4_00
    world.do(appeal.appeal, case["id"], "这是我们全家的心意", "donor")
    world.do(appeal.appeal, case["id"], "这是我们全家的心意", "donor")
    with pytest.raises(Conflict) as refusal:
        world.do(appeal.appeal, case["id"], "other", "donor")
    assert refusal.value.code == "appeal_exists"
    for _ in range(2):
        world.do(appeal.answer, case["id"], "属实", "wang", "released")
    after = case_of(world, case["donation_id"])
    assert (after["state"], after["actor"], after["answered_by"]) == ("released", "wang", "wang")
    assert world.standing(case["donation_id"]).captured_minor == 4_00
    with pytest.raises(Conflict) as refusal:
        world.do(appeal.answer, case["id"], "different", "wang")
    assert refusal.value.code == "appeal_answered"
    world.check()


def test_an_appeal_may_end_in_the_same_decision_and_a_release_may_be_taken_back(world: World) -> None:
    world.pot(1_000_00)
    ids = three_small(world)
    screen(world.engine)
    kept, turned, opened = (case_of(world, id_)["id"] for id_ in ids)
    world.do(decide.cancel, kept, REASON, "li")
    world.do(appeal.appeal, kept, "please", "donor")
    world.do(appeal.answer, kept, "no", "wang")
    assert case_of(world, ids[0])["state"] == "cancelled"
    world.do(appeal.appeal, turned, "see the letter", "li")
    world.do(decide.release, turned, REASON, "li")
    world.do(appeal.answer, turned, "the letter says otherwise", "wang", "cancelled")
    assert (case_of(world, ids[1])["state"], world.standing(ids[1]).captured_minor) == ("cancelled", 0)
    with pytest.raises(Conflict) as refusal:
        world.do(appeal.answer, opened, "nobody asked", "wang")
    assert refusal.value.code == "appeal_missing"
    world.do(decide.release, opened, REASON, "li")
    with pytest.raises(Conflict) as refusal:
        world.do(appeal.appeal, opened, "why", "donor")
    assert refusal.value.code == "nothing_to_appeal"
    world.check()


def test_the_notice_waits_for_every_case(world: World, reachable: World) -> None:
    world = reachable
    world.pot(1_000_00)
    ids = three_small(world)
    screen(world.engine)
    to_reconciling(world)
    sign_off(world)
    world.close()
    assert world.phase() == "reconciling", "nobody has decided"
    for id_ in ids[:2]:
        world.do(decide.release, case_of(world, id_)["id"], REASON, "li")
        world.close()
        assert world.phase() == "reconciling"
    world.do(decide.cancel, case_of(world, ids[2])["id"], REASON, "li")
    world.close()
    assert world.phase() == "notice"
    assert world.totals().matched_minor == 20_00
    world.check()
    world.clock.advance(days=11)
    world.close()
    assert world.phase() == "released"
    world.check()
    world.do(appeal.appeal, case_of(world, ids[2])["id"], "late", "donor")
    with pytest.raises(Conflict) as refusal:
        world.do(appeal.answer, case_of(world, ids[2])["id"], "too late", "wang", "released")
    assert refusal.value.code == "campaign_phase"


@pytest.fixture
def reachable(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A provider that answers with an empty statement: these tests are not about its lines."""
    monkeypatch.setattr(type(world.engine.gateway), "statement", lambda *_: iter(()))
    return world


def test_a_review_after_the_end_finds_what_stricter_rules_say_and_repeats_without_effect(world: World) -> None:
    world.pot(1_000_00)
    ids = three_small(world)
    strict, world.engine = world.engine, replace(world.engine, screening=Thresholds())
    assert screen(world.engine) == 0
    with pytest.raises(Conflict) as refusal:
        review(strict, world.slug, "li")
    assert refusal.value.code == "campaign_phase"
    world.clock.advance(hours=9)
    world.close()
    assert review(strict, world.slug, "li") == (3, 3, 3)
    assert review(strict, world.slug, "li") == (3, 0, 3)
    assert codes(case_of(world, ids[0])) == ["small_donor"]
    world.check()


def test_cases_are_listed_open_ones_first(world: World) -> None:
    world.pot(1_000_00)
    case = held_case(world)
    world.do(decide.release, case["id"], REASON, "li")
    campaign_id = case["campaign_id"]
    rows, total = world.do(cases.listed, campaign_id)
    assert total == 3
    assert [row["state"] for row in rows] == ["open", "open", "released"]
    assert world.do(cases.open_cases_of, campaign_id) == 2
    rows, total = world.do(cases.listed, campaign_id, "released", 1, 1)
    assert (total, rows[0]["id"]) == (1, case["id"])
