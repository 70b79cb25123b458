"""Screening lets a backlog of messages go first, and is not put off for long."""

from functools import partial

import pytest

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


def test_screening_yields_to_a_backlog_that_grows_while_it_runs(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each batch asks again, and payments that were counted and not screened still wait no longer than allowed."""
    monkeypatch.setattr("campaigns.screening.screen.BATCH", 1)
    world.pot(10_000_00)
    three_small(world)
    answers = iter([False, False, True])  # before counting, before the first batch, before the second
    screen(world.deps, yields=lambda: next(answers))
    assert _screened(world) == 1
    world.tell("payment_intent.processing", world.intent(world.give(10_00)))
    yields = partial(yields_to_inbox, world.deps, backlog=0)
    screen(world.deps, yields=yields)
    assert _screened(world) == 1
    world.clock.advance(seconds=PATIENCE.total_seconds())
    screen(world.deps, yields=yields)
    assert _screened(world) == 3


def _screened(world: World) -> int:
    """Return how many payments were screened once."""
    return int(
        world.do(
            lambda tx: tx.scalar(
                """SELECT count(*) FROM donation_history
                    WHERE to_status = 'paid' AND id <= (SELECT seen_id FROM screening_mark)"""
            )
        )
    )
