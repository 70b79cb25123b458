"""Rank, scope, caps and windows of pots, in a running campaign with real donors."""

from datetime import timedelta
from typing import Any

import pytest

from campaigns.donations.unpaid.expire import cancel
from kernel.clock import FixedClock
from kernel.db import Database
from tests.world import World, build

LATE = timedelta(hours=11, minutes=59)  # from noon to one minute before midnight in Shanghai


def _donor(name: str) -> dict[str, Any]:
    return {"email": f"{name}@example.org"}


@pytest.fixture
def days(db: Database, clock: FixedClock) -> World:
    """A campaign of three days."""
    return build(db, clock, ends_at=clock.at + timedelta(days=3))


def test_a_ring_fenced_pot_serves_its_county_only(world: World) -> None:
    fenced = world.pot(100_00, rank=1, scope={"under": ["4102"]})
    everyone = world.pot(50_00, rank=2)
    assert {part.pot_id: part.amount_minor for part in world.give(80_00, project=0).parts} == {everyone: 50_00}
    inside = world.give(80_00, project=2)
    assert {part.pot_id: part.amount_minor for part in inside.parts} == {fenced: 80_00}
    world.check()


def test_pots_are_asked_by_rank_then_age(world: World) -> None:
    last = world.pot(100_00, rank=3)
    older, younger = world.pot(30_00, rank=2), world.pot(30_00, rank=2)
    first = world.pot(20_00, rank=1)
    parts = world.give(100_00).parts
    assert [(part.pot_id, part.amount_minor) for part in parts] == [
        (first, 20_00),
        (older, 30_00),
        (younger, 30_00),
        (last, 20_00),
    ]
    world.check()


def test_a_cap_per_donor_and_day_begins_anew_at_midnight_in_shanghai(days: World) -> None:
    days.pot(10_000_00, donor_day=999_00)
    assert days.give(900_00, **_donor("a")).reserved_minor == 900_00
    days.clock.advance(minutes=LATE.total_seconds() // 60)
    assert days.give(900_00, **_donor("a")).reserved_minor == 99_00
    assert days.give(900_00, **_donor("b")).reserved_minor == 900_00
    days.clock.advance(minutes=1)
    assert days.give(900_00, **_donor("a")).reserved_minor == 900_00
    days.check()


def test_a_cap_per_donor_holds_over_days(days: World) -> None:
    days.pot(10_000_00, donor=500_00)
    assert days.give(400_00, **_donor("a")).reserved_minor == 400_00
    days.clock.advance(days=1)
    assert days.give(400_00, **_donor("a")).reserved_minor == 100_00
    assert days.give(400_00).reserved_minor == 400_00
    days.check()


def test_the_same_donor_is_known_however_they_write_their_address(world: World) -> None:
    world.pot(10_000_00, donor_day=100_00)
    world.give(100_00, email="a@example.org")
    assert world.give(100_00, email="A@Example.ORG").reserved_minor == 0
    world.check()


def test_lapsed_match_does_not_count_against_a_cap(world: World) -> None:
    world.pot(10_000_00, donor_day=100_00, project=100_00, county=100_00)
    pledged = world.give(100_00, **_donor("a"))
    assert world.give(100_00, **_donor("a")).reserved_minor == 0
    cancel(world.deps, pledged.id)
    assert world.give(100_00, **_donor("a")).reserved_minor == 100_00
    world.check()


def test_refunded_match_does_not_count_against_a_cap(world: World) -> None:
    world.pot(10_000_00, donor=100_00, project=100_00)
    paid = world.pay(world.give(100_00, **_donor("a")))
    world.refund(paid, 60_00)
    assert world.give(100_00, **_donor("a")).reserved_minor == 60_00
    world.check()


def test_a_cap_per_project_counts_all_donors(world: World) -> None:
    world.pot(10_000_00, project=150_00)
    world.pay(world.give(100_00, project=0))
    assert world.give(100_00, project=0).reserved_minor == 50_00
    assert world.give(100_00, project=0).reserved_minor == 0
    assert world.give(100_00, project=1).reserved_minor == 100_00
    world.check()


def test_a_cap_per_county_counts_all_its_projects(world: World) -> None:
    world.pot(10_000_00, county=150_00)
    assert world.give(100_00, project=0).reserved_minor == 100_00
    assert world.give(100_00, project=1).reserved_minor == 50_00
    assert world.give(100_00, project=2).reserved_minor == 100_00
    world.check()


def test_caps_hold_within_one_batch(world: World) -> None:
    world.pot(10_000_00, donor_day=150_00, county=250_00)
    commands = [world.command(100_00, project, email=f"{name}@example.org") for name in "ab" for project in (0, 1)]
    matched = [result.donation.reserved_minor for result in world.try_give(*commands)]  # type: ignore[union-attr]
    assert matched == [100_00, 50_00, 100_00, 0]
    world.check()


def test_a_capped_donor_is_not_asked_to_agree(world: World) -> None:
    """Short is when the pots hold less than their rules would give; a cap is the rules."""
    world.pot(10_000_00, donation=50_00)
    assert world.give(100_00, accept_unmatched=False).reserved_minor == 50_00
    world.check()


def test_a_gift_below_the_minimum_gets_nothing(world: World) -> None:
    world.pot(10_000_00, minimum_minor=20_00)
    assert world.give(19_99).reserved_minor == 0
    assert world.give(20_00).reserved_minor == 20_00
    world.check()


def test_a_pot_that_matches_at_payment_promises_nothing(world: World) -> None:
    pot = world.pot(150_00, mode="payment")
    first, second = world.give(100_00), world.give(100_00)
    assert first.reserved_minor == second.reserved_minor == 0
    assert world.pots()[pot].available_minor == 150_00
    assert world.pay(second).captured_minor == 100_00
    assert world.pay(first).captured_minor == 50_00
    world.check()


def test_payment_fills_up_what_the_pledge_left(world: World) -> None:
    promised, at_payment = world.pot(60_00, rank=2), world.pot(1_000_00, rank=1, mode="payment")
    paid = world.pay(world.give(100_00))
    assert {part.pot_id: part.amount_minor for part in paid.parts} == {promised: 60_00, at_payment: 40_00}
    world.check()


def test_late_money_and_money_in_time_share_one_pot_in_one_batch(world: World) -> None:
    """Both want match from the same pot in one transaction: together they get what it holds, not twice it."""
    pot = world.pot(150_00, mode="payment", project=120_00)
    late, in_time = world.give(100_00), world.give(100_00)
    cancel(world.deps, late.id)
    for donation in (late, in_time):
        world.tell("payment_intent.succeeded", world.intent(donation))
    world.settle()
    captured = [world.view(donation).captured_minor for donation in (late, in_time)]
    assert sorted(captured) == [20_00, 100_00]
    assert world.pots()[pot].available_minor == 30_00
    world.check()


def test_match_is_given_within_the_windows_of_the_campaign(db: Database, clock: FixedClock) -> None:
    """Nine to noon and one to nine in Shanghai; it is noon."""
    windows = [
        {"opens_at": "2026-09-09T09:00", "closes_at": "2026-09-09T12:00"},
        {"opens_at": "2026-09-09T13:00", "closes_at": "2026-09-09T21:00"},
    ]
    world = build(db, clock, windows=windows)
    pot = world.pot(1_000_00)
    outside = world.give(100_00, accept_unmatched=False)  # nothing was promised, so nothing is short
    assert outside.reserved_minor == 0
    clock.advance(minutes=59, seconds=59)
    assert world.give(100_00).reserved_minor == 0
    clock.advance(seconds=1)
    inside = world.give(100_00)
    assert inside.reserved_minor == 100_00
    assert world.pay(outside).captured_minor == 0  # a kept promise of nothing
    assert world.pay(inside).captured_minor == 100_00
    assert world.pots()[pot].available_minor == 900_00
    world.check()


def test_a_payment_outside_the_windows_gets_no_match_from_a_payment_pot(db: Database, clock: FixedClock) -> None:
    world = build(db, clock, windows=[{"opens_at": "2026-09-09T11:00", "closes_at": "2026-09-09T12:05"}])
    world.pot(1_000_00, mode="payment")
    first, second = world.give(100_00), world.give(100_00)
    clock.advance(minutes=10)
    assert world.pay(first, at=clock.at - timedelta(minutes=6)).captured_minor == 100_00  # paid in time, told late
    assert world.pay(second).captured_minor == 0
    world.check()
