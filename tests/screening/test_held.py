"""Match with a sign is held, counted nowhere, and still uses up what it used."""

import pytest

from campaigns.screening.screen import screen
from kernel.errors import NotFound
from tests.screening.watched import case_of, codes, three_small, world
from tests.world import World

__all__ = ["world"]


def test_three_small_sums_are_held_all_of_them_and_count_nowhere(world: World) -> None:
    world.pot(1_000_00)
    ids = three_small(world)
    assert world.totals().matched_minor == 30_00
    assert screen(world.deps) == 3, "the first of the pattern is held with the last"
    for id_ in ids:
        case = case_of(world, id_)
        assert (case["state"], codes(case), case["now_held_minor"]) == ("open", ["small_donor"], 10_00)
        view = world.view(id_)
        assert (view.status, view.captured_minor, view.held_minor) == ("paid", 0, 10_00)
        assert [part.state for part in view.parts] == ["held"]
    assert world.totals().raised_minor == 30_00, "the donations themselves are not held"
    assert world.totals().matched_minor == 0
    pot = next(iter(world.pots().values()))
    assert (pot.available_minor, pot.captured_minor) == (970_00, 0), "held match is not free"
    world.check()


def test_two_small_sums_are_not_held_and_looking_again_changes_nothing(world: World) -> None:
    world.pot(1_000_00)
    for _ in range(2):
        world.pay(world.give(10_00, email="a@example.org"))
    assert screen(world.deps) == 0
    world.clock.advance(minutes=5)
    assert screen(world.deps) == 0
    assert world.totals().matched_minor == 20_00


def test_the_job_finds_what_was_numbered_before_but_committed_late(world: World) -> None:
    """The mark may pass a row that nobody saw yet: the second look, minutes later, finds it."""
    world.pot(1_000_00)
    three_small(world)
    world.do(lambda tx: tx.run("INSERT INTO screening_mark VALUES (1, 0, (SELECT max(id) FROM donation_history))"))
    assert screen(world.deps) == 0, "everything seems seen"
    world.clock.advance(minutes=3)
    assert screen(world.deps) == 3


def test_held_match_still_uses_up_the_donors_cap(world: World) -> None:
    world.pot(1_000_00, donor=30_00)
    three_small(world)
    screen(world.deps)
    assert world.give(10_00, email="a@example.org").reserved_minor == 0


def test_held_match_still_uses_up_the_projects_cap(world: World) -> None:
    world.pot(1_000_00, project=35_00)
    three_small(world)
    screen(world.deps)
    assert world.give(10_00, email="b@example.org").reserved_minor == 5_00


def test_a_donation_without_match_opens_no_case(world: World) -> None:
    ids = three_small(world)
    assert screen(world.deps) == 0
    with pytest.raises(NotFound):
        case_of(world, ids[0])
