"""A pot is paused while donors give: whoever is decided after the pause gets nothing, and all of it replays."""

import time
from typing import Any

import pytest

from campaigns import pots
from campaigns.donations.facts.replay import replay
from tests.races.runners import at_once, errors
from tests.world import ACTOR, World

GIVERS = 8
EACH = 12


def _pause_while_they_give(world: World) -> int:
    """Donors give while the pot is paused, resumed and paused again; return what was reserved after the last
    pause, in fen, by the order of the books."""
    pot = world.pot(10_000_00)

    def give() -> list[Any]:
        return [world.give(1_00).id for _ in range(EACH)]

    def toggle() -> None:
        for act in (pots.pause, pots.resume, pots.pause):
            time.sleep(0.05)
            world.do(act, pot, "测试", ACTOR)

    answers = at_once(*[give] * GIVERS, toggle)
    assert errors(answers) == []
    return int(
        world.do(
            lambda tx: tx.scalar(
                """SELECT coalesce(sum(r.amount_minor), 0) FROM reservation r
                     JOIN match_decision m ON m.id = r.decision_id
                    WHERE m.position > (SELECT max(position) FROM pot_pause)"""
            )
        )
    )


def test_no_donation_is_matched_after_the_pause(world: World) -> None:
    assert _pause_while_they_give(world) == 0
    assert next(iter(world.pots().values())).paused
    world.check()
    assert replay(world.deps, world.slug).differences == ()


def test_control_without_the_lock_of_the_campaign_the_pause_comes_too_late(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pause is written without waiting for donors who read the pots before: they are matched after it."""
    monkeypatch.setattr(pots, "lock_campaign_by_id", lambda tx, id_: tx.get(pots.Campaign, id_))
    monkeypatch.setattr(pots, "bump_matching_version", lambda tx, campaign: None)
    after = _pause_while_they_give(world)
    assert after > 0
    assert replay(world.deps, world.slug).differing > 0
