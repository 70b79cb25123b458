"""The analytics: every paid gift once in each dimension, less what went back; a branch sees its own."""

from collections.abc import Callable
from typing import Any

from campaigns.analytics.kept import count_due
from campaigns.desks.team_desk import TeamLabel, labels
from campaigns.disclosure.analytics import Analytics, analytics
from campaigns.lifecycle.campaign import find_campaign
from kernel.db import Tx
from tests.world import World


def found_in(world: World, branch: str | None = None) -> Analytics:
    return world.do(lambda tx: analytics(tx, find_campaign(tx, world.slug), branch))


def sums(figures: Analytics, dimension: str) -> dict[str, tuple[int, int]]:
    return {line.key: (line.donations, line.given_minor) for line in figures.of(dimension)}


def test_every_paid_gift_counts_once_in_each_dimension(world: World) -> None:
    world.clock.advance(minutes=30)
    world.pay(world.give(9_99, team="老乡", email="a@example.org"))
    world.clock.advance(hours=2)
    world.pay(world.give(10_00, email="a@example.org"))
    world.pay(world.give(20_000_00, project=2, email="b@example.org"))
    world.give(50_00)  # not paid
    figures = found_in(world)
    assert (figures.whole.donations, figures.whole.given_minor) == (3, 20_019_99)
    # The campaign opened an hour and a half before the first gift.
    assert sums(figures, "hour") == {"1": (1, 9_99), "3": (2, 20_010_00)}
    assert sums(figures, "band") == {"1": (1, 9_99), "2": (1, 10_00), "7": (1, 20_000_00)}
    assert sums(figures, "county") == {"4102": (1, 20_000_00), "4101": (2, 19_99)}
    assert sums(figures, "team") == {"老乡": (1, 9_99)} and sums(figures, "source") == {}
    assert figures.donors and (figures.donors.first, figures.donors.again, figures.donors.several) == (2, 0, 1)
    mine = found_in(world, "4102")
    assert mine.whole.given_minor == 20_000_00 and set(sums(mine, "county")) == {"4102"} and mine.donors is None


def test_a_campaign_without_gifts_has_no_lines(world: World) -> None:
    figures = found_in(world)
    assert figures.whole.donations == 0 and figures.of("hour") == []


def without_donations(world: World, read: Callable[[Tx], Any]) -> Any:
    """What is read while no table has donations, so that reading one fails."""

    def act(tx: Tx) -> Any:
        for table in ("donation", "campaign_donor"):
            tx.run(f"ALTER TABLE {table} RENAME TO {table}_away")
        return read(tx)

    return world.do(lambda tx: tx.rehearse(lambda: act(tx)))


def test_readers_of_kept_counts_read_no_donation(world: World) -> None:
    world.pay(world.give(9_99, team="老乡", email="a@example.org"))
    world.pay(world.give(20_00, project=2, team="老乡"))
    now = found_in(world), found_in(world, "41"), found_in(world, "4102"), world.do(labels)
    assert count_due(world.deps) == 1
    for branch, fresh in zip((None, "41", "4102"), now, strict=False):
        kept = without_donations(world, lambda tx: analytics(tx, find_campaign(tx, world.slug), branch))  # noqa: B023
        assert sorted(kept.lines) == sorted(fresh.lines) and kept.donors == fresh.donors
    assert without_donations(world, labels) == now[3] == [TeamLabel(world.slug, "公益日", "老乡", 2, 29_99)]
    assert found_in(world, "410201").whole.given_minor == 20_00


def test_counts_are_made_again_when_the_money_changed(world: World) -> None:
    gift = world.give(9_99, team="老乡")
    assert count_due(world.deps) == 0  # nothing is paid
    world.pay(gift)
    assert [count_due(world.deps), count_due(world.deps)] == [1, 0]
    world.refund(world.pay(world.give(20_00, project=2)), 5_00)
    assert found_in(world).whole.given_minor == 9_99 and count_due(world.deps) == 0  # they were made just now
    world.clock.advance(minutes=1)
    assert [count_due(world.deps), count_due(world.deps)] == [1, 0]
    assert found_in(world).whole.given_minor == 24_99
    world.refund(gift, 9_99)
    world.clock.advance(minutes=1)
    assert count_due(world.deps) == 1
    assert sums(found_in(world), "team") == {} and set(sums(found_in(world), "county")) == {"4102"}


def test_old_counts_of_other_money_are_not_shown(world: World) -> None:
    world.pay(world.give(9_99))
    count_due(world.deps)
    world.clock.advance(minutes=30)
    assert without_donations(world, lambda tx: analytics(tx, find_campaign(tx, world.slug))).whole.donations == 1
    world.pay(world.give(20_00))
    assert found_in(world).whole.donations == 2
