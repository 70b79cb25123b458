"""Screening lets a backlog of messages go first, and is not put off for long."""

from campaigns.screening.screen import PATIENCE, screen, yields_to_inbox
from tests.screening.watched import three_small, world
from tests.world import World

__all__ = ["world"]


def test_a_backlog_goes_first_until_a_payment_has_waited_long_enough(world: World) -> None:
    world.pot(10_000_00)
    three_small(world)
    assert not yields_to_inbox(world.deps, backlog=0)  # nothing is due
    world.tell("payment_intent.processing", world.intent(world.give(10_00)))
    assert not yields_to_inbox(world.deps, backlog=1)
    assert yields_to_inbox(world.deps, backlog=0)
    world.clock.advance(seconds=PATIENCE.total_seconds())
    assert not yields_to_inbox(world.deps, backlog=0)
    screen(world.deps)
    assert yields_to_inbox(world.deps, backlog=0)  # no payment waits any more
