"""One device under several contacts: known by a keyed hash that only screening looks at."""

from typing import Any
from uuid import UUID

from campaigns.screening import settings
from campaigns.screening.review import review
from campaigns.screening.screen import screen
from campaigns.screening.thresholds import Thresholds
from tests.screening.watched import case_of, codes
from tests.world import World


def strict(world: World, **fields: int) -> None:
    world.do(settings.change, world.slug, {"device_donors": 2} | fields, Thresholds(), "li")


def through(world: World, visitor: str, count: int, amount_minor: int = 10_00) -> list[UUID]:
    """Gifts of as many people, each with an address of its own, through one browser."""
    return [
        world.pay(world.give(amount_minor, email=f"{visitor}{n}@example.org", visitor=visitor)).id
        for n in range(count)
    ]


def device_keys(world: World) -> list[Any]:
    return world.do(
        lambda tx: [row[0] for row in tx.rows("SELECT device_key FROM donation ORDER BY pledged_at, id")]
    )


def noted(world: World) -> int:
    return world.do(lambda tx: tx.scalar("SELECT count(*) FROM device_gift"))


def test_a_device_is_kept_as_a_hash_beside_whatever_contact_was_left(world: World) -> None:
    world.give(visitor="cookie-1", email="a@example.org")
    world.clock.advance(seconds=1)
    world.give(visitor="cookie-1")
    world.clock.advance(seconds=1)
    world.give(visitor="cookie-2")
    world.clock.advance(seconds=1)
    world.give()
    first, again, other, none = device_keys(world)
    assert first == again != other
    assert none is None, "a program has no browser"
    assert "cookie" not in first
    keys = world.do(lambda tx: [row[0] for row in tx.rows("SELECT donor_key FROM donation")])
    assert not any(first in key for key in keys), "nor is it the key of the visitor's caps"


def test_many_small_sums_through_one_device_are_held_with_the_number_of_donors(world: World) -> None:
    world.pot(1_000_00)
    strict(world, device_small_count=5)
    ids = through(world, "v", 4)
    assert screen(world.deps) == 0
    ids += through(world, "w", 2)
    assert screen(world.deps) == 0, "another device"
    ids += [world.pay(world.give(10_00, email="last@example.org", visitor="v")).id]
    assert screen(world.deps) == 5
    case = case_of(world, ids[0])
    assert codes(case) == ["small_device"]
    assert case["signals"][0]["evidence"]["donors"] == 5
    assert "example.org" not in str(case["signals"])
    world.check()


def test_the_first_of_a_long_pattern_is_held_with_the_last(world: World) -> None:
    world.pot(10_000_00)
    strict(world, device_small_count=60)
    ids = through(world, "v", 59)
    assert screen(world.deps) == 0
    world.clock.advance(minutes=3)
    assert screen(world.deps) == 0, "all were looked at twice"
    world.pay(world.give(10_00, email="last@example.org", visitor="v"))
    assert screen(world.deps) == 60
    assert len(case_of(world, ids[0])["signals"][0]["evidence"]["donations"]) == 50
    world.check()


def test_one_person_at_one_device_is_judged_as_a_person(world: World) -> None:
    world.pot(1_000_00)
    strict(world, device_small_count=2)
    for _ in range(2):
        world.pay(world.give(10_00, email="a@example.org", visitor="v"))
    assert screen(world.deps) == 0


def test_gifts_taken_back_one_after_the_other_are_held_on_what_is_left(world: World) -> None:
    world.pot(1_000_00)
    strict(world, device_refund_count=3)
    ids = through(world, "v", 4, 50_00)
    assert screen(world.deps) == 0
    world.clock.advance(minutes=5)
    assert screen(world.deps) == 0
    for id_ in ids[:3]:
        world.refund(id_, 50_00)
    assert screen(world.deps) == 1, "what became known of three concerns the fourth"
    assert codes(case_of(world, ids[3])) == ["refund_device"]
    world.check()


def test_giving_and_settling_write_nothing_for_screening_alone(world: World) -> None:
    world.pot(1_000_00)
    through(world, "v", 3)
    assert noted(world) == 0
    screen(world.deps)
    world.clock.advance(minutes=5)
    screen(world.deps)
    assert noted(world) == 3
    indexes = "SELECT count(*) FROM pg_indexes WHERE tablename = 'donation' AND indexdef ~ 'device'"
    indexed = world.do(lambda tx: tx.scalar(f"{indexes} AND indexdef !~ 'WHERE'"))  # of all, not of the unpaid ones
    assert indexed == 0


def test_the_review_notes_devices_that_the_job_never_saw(world: World) -> None:
    world.pot(1_000_00)
    ids = through(world, "v", 3)
    world.clock.advance(hours=9)
    world.close()
    strict(world, device_small_count=3)
    assert review(world.deps, world.slug, "li") == (3, 3, 3)
    assert codes(case_of(world, ids[0])) == ["small_device"]
    world.check()
