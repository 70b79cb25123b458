"""Thresholds are settings of a campaign: bounded, changed by people, and remembered by the cases they opened."""

from typing import Any
from uuid import UUID

import pytest

from campaigns.lifecycle.drafts import create
from campaigns.lifecycle.entries import add_entry
from campaigns.lifecycle.transitions import cancel, schedule
from campaigns.screening import cases, settings
from campaigns.screening.review import review
from campaigns.screening.screen import screen
from campaigns.screening.thresholds import BOUNDS, Thresholds, as_dict, require_valid_settings, with_overrides
from kernel.errors import Conflict, Invalid, NotFound
from tests.world import World, new_campaign

DEFAULT = Thresholds()


def put(world: World, slug: str | None = None, **fields: int | None) -> None:
    world.do(settings.change, slug or world.slug, fields, DEFAULT, "li")


def now_of(world: World, slug: str | None = None) -> dict[str, int]:
    return {setting.name: setting.value for setting in world.do(settings.settings, slug or world.slug, DEFAULT)}


def stored(world: World) -> list[tuple[str, int]]:
    return world.do(
        lambda tx: [tuple(row) for row in tx.rows("SELECT name, value FROM screening_setting ORDER BY 1")]
    )


def audited(world: World) -> list[tuple[str, str, int, int]]:
    rows = world.do(lambda tx: tx.rows("SELECT * FROM audit_entry WHERE action = 'campaign.screening' ORDER BY id"))
    return [
        (row.actor, name, before, row.detail["after"][name])
        for row in rows
        for name, before in row.detail["before"].items()
    ]


def small(world: World, count: int, **other: Any) -> list[UUID]:
    return [world.pay(world.give(10_00, email="a@example.org", **other)).id for _ in range(count)]


def test_a_campaign_begins_with_the_defaults_and_stores_nothing(world: World) -> None:
    assert now_of(world) == as_dict(DEFAULT)
    assert stored(world) == []


def test_every_default_lies_within_its_bounds() -> None:
    assert set(BOUNDS) == set(as_dict(DEFAULT))
    require_valid_settings(as_dict(DEFAULT))


def test_stricter_settings_count_from_the_next_look_and_only_for_their_campaign(world: World) -> None:
    world.pot(1_000_00)
    ids = small(world, 3)
    assert screen(world.deps) == 0
    put(world, small_count=3)
    assert screen(world.deps) == 0, "nothing new came"
    ids += small(world, 1)
    assert screen(world.deps) == 4, "the next of the pattern brings the others"
    case = world.do(lambda tx: cases.view(tx, world.deps.keys, cases.case_id_of_donation(tx, ids[0])))
    assert case["signals"][0]["evidence"]["limits"] == {
        "small_minor": 10_00,
        "small_count": 3,
        "small_within_s": 3600,
    }
    world.check()


def test_two_campaigns_in_one_look_are_judged_each_by_its_own_settings(world: World) -> None:
    world.pot(1_000_00)
    other = new_campaign(world.clock.at, slug="other")
    with world.db.transaction() as tx:
        create(tx, other, "li")
        add_entry(tx, "other", world.projects[0], "li")
        schedule(tx, "other", "li")
    first = World(world.deps, world.clock, "other", world.projects, world.fund, 1_000)
    first.pot(1_000_00)
    put(world, small_count=3)
    assert now_of(world, "other")["small_count"] == 30
    small(world, 3)
    small(first, 3)
    assert screen(world.deps) == 3
    put(first, slug="other", small_count=2)
    world.clock.advance(minutes=3)
    assert screen(world.deps) == 3, "the second look sees them by the settings of now"
    world.check()


def test_a_case_keeps_the_thresholds_that_it_was_judged_by(world: World) -> None:
    world.pot(1_000_00)
    put(world, small_count=2, small_minor=15_00)
    ids = small(world, 2)
    screen(world.deps)
    put(world, small_count=9, small_minor=None)
    case = world.do(lambda tx: cases.view(tx, world.deps.keys, cases.case_id_of_donation(tx, ids[0])))
    assert case["state"] == "open", "settings decide nothing"
    assert case["signals"][0]["evidence"]["limits"]["small_minor"] == 15_00


def test_only_what_differs_is_stored_and_every_change_is_audited_once(world: World) -> None:
    put(world, small_count=20, refund_count=5)
    put(world, small_count=20)
    put(world, small_count=15, unit_count=100)
    assert stored(world) == [("small_count", 15), ("unit_count", 100)]
    put(world, small_count=30, unit_count=None, at_cap_count=None)
    assert stored(world) == []
    assert audited(world) == [
        ("li", "small_count", 30, 20),
        ("li", "small_count", 20, 15),
        ("li", "unit_count", 1_500, 100),
        ("li", "small_count", 15, 30),
        ("li", "unit_count", 100, 1_500),
    ]


def test_all_are_put_back_at_once_and_a_second_click_is_harmless(world: World) -> None:
    put(world, small_count=20, unit_share_bps=9_000)
    for _ in range(2):
        world.do(settings.reset, world.slug, DEFAULT, "wang")
    assert now_of(world) == as_dict(DEFAULT)
    assert len(audited(world)) == 4


def test_bad_values_are_refused_all_of_them_by_name_and_nothing_changes(world: World) -> None:
    with pytest.raises(Invalid) as refusal:
        put(world, small_count=1, unit_count=50, small_minor=0, same_sum_share_bps=10_001, mood=3)
    assert refusal.value.code == "screening_invalid"
    assert set(refusal.value.fields) == {"small_count", "small_minor", "same_sum_share_bps", "mood"}
    assert (stored(world), audited(world)) == ([], [])
    with pytest.raises(NotFound):
        put(world, slug="nowhere", small_count=3)


@pytest.mark.parametrize("value", [True, 3.0, "3", 10**30, -1])
def test_only_whole_numbers_within_bounds_are_settings(value: Any) -> None:
    with pytest.raises(Invalid):
        require_valid_settings({"small_count": value})


@pytest.mark.parametrize("name", sorted(BOUNDS))
def test_a_stored_threshold_replaces_only_its_default(name: str) -> None:
    mixed = as_dict(with_overrides(DEFAULT, {name: 7, "gone": 7}))
    assert mixed == as_dict(DEFAULT) | {name: 7}


def test_settings_are_changed_in_a_draft_and_until_the_notice_not_after(world: World) -> None:
    with world.db.transaction() as tx:
        create(tx, new_campaign(world.clock.at, slug="draft"), "li")
    put(world, slug="draft", small_count=4)
    world.do(cancel, "draft", "li")
    with pytest.raises(Conflict) as refusal:
        put(world, slug="draft", small_count=5)
    assert refusal.value.code == "campaign_phase"
    assert now_of(world, "draft")["small_count"] == 4


def test_the_review_after_the_end_uses_the_settings_of_the_campaign(world: World) -> None:
    world.pot(1_000_00)
    small(world, 3)
    assert screen(world.deps) == 0
    world.clock.advance(hours=9)
    world.close()
    assert review(world.deps, world.slug, "li") == (3, 0, 0)
    put(world, small_count=3)
    assert review(world.deps, world.slug, "li") == (3, 3, 3)
    world.check()
