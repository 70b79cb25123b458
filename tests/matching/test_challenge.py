"""Challenge pots: locked, unlocked once, and then those who came before are served first."""

from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.jobs.registry import JOBS
from app.jobs.runs import Unit
from campaigns import pots
from campaigns.closing.challenges import unlock_challenges
from campaigns.donations.explain import explain
from kernel.errors import Refusal
from matching.rules import Challenge, parse
from tests.matching.kinds import by_pot, paid, proven, special_pot
from tests.world import ACTOR, VILLAGES, World


@given(goal=st.integers(1, 100), donors=st.integers(0, 200), raised=st.integers(0, 200))
def test_a_goal_counts_what_it_names(goal: int, donors: int, raised: int) -> None:
    assert Challenge(donors=goal).met(donors, raised) is (donors >= goal)
    assert Challenge(raised_minor=goal).met(donors, raised) is (raised >= goal)


@given(
    goal=st.one_of(
        st.builds(Challenge, st.integers(1, 10**6)), st.builds(Challenge, st.none(), st.integers(1, 10**9))
    )
)
def test_a_challenge_survives_its_json(goal: Challenge) -> None:
    rules = parse({"ratio_bps": 10_000, "challenge": {k: v for k, v in _plain(goal).items() if v is not None}})
    assert rules.challenge == goal
    assert parse(rules.as_json()) == rules


def _plain(goal: Challenge) -> dict[str, int | None]:
    return {"donors": goal.donors, "raised_minor": goal.raised_minor}


def test_locked_it_gives_nothing_unlocked_it_serves_the_oldest_first(world: World) -> None:
    pot = special_pot(world, 100_00, "challenge", challenge={"donors": 3})
    first = paid(world, 60_00, email="a@example.org")
    second = paid(world, 60_00, email="b@example.org")
    paid(world, 10_00, email="b@example.org")
    assert world.pots()[pot].locked
    assert unlock_challenges(world.deps) == 0
    third = world.give(60_00, email="c@example.org")
    assert third.reserved_minor == 0  # a pledge is no paid donor, and the pot is locked
    assert unlock_challenges(world.deps) == 0
    world.clock.advance(seconds=1)
    world.pay(third)
    assert (unlock_challenges(world.deps), unlock_challenges(world.deps)) == (1, 0)
    assert by_pot(world, first) == {pot: 60_00}
    assert by_pot(world, second) == {pot: 40_00}
    assert by_pot(world, third) == {}
    view = world.pots()[pot]
    assert (view.locked, view.unlocked_at, view.available_minor) == (False, world.clock.at, 0)
    assert proven(world) == 6


def test_those_who_come_after_are_served_at_their_pledge(world: World) -> None:
    pot = special_pot(world, 100_00, "challenge", challenge={"raised_minor": 50_00})
    before = paid(world, 50_00)
    unlock_challenges(world.deps)
    after = world.give(80_00)
    assert by_pot(world, before) == {pot: 50_00}
    assert by_pot(world, after) == {pot: 50_00}
    proven(world)


def test_a_refund_after_the_unlock_does_not_lock_it_again(world: World) -> None:
    pot = special_pot(world, 500_00, "challenge", challenge={"raised_minor": 100_00})
    donation = paid(world, 100_00)
    unlock_challenges(world.deps)
    world.refund(donation, 100_00)
    assert world.totals().raised_minor == 0
    assert not world.pots()[pot].locked
    assert by_pot(world, world.give(30_00)) == {pot: 30_00}
    assert unlock_challenges(world.deps) == 0
    proven(world)


def test_a_refund_before_counts_against_the_goal(world: World) -> None:
    pot = special_pot(world, 500_00, "challenge", challenge={"raised_minor": 100_00})
    world.refund(paid(world, 100_00), 1)
    assert unlock_challenges(world.deps) == 0
    assert world.pots()[pot].locked


def test_only_the_unlocked_pot_serves_by_its_own_rules(world: World) -> None:
    """Others stay as they were: freed money of an open pot waits for the end, as ever."""
    open_pot = world.pot(100_00, rank=2)
    rules: dict[str, Any] = {"scope": {"under": [VILLAGES[0]]}, "caps": {"donation_minor": 15_00}}
    pot = special_pot(world, 500_00, "challenge", challenge={"donors": 3}, **rules)
    gone = paid(world, 100_00, email="a@example.org")
    here = paid(world, 40_00, email="b@example.org")
    there = paid(world, 40_00, project=2, email="c@example.org")
    world.refund(gone, 60_00)
    assert unlock_challenges(world.deps) == 1
    assert by_pot(world, here) == {pot: 15_00}
    assert by_pot(world, there) == {}
    assert by_pot(world, gone) == {open_pot: 40_00}
    proven(world)


def test_the_end_unlocks_what_the_scheduler_missed(world: World) -> None:
    pot = special_pot(world, 500_00, "challenge", challenge={"donors": 1})
    donation = paid(world, 40_00)
    world.clock.advance(hours=40)
    world.close()
    world.close()
    assert by_pot(world, donation) == {pot: 40_00}
    proven(world)


def test_after_the_end_nothing_is_unlocked_any_more(world: World) -> None:
    special_pot(world, 500_00, "challenge", challenge={"donors": 2})
    paid(world, 40_00)
    world.clock.advance(hours=40)
    world.close()
    world.do(lambda tx: tx.run("UPDATE campaign_tally SET donors = 2"))
    assert unlock_challenges(world.deps) == 0


def test_the_story_says_that_the_pot_was_locked_then(world: World) -> None:
    pot = special_pot(world, 500_00, "challenge", challenge={"donors": 1})
    donation = paid(world, 40_00)
    world.clock.advance(seconds=1)
    unlock_challenges(world.deps)
    decisions = world.do(explain, donation.id).decisions
    assert [(d.cause, d.pots[0].evaluated, d.pots[0].out_of_scope) for d in decisions] == [
        ("pledge", False, "locked"),
        ("challenge", True, None),
    ]
    assert decisions[1].pots[0].pot_id == pot


def test_an_easier_goal_counts_from_its_time(world: World) -> None:
    pot = special_pot(world, 500_00, "challenge", challenge={"donors": 50})
    donation = paid(world, 40_00)
    later = world.clock.at + timedelta(minutes=5)
    world.do(pots.add_rules, pot, {"ratio_bps": 5_000, "challenge": {"donors": 1}}, later, ACTOR)
    assert unlock_challenges(world.deps) == 0
    world.clock.at = later
    assert unlock_challenges(world.deps) == 1
    assert by_pot(world, donation) == {pot: 20_00}
    proven(world)


def test_two_jobs_at_once_unlock_once(world: World) -> None:
    special_pot(world, 100_00, "challenge", challenge={"donors": 1})
    for _ in range(5):
        paid(world, 30_00)
    gate, answers = Barrier(4), []

    def run() -> None:
        gate.wait(20)
        answers.append(unlock_challenges(world.deps))

    threads = [Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(answers) == [0, 0, 0, 1]
    assert world.totals().matched_minor == 100_00
    proven(world)


def test_an_unlock_is_never_taken_back(world: World) -> None:
    special_pot(world, 100_00, "challenge", challenge={"donors": 1})
    paid(world, 30_00)
    unlock_challenges(world.deps)
    with pytest.raises(Exception, match="append-only"):
        world.do(lambda tx: tx.run("DELETE FROM pot_unlock"))


def test_a_locked_pot_does_not_make_a_donation_short(world: World) -> None:
    special_pot(world, 10_00, "challenge", challenge={"donors": 1})
    gifts = world.try_give(world.command(100_00, accept_unmatched=False))[0]
    assert not isinstance(gifts, Refusal)


def test_the_job_runs_every_five_seconds(world: World) -> None:
    special_pot(world, 10_00, "challenge", challenge={"donors": 1})
    paid(world, 30_00)
    assert JOBS["challenges"].every_s == 5
    assert JOBS["challenges"].work(world.deps) == {Unit.CHALLENGES_UNLOCKED: 1}
