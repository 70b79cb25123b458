"""A donation counts for another project, as its donor agreed: money, match, replay and statements follow."""

from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaigns.check import check_books
from campaigns.closing.correct_project import Agreed, correct_project
from campaigns.closing.corrections import corrections
from campaigns.closing.disburse import disburse_match
from campaigns.closing.report import write_report
from campaigns.disclosure.standings import by_place
from campaigns.donations.explain import explain
from campaigns.donations.facts.replay import replay
from campaigns.lifecycle.campaign import find_campaign, lock_campaign
from campaigns.screening.open_manually import open_case
from campaigns.screening.screen import screen
from kernel.db import Tx
from kernel.errors import Conflict, Invalid, NotFound
from kernel.ids import donation_id_of
from payments.partners import partners
from tests.closing.partner import tell
from tests.world import ACTOR, World

DAY = date(2026, 9, 9)


def correct(world: World, donation: Any, project: int, **other: Any) -> Any:
    agreed = Agreed(world.projects[project], "phone", DAY)._replace(**other)
    return world.do(correct_project, donation.id, agreed, "wrong village", ACTOR)


def raised(world: World) -> dict[int, tuple[int, int]]:
    """The index of a project -> what was given to it, and its match."""
    rows = world.do(
        lambda tx: tx.rows(
            """SELECT project_id, CAST(sum(balance_minor) FILTER (WHERE kind = 'donations') AS bigint) AS given,
                      CAST(sum(balance_minor) FILTER (WHERE kind = 'pot_captured') AS bigint) AS matched
                 FROM ledger_account WHERE project_id IS NOT NULL GROUP BY project_id"""
        )
    )
    return {world.projects.index(row.project_id): (row.given or 0, row.matched or 0) for row in rows}


def sound(world: World) -> None:
    world.check()
    result = replay(world.deps, world.slug)
    assert result.differences == ()


def phase(world: World, name: str) -> None:
    def do(tx: Any) -> None:
        campaign = lock_campaign(tx, world.slug)
        campaign.phase = name
        tx.add(campaign)

    world.do(do)


def test_gift_and_match_go_to_the_other_project(world: World) -> None:
    world.pot(1_000_00)
    donation = world.pay(world.give(100_00))
    before = world.totals()
    row = correct(world, donation, 2)
    assert (row.number, row.amount_minor, row.match_before_minor, row.match_after_minor) == (
        1,
        100_00,
        100_00,
        100_00,
    )
    assert raised(world) == {0: (0, 0), 2: (100_00, 100_00)}
    assert world.totals() == before
    view = world.view(donation)
    assert (view.project_id, view.captured_minor) == (world.projects[2], 100_00)
    campaign_id = world.do(find_campaign, world.slug).id
    counties = {place.name: place.raised_minor for place in world.do(by_place, campaign_id, "county")}
    assert (counties.get("栾川县", 0), counties["嵩县"]) == (0, 100_00)
    sound(world)


def test_the_pots_of_the_new_project_decide_anew(world: World) -> None:
    scope = {"under": ["4101"]}
    world.pot(1_000_00, scope=scope)
    other = world.pot(30_00, scope={"under": ["4102"]})
    donation = world.pay(world.give(100_00))
    row = correct(world, donation, 2)
    assert (row.match_before_minor, row.match_after_minor) == (100_00, 30_00)
    assert world.pots()[other].captured_minor == 30_00
    story = world.do(explain, donation.id)
    assert [decision.cause for decision in story.decisions] == ["pledge", "corrected"]
    assert [(back.cause, back.amount_minor) for back in story.returns] == [("corrected", 100_00)]
    assert [(correction.match_before_minor, correction.match_after_minor) for correction in story.corrections] == [
        (100_00, 30_00)
    ]
    first, second = ({pot.pot_id: pot.out_of_scope for pot in each.pots} for each in story.decisions)
    assert (first[other], second[other]) == ("under", None)
    sound(world)


def test_caps_of_projects_count_what_moved(world: World) -> None:
    world.pot(1_000_00, project=50_00)
    first, second = world.pay(world.give(50_00)), world.pay(world.give(50_00, 1))
    assert correct(world, first, 1).match_after_minor == 0
    assert world.pay(world.give(50_00)).captured_minor == 50_00
    assert world.view(second).captured_minor == 50_00
    sound(world)


@pytest.mark.parametrize("closing", ["reconciling", "notice"])
def test_once_settled_it_keeps_its_match_and_the_rest_goes_to_the_fund(world: World, closing: str) -> None:
    """Two gifts in one county: the first moves within the pot's scope, the second out of it."""
    pot = world.pot(1_000_00, scope={"under": ["4101"]})
    moved, lost = world.pay(world.give(100_00)), world.pay(world.give(60_00))
    phase(world, closing)
    if closing == "notice":
        world.do(lambda tx: write_report(tx, lock_campaign(tx, world.slug)))
    row = correct(world, moved, 1)
    assert (row.match_before_minor, row.match_after_minor) == (100_00, 100_00)
    assert world.pots()[pot].returned_minor == 0
    row = correct(world, lost, 2)
    assert (row.match_before_minor, row.match_after_minor) == (60_00, 0)
    assert world.pots()[pot].returned_minor == 60_00, "at once: nobody else may have it"
    assert raised(world) == {0: (0, 0), 1: (100_00, 100_00), 2: (60_00, 0)}
    campaign_id = world.do(find_campaign, world.slug).id
    changes = {
        (world.projects.index(change.project_id), change.cause): change.total_minor
        for change in world.do(corrections, campaign_id)
    }
    of_notice = {
        (0, "donation_moved"): -160_00,
        (0, "match_returned"): -160_00,
        (1, "donation_moved"): 100_00,
        (1, "match_captured"): 100_00,
        (2, "donation_moved"): 60_00,
    }
    assert changes == (of_notice if closing == "notice" else {})
    sound(world)
    world.do(lambda tx: disburse_match(tx, lock_campaign(tx, world.slug)))
    world.check()


def test_once_settled_it_gets_no_more_than_the_rules_of_its_new_project_give(world: World) -> None:
    """The free money of another pot is asked, as its scope has the new project; caps hold as ever."""
    first = world.pot(1_000_00, scope={"under": ["4101"]})
    second = world.pot(500_00, scope={"under": ["4102"]}, project=70_00)
    donation = world.pay(world.give(100_00))
    phase(world, "reconciling")
    row = correct(world, donation, 2)
    assert (row.match_before_minor, row.match_after_minor) == (100_00, 70_00)
    pots = world.pots()
    assert (pots[first].returned_minor, pots[second].captured_minor, pots[second].returned_minor) == (
        100_00,
        70_00,
        0,
    )
    back = correct(world, donation, 0)
    assert (back.match_before_minor, back.match_after_minor) == (70_00, 100_00)
    sound(world)


def test_refunds_after_it_take_from_the_new_project(world: World) -> None:
    world.pot(1_000_00)
    donation = world.pay(world.give(100_00))
    world.refund(donation, 40_00)
    assert correct(world, donation, 1).amount_minor == 60_00
    world.refund(donation, 100_00)
    assert raised(world) == {0: (0, 0), 1: (0, 0)}
    sound(world)


def test_screening_counts_it_where_it_is_now(world: World) -> None:
    donation = world.pay(world.give(100_00))
    screen(world.deps)
    correct(world, donation, 1)
    sound(world)
    places = world.do(lambda tx: tx.rows("SELECT DISTINCT place FROM burst_count WHERE kind = 'project'"))
    assert [row.place for row in places] == [str(world.projects[1])]


def test_the_books_know_a_correction_that_was_tampered_with(world: World) -> None:
    donation = world.pay(world.give(100_00))
    correct(world, donation, 1)

    def tamper(tx: Tx) -> list[str]:
        tx.run("SET LOCAL session_replication_role = replica")
        tx.run("UPDATE project_correction SET to_project_id = :id, amount_minor = 1", id=world.projects[2])
        return [fault.partition(":")[0] for fault in check_books(tx)]

    faults = world.do(lambda tx: tx.rehearse(lambda: tamper(tx)))
    assert {"corrections_lead_to_the_project", "corrections_are_booked"} <= set(faults)


def test_a_platform_that_repeats_itself_contradicts_nothing(world: World) -> None:
    world.do(partners.create, world.deps.keys, "shanmei", "善美")
    tell(world, "shanmei", "d1", 100_00)
    world.settle()
    donation = world.view(donation_id_of("shanmei", "d1"))
    correct(world, donation, 1)
    tell(world, "shanmei", "d1", 100_00, event_id="again")
    world.settle()
    states = world.do(lambda tx: tx.rows("SELECT state FROM inbox_work ORDER BY inbox_id"))
    assert [row.state for row in states] == ["done", "done"]
    assert world.view(donation).project_id == world.projects[1]
    sound(world)


def test_a_correction_that_is_not_allowed_is_refused_and_changes_nothing(world: World) -> None:
    world.pot(1_000_00)
    unpaid, paid = world.give(100_00), world.pay(world.give(100_00))
    with pytest.raises(NotFound, match="donation_unknown"):
        world.do(correct_project, uuid4(), Agreed(1, "phone", DAY), "wrong", ACTOR)
    with pytest.raises(Conflict, match="donation_not_counted"):
        correct(world, unpaid, 1)
    with pytest.raises(NotFound, match="project_unknown"):
        world.do(correct_project, paid.id, Agreed(99, "phone", DAY), "wrong", ACTOR)
    with pytest.raises(Invalid) as refused:
        correct(world, paid, 0, consent="dream", consented_on=date(2026, 9, 10))
    assert set(refused.value.fields) == {"project", "consent", "consented_on"}
    with pytest.raises(Invalid) as early:
        correct(world, paid, 1, consented_on=date(2026, 9, 8))
    assert early.value.fields["consented_on"].code == "before_donation"
    world.do(open_case, paid.id, "odd", ACTOR)
    with pytest.raises(Conflict, match="case_open"):
        correct(world, paid, 1)
    phase(world, "released")
    with pytest.raises(Conflict, match="campaign_phase"):
        correct(world, paid, 1)
    assert world.view(paid).project_id == world.projects[0]


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("give"), st.integers(1, 200), st.integers(0, 2)),
        st.tuples(st.just("correct"), st.integers(0, 9), st.integers(0, 2)),
        st.tuples(st.just("refund"), st.integers(0, 9), st.integers(1, 100)),
    ),
    min_size=3,
    max_size=10,
)


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_whatever_is_corrected_in_between_books_and_replay_agree_to_the_fen(world: World, steps: Any) -> None:
    """Gifts, refunds and corrections in any order: every promise holds, each match replays, and a project has what
    its donations say."""
    if not world.pots():
        world.pot(150_00, scope={"under": ["4101"]}, donor=90_00, project=120_00)
        world.pot(90_00, rank=2, ratio_bps=5_000, mode="payment", county=60_00)
    donations: list[Any] = []
    for kind, first, second in steps:
        if kind == "give":
            donations.append(world.pay(world.give(first * 1_00, second, email=f"d{first % 3}@example.org")))
        elif donations and kind == "refund":
            donation = world.view(donations[first % len(donations)])
            back = max(donation.refunded_minor, donation.amount_minor * second // 100)
            if back:
                world.refund(donation, back)
        elif donations:
            donation = world.view(donations[first % len(donations)])
            if donation.status == "paid" and donation.project_id != world.projects[second]:
                correct(world, donation, second)
    sound(world)
    for donation in map(world.view, donations):
        parts = world.do(
            lambda tx, id_=donation.id: tx.rows(
                "SELECT project_id FROM reservation WHERE donation_id = :id AND live_minor > 0", id=id_
            )
        )
        assert {row.project_id for row in parts} <= {donation.project_id}
