"""Several schedulers close one event: every step is made once, with all its effects."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from campaigns.closing.close import close
from campaigns.funds import funds
from campaigns.lifecycle.campaign import lock_campaign, lock_shared
from campaigns.lifecycle.models import Campaign
from campaigns.lifecycle.phases import Phase
from campaigns.lifecycle.transitions import transition
from kernel.db import Tx
from tests.races.runners import Meeting, at_once, errors
from tests.world import ACTOR, World

FUND = 1_000_000_00
DUE = timedelta(hours=8, minutes=31)  # the event is over and those who were paying have had their time


def _reached(world: World) -> list[str]:
    """The phases that the event reached, in order."""
    rows = world.do(lambda tx: tx.rows("SELECT to_phase FROM campaign_history ORDER BY id"))
    return [row[0] for row in rows]


def _close_at_once(world: World, closers: int) -> list[Any]:
    return at_once(*[lambda: close(world.deps)] * closers)


def _closed_by_two_without_lock(world: World, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Two closers read the event without its lock, and meet after reading."""
    meeting = Meeting()

    def read(tx: Tx, campaign_id: int) -> Campaign:
        campaign = tx.get(Campaign, campaign_id)
        assert campaign is not None
        meeting.wait()
        return campaign

    monkeypatch.setattr("campaigns.closing.close.lock_campaign_by_id", read)
    return _close_at_once(world, 2)


def test_many_closers_make_every_step_once(world: World) -> None:
    world.clock.at += DUE
    assert errors(_close_at_once(world, 4)) == []
    assert _reached(world) == ["draft", "scheduled", "open", "ended", "settling"]
    assert world.phase() == "settling"
    world.check()


def test_control_without_lock_and_index_steps_are_made_twice(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.do(lambda tx: tx.run("DROP INDEX campaign_history_once"))
    world.clock.at += DUE
    _closed_by_two_without_lock(world, monkeypatch)
    assert _reached(world).count("ended") == 2


def test_the_history_is_the_second_defence(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.clock.at += DUE
    answers = _closed_by_two_without_lock(world, monkeypatch)
    assert [error for error in errors(answers) if isinstance(error, IntegrityError)]
    assert _reached(world).count("ended") == 1


def test_an_open_event_is_not_locked_before_its_end(world: World) -> None:
    """Donors hold it shared all day long, and the job runs every few seconds."""
    with world.db.transaction() as donor:
        assert lock_shared(donor, slugs=[world.slug])
        assert close(world.deps) == 0


def test_match_is_released_once(world: World) -> None:
    """After the notice: earned match becomes spendable, what is left goes back to the fund; once."""
    pot = world.pot(500_00)
    world.pay(world.give(100_00))
    for phase in (Phase.ENDED, Phase.SETTLING, Phase.RECONCILING, Phase.NOTICE):
        world.do(lambda tx, phase=phase: transition(tx, lock_campaign(tx, world.slug), phase, ACTOR))
    world.clock.advance(days=11)
    assert errors(_close_at_once(world, 4)) == []
    assert _reached(world).count("released") == 1
    held = world.do(
        lambda tx: tx.rows("SELECT kind, balance_minor FROM ledger_account WHERE pot_id = :pot", pot=pot)
    )
    assert dict(tuple(row) for row in held) == {
        "pot_free": 0,
        "pot_reserved": 0,
        "pot_captured": 0,
        "pot_released": 100_00,
    }
    assert world.do(funds.list_funds)[0].balance_minor == FUND - 100_00
    world.check()


def test_a_gift_and_the_end_never_both_happen(world: World) -> None:
    """Givers and a closer meet at the last moment: whoever is in was in before the end."""
    world.pot(10_000_00)
    world.clock.at += timedelta(hours=8)
    answers = at_once(lambda: close(world.deps), *[lambda: world.give(10_00)] * 6)
    assert answers[0] == 1
    assert {error.code for error in errors(answers[1:])} == {"campaign_not_open"}  # type: ignore[attr-defined]
    assert len(errors(answers[1:])) == 6
    world.check()
