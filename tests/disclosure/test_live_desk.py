"""The live desk: what is counted in which minute, when a pot runs dry, and what a branch sees."""

from datetime import timedelta

from campaigns.disclosure.live_desk import LOOK_BACK, Desk, live_desk
from campaigns.lifecycle.campaign import find_campaign
from tests.world import World


def desk(world: World, branch: str | None = None) -> Desk:
    return world.do(lambda tx: live_desk(tx, find_campaign(tx, world.slug).id or 0, branch))


def test_gifts_are_counted_in_their_minute_by_their_state(world: World) -> None:
    world.pay(world.give(100_00))
    world.clock.advance(minutes=3)
    world.give(20_00)
    shown = desk(world)
    assert len(shown.minutes) == LOOK_BACK // timedelta(minutes=1) and shown.minutes[-1].at <= shown.at
    assert [(minute.paid, minute.waiting) for minute in shown.minutes if minute.paid or minute.waiting] == [
        (1, 0),
        (0, 1),
    ]
    assert shown.minutes[-4].given_minor == 100_00 == shown.sum_of("given_minor")
    world.clock.advance(minutes=31)
    assert desk(world).sum_of("paid") == 0


def test_a_pot_says_when_it_is_dry_at_its_pace(world: World) -> None:
    pot = world.pot(1_000_00)
    world.pay(world.give(100_00))
    (pace,) = desk(world).pots
    # 100 of 1,000 yuan in ten minutes: 900 yuan last for ninety.
    assert (pace.pot.id, pace.given_minor, pace.dry_at) == (pot, 100_00, world.clock.at + timedelta(minutes=90))
    world.clock.advance(minutes=11)
    assert desk(world).pots[0].dry_at is None


def test_a_branch_sees_the_gifts_to_its_projects_and_nothing_of_the_system(world: World) -> None:
    world.pay(world.give(10_00, project=0))
    world.pay(world.give(20_00, project=2))
    shown = desk(world, "4102")
    assert shown.sum_of("given_minor") == 20_00 and shown.sources == [] and shown.lag_s == 0
    assert desk(world).sum_of("given_minor") == 30_00
