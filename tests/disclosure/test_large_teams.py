"""A large team's older gifts are counted by the job; its pages read only new ones, and show them at once."""

from typing import Any

import pytest

from campaigns.analytics import teams
from campaigns.analytics.kept import count_due
from campaigns.disclosure.standings import standings
from campaigns.disclosure.teams import totals_of_teams
from kernel.db import Tx
from tests.world import World


@pytest.fixture
def team(world: World, monkeypatch: pytest.MonkeyPatch) -> str:
    """A team that counts as large, with three old gifts of two donors, one of them matched."""
    monkeypatch.setattr(teams, "LARGE", 3)
    world.pot(10_00)
    world.team("老乡")
    for email in ("a@example.org", "a@example.org", "b@example.org"):
        world.pay(world.give(10_00, team="老乡", email=email))
    world.clock.advance(minutes=30)
    return "老乡"


def figures(world: World, team: str) -> tuple[int, ...]:
    (row,) = world.do(totals_of_teams, 1, [team])
    shown = world.do(standings, 1, "team")[0]
    assert [(line.raised_minor, line.matched_minor) for line in shown] == [(row.raised_minor, row.matched_minor)]
    return tuple(row[1:])


def test_new_gifts_show_at_once_and_refunds_after_the_next_count(world: World, team: str) -> None:
    assert figures(world, team) == (3, 2, 30_00, 10_00)
    assert count_due(world.deps) == 1
    assert figures(world, team) == (3, 2, 30_00, 10_00)
    old = world.do(lambda tx: tx.scalar("SELECT id FROM donation ORDER BY paid_at, pledged_at, id DESC LIMIT 1"))
    world.pay(world.give(5_00, team=team, email="b@example.org"))
    world.pay(world.give(6_00, team=team, email="c@example.org"))
    assert figures(world, team) == (5, 3, 41_00, 10_00)
    world.refund(old, 4_00)
    world.clock.advance(minutes=1)
    assert count_due(world.deps) == 1
    assert figures(world, team)[:3] == (5, 3, 37_00)


def test_gifts_that_are_counted_are_not_read(world: World, team: str) -> None:
    count_due(world.deps)
    world.pay(world.give(5_00, team=team))

    def read(tx: Tx) -> Any:
        tx.run("UPDATE donation SET refunded_minor = 1 WHERE team = :team AND amount_minor = 1000", team=team)
        return totals_of_teams(tx, 1, [team])[0].raised_minor

    assert world.do(lambda tx: tx.rehearse(lambda: read(tx))) == 35_00
