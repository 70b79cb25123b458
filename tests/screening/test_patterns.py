"""Each sign of drained match, found among real donations: cards, crowds, caps, refunds, staff."""

import pytest

from campaigns.screening import staff
from campaigns.screening.screen import screen
from kernel.errors import NotFound
from tests.screening.watched import card, case_of, codes, world
from tests.world import World

__all__ = ["world"]


def test_a_card_of_donors_without_contact_is_held_beyond_the_cap_though_known_late(
    world: World,
) -> None:
    world.pot(1_000_00, donor=100_00)
    first = world.pay(world.give(80_00)).id
    world.clock.advance(minutes=1)
    second = world.pay(world.give(80_00)).id
    assert screen(world.deps) == 0
    card(world, second, "fp1")
    assert screen(world.deps) == 0
    world.clock.advance(hours=1)
    card(world, first, "fp1")
    assert screen(world.deps) == 1
    case = case_of(world, second)
    assert codes(case) == ["instrument_cap"]
    assert case["signals"][0]["evidence"]["over_minor"] == 60_00
    assert world.view(first).captured_minor == 80_00, "what the cap allows is not held"
    world.check()


def test_donors_who_left_an_address_are_not_joined_by_a_card(world: World) -> None:
    """A family pays with one card; who they are we know by what they left."""
    world.pot(1_000_00, donor=100_00)
    for who in "ab":
        card(world, world.pay(world.give(80_00, email=f"{who}@example.org")).id, "fp1")
    assert screen(world.deps) == 0


def test_one_name_on_one_card_stays_within_its_cap(world: World) -> None:
    world.pot(1_000_00, donor=100_00)
    for _ in range(2):
        card(world, world.pay(world.give(80_00, email="a@example.org")).id, "fp1")
    assert screen(world.deps) == 0


def test_small_sums_from_one_card_under_many_names_are_held(world: World) -> None:
    world.pot(1_000_00)
    ids = [world.pay(world.give(10_00 + n, email=f"{n}@example.org")).id for n in range(3)]
    for id_ in ids:
        card(world, id_, "fp1")
    assert screen(world.deps) == 3
    assert codes(case_of(world, ids[0])) == ["small_instrument"]


def test_the_same_sum_by_new_donors_to_one_project_is_held(world: World) -> None:
    world.pot(10_000_00)
    ids = [world.pay(world.give(88_00)).id for _ in range(4)]
    other = world.pay(world.give(88_00, project=1)).id
    assert screen(world.deps) == 4
    assert codes(case_of(world, ids[3])) == ["same_sum"]
    assert world.view(other).captured_minor == 88_00


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
    assert screen(world.deps) == cases


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
    assert screen(world.deps) == 10


def test_donors_who_gave_before_are_no_new_donors(world: World) -> None:
    world.pot(10_000_00)
    for n in range(4):
        world.pay(world.give(30_00 + n, project=1, email=f"{n}@example.org"))
    world.clock.advance(hours=1)
    for n in range(4):
        world.pay(world.give(88_00, email=f"{n}@example.org"))
    assert screen(world.deps) == 0


def test_a_burst_from_one_team_is_held(world: World) -> None:
    world.pot(10_000_00)
    ids = [world.pay(world.give(66_00, project=n % 2, team="t1")).id for n in range(4)]
    assert screen(world.deps) == 4
    assert codes(case_of(world, ids[0])) == ["unit_burst"]


def test_a_burst_from_one_source_code_is_held(world: World) -> None:
    world.pot(10_000_00)
    gifts = [world.give(66_00, project=n % 2, channel="livestream", source_code="h1") for n in range(4)]
    ids = [world.pay(gift).id for gift in gifts]
    assert screen(world.deps) == 4
    assert codes(case_of(world, ids[0])) == ["unit_burst"]


def test_gifts_just_at_the_cap_are_held(world: World) -> None:
    world.pot(10_000_00, donation=50_00)
    ids = [world.pay(world.give(50_00, email="a@example.org", project=n)).id for n in range(2)]
    assert screen(world.deps) == 2
    assert codes(case_of(world, ids[0])) == ["at_cap"]


def test_refunds_of_matched_gifts_put_the_donors_other_match_on_hold(world: World) -> None:
    world.pot(10_000_00)
    ids = [world.pay(world.give(300_00 + n, email="a@example.org")).id for n in range(3)]
    assert screen(world.deps) == 0
    for id_ in ids[:2]:
        world.refund(id_, 300_00)
    assert screen(world.deps) >= 1
    assert "refund_after_match" in codes(case_of(world, ids[2]))
    world.check()


def test_staff_of_the_executing_organisation_is_held(world: World) -> None:
    world.pot(10_000_00)
    for _ in range(2):
        world.do(staff.add, world.deps.keys, "41010101", email="Staff@example.org ".strip(), actor="li")
    own = world.pay(world.give(300_00, email="staff@example.org")).id
    elsewhere = world.pay(world.give(301_00, project=2, email="staff@example.org")).id
    assert screen(world.deps) == 1
    assert codes(case_of(world, own)) == ["staff"]
    assert world.view(elsewhere).captured_minor == 301_00
    (kept,) = world.do(staff.listed, "41010101")
    assert "@" not in kept.donor_key
    world.do(staff.remove, kept.id, "li")
    with pytest.raises(NotFound):
        world.do(staff.remove, kept.id, "li")
