"""A paused pot gives no new match; what was reserved stands, and every decision is replayed as it was."""

from datetime import timedelta

import pytest

from campaigns import pots
from campaigns.audit import entries_of
from campaigns.closing.challenges import unlock_challenges
from campaigns.donations.explain import explain
from kernel.errors import Conflict, Invalid, NotFound
from matching.pots import Tranche
from tests.matching.kinds import by_pot, paid, proven, special_pot
from tests.world import ACTOR, World

WHY = "规则写错，先停一停"


def pause(world: World, pot: int) -> None:
    world.do(pots.pause, pot, WHY, ACTOR)


def resume(world: World, pot: int) -> None:
    world.do(pots.resume, pot, WHY, ACTOR)


def test_a_paused_pot_gives_nothing_and_keeps_what_it_reserved(world: World) -> None:
    pot = world.pot(500_00)
    reserved = world.give(100_00)
    pause(world, pot)
    assert world.give(50_00).reserved_minor == 0
    view = world.pots()[pot]
    assert (view.paused, view.available_minor, view.paused_minor) == (True, 0, 400_00)
    assert (view.paused_at, view.reserved_minor, view.funded_minor) == (world.clock.at, 100_00, 500_00)
    assert world.pay(reserved).captured_minor == 100_00
    world.clock.advance(minutes=1)
    resume(world, pot)
    assert world.give(50_00).reserved_minor == 50_00
    assert (world.pots()[pot].paused, world.pots()[pot].available_minor) == (False, 350_00)
    assert proven(world) == 3


def test_the_next_pot_matches_meanwhile(world: World) -> None:
    best, other = world.pot(500_00, rank=1), world.pot(500_00, rank=2)
    pause(world, best)
    assert by_pot(world, world.give(60_00)) == {other: 60_00}
    proven(world)


def test_a_paused_pot_gives_no_match_at_the_payment(world: World) -> None:
    pot = world.pot(500_00, mode="payment")
    pause(world, pot)
    assert paid(world, 100_00).captured_minor == 0
    proven(world)


@pytest.mark.parametrize("resumed", [True, False])
def test_gifts_during_a_pause_are_matched_after_the_end_if_the_pot_was_resumed(world: World, resumed: bool) -> None:
    pot = world.pot(150_00)
    pause(world, pot)
    early, late = paid(world, 100_00), paid(world, 100_00)
    if resumed:
        resume(world, pot)
    world.clock.advance(hours=35)
    world.close()
    matched = {donation.id: world.view(donation).captured_minor for donation in (early, late)}
    assert matched == ({early.id: 100_00, late.id: 50_00} if resumed else {early.id: 0, late.id: 0})
    proven(world)


def test_match_does_not_move_into_a_paused_pot(world: World) -> None:
    worse, better = world.pot(500_00, rank=2), world.pot(500_00, rank=1)
    pause(world, better)
    donation = paid(world, 100_00)
    world.clock.advance(hours=35)
    world.close()
    assert by_pot(world, donation) == {worse: 100_00}
    proven(world)


def test_a_challenge_that_is_met_during_a_pause_unlocks_and_gives_later(world: World) -> None:
    pot = special_pot(world, 100_00, "challenge", challenge={"donors": 1})
    pause(world, pot)
    donation = paid(world, 60_00)
    assert unlock_challenges(world.deps) == 1
    assert (world.pots()[pot].locked, world.view(donation).captured_minor) == (False, 0)
    resume(world, pot)
    world.clock.advance(hours=35)
    world.close()
    assert world.view(donation).captured_minor == 60_00
    proven(world)


def test_the_explanation_says_that_it_was_paused(world: World) -> None:
    pot = world.pot(500_00)
    pause(world, pot)
    donation = world.give(60_00)
    resume(world, pot)
    explanation = explain_pots(world, donation.id)
    assert explanation == [(pot, "paused")]
    assert explain_pots(world, world.give(60_00).id) == [(pot, None)]


def explain_pots(world: World, donation: object) -> list[tuple[int, str | None]]:
    explanation = world.do(explain, donation)
    return [(pot.pot_id, pot.out_of_scope) for decision in explanation.decisions for pot in decision.pots]


def test_pausing_twice_is_one_fact_and_one_entry(world: World) -> None:
    pot = world.pot(500_00)
    pause(world, pot)
    pause(world, pot)
    assert world.do(lambda tx: tx.scalar("SELECT count(*) FROM pot_pause")) == 1
    acts = [entry.action for entry in world.do(entries_of, f"pot:{pot}")]
    assert acts.count("pot.pause") == 1
    with pytest.raises(Invalid, match="reason_missing"):
        world.do(pots.pause, pot, " ", ACTOR)
    with pytest.raises(NotFound, match="pot_unknown"):
        world.do(pots.pause, 999, WHY, ACTOR)


def test_a_pot_is_not_paused_after_settling(world: World) -> None:
    pot = world.pot(500_00)
    world.clock.advance(hours=35)
    world.close()
    with pytest.raises(Conflict, match="campaign_phase"):
        pause(world, pot)


# Tranches


def two(world: World) -> tuple[int, int]:
    """A pot with 100 yuan now and 200 in an hour; the id of the second tranche."""
    later = world.clock.at + timedelta(hours=1)
    pot = world.pot(0, tranches=[Tranche(world.clock.at, 100_00), Tranche(later, 200_00)])
    tranche = world.do(lambda tx: tx.scalar("SELECT id FROM pot_funding WHERE opens_at = :later", later=later))
    return pot, tranche


def test_a_tranche_is_opened_early(world: World) -> None:
    pot, tranche = two(world)
    before = world.give(150_00)
    world.do(pots.move_tranche, pot, tranche, None, WHY, ACTOR)
    after = world.give(150_00)
    assert (before.reserved_minor, after.reserved_minor) == (100_00, 150_00)
    with pytest.raises(Conflict, match="tranche_open"):
        world.do(pots.move_tranche, pot, tranche, None, WHY, ACTOR)
    proven(world)


def test_a_tranche_is_postponed_and_moved_again(world: World) -> None:
    pot, tranche = two(world)
    first = world.give(100_00)
    world.do(pots.move_tranche, pot, tranche, world.clock.at + timedelta(hours=3), WHY, ACTOR)
    world.clock.advance(hours=2)
    second = world.give(100_00)
    world.do(pots.move_tranche, pot, tranche, world.clock.at + timedelta(minutes=1), WHY, ACTOR)
    world.clock.advance(minutes=1)
    third = world.give(100_00)
    assert [gift.reserved_minor for gift in (first, second, third)] == [100_00, 0, 100_00]
    proven(world)


def test_a_tranche_that_has_not_opened_is_taken_back(world: World) -> None:
    fund = world.do(lambda tx: tx.scalar("SELECT balance_minor FROM ledger_account WHERE kind = 'fund'"))
    pot, tranche = two(world)
    world.give(60_00)
    world.do(pots.withdraw_tranche, pot, tranche, WHY, ACTOR)
    assert world.give(60_00).reserved_minor == 40_00
    world.clock.advance(hours=2)
    assert world.give(60_00).reserved_minor == 0
    view = world.pots()[pot]
    assert (view.funded_minor, view.available_minor, view.next_tranche_at) == (100_00, 0, None)
    left = world.do(lambda tx: tx.scalar("SELECT balance_minor FROM ledger_account WHERE kind = 'fund'"))
    assert left == fund - 100_00
    with pytest.raises(Conflict, match="tranche_open"):
        world.do(pots.withdraw_tranche, pot, tranche, WHY, ACTOR)
    proven(world)


def test_a_tranche_is_not_moved_where_it_is_of_no_use(world: World) -> None:
    pot, tranche = two(world)
    other = world.pot(100_00)
    now = world.clock.at
    for at, code in (
        (now - timedelta(seconds=1), "tranche_in_the_past"),
        (now + timedelta(days=9), "tranche_too_late"),
    ):
        with pytest.raises(Invalid, match=code):
            world.do(pots.move_tranche, pot, tranche, at, WHY, ACTOR)
    for pot_id, id_ in ((other, tranche), (pot, 999), (pot, 2**70)):
        with pytest.raises(NotFound, match="tranche_unknown"):
            world.do(pots.move_tranche, pot_id, id_, None, WHY, ACTOR)
        with pytest.raises(NotFound, match="tranche_unknown"):
            world.do(pots.withdraw_tranche, pot_id, id_, WHY, ACTOR)
    assert world.pots()[pot].funded_minor == 300_00
    world.check()
