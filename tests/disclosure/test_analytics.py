"""The analytics: every paid gift once in each dimension, less what went back; a branch sees its own."""

from campaigns.disclosure.analytics import Analytics, analytics
from campaigns.lifecycle.campaign import find_campaign
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
