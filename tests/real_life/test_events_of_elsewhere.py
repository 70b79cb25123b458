"""Signed events of the provider that are not booked here: of another account or mode."""

from dataclasses import replace
from typing import Any

import pytest

from campaigns.dependencies import Dependencies
from campaigns.intake.process import process_inbox
from payments.inbox.inbox import store
from payments.messages import message
from settings.together import Config
from tests.world import World

SUCCEEDED = "payment_intent.succeeded"


def outcome(world: World, deps: Dependencies | None = None, **envelope: Any) -> tuple[str, str, str]:
    """State and note of an event that pays a donation, with these fields of its envelope, and the donation's
    status."""
    donation = world.give(100_00)
    body = {"id": "evt", "object": "event", "type": SUCCEEDED, "created": int(world.clock.at.timestamp())}
    body |= {"data": {"object": world.intent(donation)}} | envelope
    world.do(store, world.deps.keys, [message("stripe", "evt", body, compare=False)])
    process_inbox(deps or world.deps)
    row = world.do(lambda tx: tx.row("SELECT state, note FROM inbox_work"))
    world.check()
    return row.state, row.note, world.view(donation).status


def test_money_of_a_connected_account_is_not_booked(world: World) -> None:
    assert outcome(world, account="acct_other") == ("flagged", "another_account", "pending")


def test_an_event_of_a_connected_account_about_nothing_of_ours_is_ignored(world: World) -> None:
    world.pot(100_00)
    donation = world.pay(world.give(100_00))
    charge = world.charge(donation, 100_00) | {"metadata": {}}
    body = {"id": "evt", "type": "charge.refunded", "created": int(world.clock.at.timestamp()), "account": "acct_b"}
    world.do(store, world.deps.keys, [message("stripe", "evt", body | {"data": {"object": charge}}, compare=False)])
    process_inbox(world.deps)
    assert (
        world.do(lambda tx: tx.scalar("SELECT state FROM inbox_work WHERE note = 'another_account'")) == "ignored"
    )
    assert world.view(donation).status == "paid"
    world.check()


def test_an_event_without_an_account_is_ours(world: World) -> None:
    assert outcome(world, account=None) == ("done", "", "paid")


def test_live_money_is_not_booked_beside_a_test_key(world: World) -> None:
    deps = replace(world.deps, accept_live_mode=False)
    assert outcome(world, deps, livemode=True) == ("flagged", "live_mode", "pending")


@pytest.mark.parametrize("mode", ["false", 0, 1, "", []])
def test_a_mode_that_is_neither_is_malformed(world: World, mode: object) -> None:
    expected = ("flagged", "malformed:boolean_expected:livemode", "pending")
    assert outcome(world, replace(world.deps, accept_test_mode=False), livemode=mode) == expected


@pytest.mark.parametrize(
    ("key", "environment", "accepts"),
    [
        ("sk_test_" + "a" * 24, "development", False),
        ("sk_live_" + "a" * 24, "development", True),
        ("rk_live_" + "a" * 24, "production", True),
    ],
)
def test_the_key_says_whether_live_money_is_expected(key: str, environment: str, accepts: bool) -> None:
    settings = Config(STRIPE_SECRET_KEY=key, BEISHAN_ENV=environment)
    assert settings.accepts_live_mode is accepts
