"""My own abandoned hold: gift 100, cashier, Back, gift 50 with a cap of 100. It is shown, continued, replaced or
kept, and never silently eats the donor's own cap. Amounts are fen."""

from dataclasses import replace
from threading import Event
from typing import Any
from uuid import uuid4

import pytest

from campaigns.donations import create
from campaigns.donations import replace as replacing
from campaigns.donations.commands import CreateDonation, Replaced
from campaigns.donations.create import Created
from campaigns.donations.facts.replay import replay
from campaigns.donations.open_payment import open_payment
from campaigns.donations.replace import close_replaced_payments
from campaigns.donations.view import DonationView
from campaigns.intake.process import process_inbox
from kernel.errors import Refusal
from tests.closing.day import Day, clock, day
from tests.offline import offline_gateway
from tests.races.runners import at_once, errors, until_somebody_waits
from tests.world import World

__all__ = ["clock", "day"]

MAIL = "a@example.org"
ROUNDS = 6


def named(world: World, *donations: DonationView) -> tuple[Replaced, ...]:
    return tuple(Replaced(donation.id, world.deps.keys.token(str(donation.id))) for donation in donations)


def holds(world: World) -> None:
    """Every promise holds, and every decision comes out again."""
    world.check()
    assert replay(world.deps, world.slug).differences == ()


def code(result: Created | Refusal) -> str:
    return result.code if isinstance(result, Refusal) else "created"


@pytest.fixture
def capped(world: World) -> DonationView:
    """The abandoned donation of 100.00, which uses the cap of its donor up."""
    world.pot(1_000_00, donor=100_00)
    return world.give(100_00, email=MAIL)


def test_my_own_abandoned_hold_is_replaced_and_frees_my_cap(world: World, capped: DonationView) -> None:
    assert world.give(50_00, email=MAIL).reserved_minor == 0
    new = world.give(50_00, email=MAIL, replaces=named(world, capped))
    assert (new.reserved_minor, world.view(capped).status, world.view(capped).reserved_minor) == (
        50_00,
        "cancelled",
        0,
    )
    holds(world)


def test_the_same_request_again_replaces_nothing_more(world: World, capped: DonationView) -> None:
    command = world.command(50_00, email=MAIL, replaces=named(world, capped))
    first, again = (world.try_give(command)[0] for _ in range(2))
    assert isinstance(first, Created) and isinstance(again, Created)
    assert (first.created, again.created, again.donation.reserved_minor) == (True, False, 50_00)
    other = world.command(50_00, id=command.id, email=MAIL)
    assert code(world.try_give(other)[0]) == "donation_id_reused"
    holds(world)


def test_a_refused_donation_replaces_nothing(world: World) -> None:
    world.pot(100_00)
    old = world.give(60_00, email=MAIL)
    command = world.command(500_00, email=MAIL, replaces=named(world, old), accept_unmatched=False)
    assert code(world.try_give(command)[0]) == "match_short"
    assert (world.view(old).status, world.view(old).reserved_minor) == ("pending", 60_00)
    holds(world)


def test_a_stranger_cannot_replace_mine(world: World, capped: DonationView) -> None:
    for replaces in ((Replaced(capped.id),), (Replaced(capped.id, "dt_0"),), (Replaced(uuid4()),)):
        command = world.command(50_00, email=MAIL, replaces=replaces, visitor="another browser")
        assert code(world.try_give(command)[0]) == "replaced_unknown"
    assert world.view(capped).status == "pending"
    holds(world)


def test_the_same_browser_may_replace_without_a_token(world: World) -> None:
    world.pot(1_000_00, donor=100_00)
    old = world.give(100_00, visitor="mine")
    assert world.give(50_00, visitor="mine", replaces=(Replaced(old.id),)).reserved_minor == 50_00
    holds(world)


def test_a_donation_that_is_paid_is_not_replaced(world: World, capped: DonationView) -> None:
    world.pay(capped)
    command = world.command(50_00, email=MAIL, replaces=named(world, capped))
    assert code(world.try_give(command)[0]) == "replaced_being_paid"
    assert world.totals() == (1, 1, 100_00, 100_00)
    holds(world)


def test_replacing_a_donation_that_has_ended_changes_nothing(world: World, capped: DonationView) -> None:
    world.give(50_00, email=MAIL, replaces=named(world, capped))
    assert world.give(20_00, email=MAIL, replaces=named(world, capped)).reserved_minor == 20_00
    holds(world)


def test_several_are_replaced_at_once_beside_others_of_the_batch(world: World, capped: DonationView) -> None:
    second = world.give(30_00, project=1, email=MAIL)
    results = world.try_give(
        world.command(10_00),
        world.command(80_00, project=2, email=MAIL, replaces=named(world, capped, second)),
        world.command(1),
    )
    assert [code(result) for result in results] == ["created", "created", "amount_invalid"]
    assert isinstance(results[1], Created) and results[1].donation.reserved_minor == 80_00
    holds(world)


def test_replacing_while_the_old_payment_succeeds_loses_no_money(world: World) -> None:
    """Money is never lost and match stays within the cap, whoever is first."""
    pot = world.pot(1_000_00, donor=100_00)
    for round_ in range(ROUNDS):
        mail = f"racer{round_}@example.org"
        old = world.give(100_00, email=mail)
        world.tell("payment_intent.succeeded", world.intent(old))
        command = world.command(50_00, email=mail, replaces=named(world, old))
        result = at_once(lambda c=command: world.try_give(c)[0], lambda: process_inbox(world.deps))[0]
        world.settle()
        assert world.view(old).status == "paid"
        matched = world.view(old).captured_minor
        if code(result) == "created":
            matched += world.pay(command.id).captured_minor
        assert code(result) in ("created", "replaced_being_paid") and matched <= 100_00
        holds(world)
    assert world.pots()[pot].available_minor >= 0


def test_replacers_that_meet_never_deadlock(world: World) -> None:
    """Crosswise: two projects, donors who replace each way, captures between them."""
    world.pot(10_000_00)
    world.pot(10_000_00, rank=2)
    for _ in range(ROUNDS):
        olds = [world.give(100_00, project=number % 2, email=MAIL) for number in range(4)]
        paid = [world.give(100_00, project=number % 3) for number in range(3)]
        for donation in paid:
            world.tell("payment_intent.succeeded", world.intent(donation))
        commands = [
            world.command(50_00, project=(number + 1) % 2, email=MAIL, replaces=named(world, old))
            for number, old in enumerate(olds)
        ]
        results = at_once(
            *(lambda c=command: world.try_give(c)[0] for command in commands), lambda: process_inbox(world.deps)
        )
        assert [code(result) for result in results[:4]] == ["created"] * 4
        world.settle()
    holds(world)


def _cross(world: World, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """One donor moves from the second project to the first, while payments of both projects are captured: the
    replacer pauses between its two postings, the capture locks the accounts of the projects in their order."""
    world.pot(10_000_00)
    bystanders = [world.give(100_00, project=project) for project in (0, 1)]
    old = world.give(100_00, project=1, email=MAIL)
    for donation in bystanders:
        world.tell("payment_intent.succeeded", world.intent(donation))
    plan, paused = create.plan_matches, Event()

    def pause_and_plan(*args: Any) -> Any:
        if not paused.is_set():
            paused.set()
            until_somebody_waits(world.db)
        return plan(*args)

    def capture_meanwhile() -> int:
        assert paused.wait(10)
        return process_inbox(world.deps)

    monkeypatch.setattr(create, "plan_matches", pause_and_plan)
    command = world.command(50_00, email=MAIL, replaces=named(world, old))
    return at_once(lambda: create.create_donations(world.deps, [command])[0], capture_meanwhile)


def test_replacing_and_capturing_crosswise_wait_for_each_other(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    result, processed = _cross(world, monkeypatch)
    assert isinstance(result, Created) and processed == 2
    holds(world)


def test_control_without_the_locks_taken_before_they_deadlock(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replacing, "lock_accounts", lambda tx, accounts: None)
    assert errors(_cross(world, monkeypatch)), "neither was refused: the control shows nothing"


def test_two_that_replace_the_same_hold_share_the_cap(world: World, capped: DonationView) -> None:
    commands = [world.command(70_00, email=MAIL, replaces=named(world, capped)) for _ in range(2)]
    results = at_once(*(lambda c=command: world.try_give(c)[0] for command in commands))
    assert sorted(result.donation.reserved_minor for result in results) == [30_00, 70_00]
    holds(world)


def _closing(world: World) -> int:
    return int(world.do(lambda tx: tx.scalar("SELECT count(*) FROM payment_to_close")))


def test_the_payment_of_a_replaced_donation_is_closed_at_the_provider(day: Day) -> None:
    world = day.world
    world.pot(1_000_00, donor=100_00)
    old = day.pledge(100_00, email=MAIL)
    new = day.pledge(50_00, email=MAIL, replaces=named(world, old))
    assert (_closing(world), close_replaced_payments(world.deps), _closing(world)) == (1, 1, 0)
    assert str(world.deps.gateway.state(old.payment_reference or "")) == "closed"
    assert day.pay(new).captured_minor == 50_00
    holds(world)


def test_a_donation_that_is_being_paid_at_the_provider_is_not_replaced(day: Day) -> None:
    world = day.world
    world.pot(1_000_00, donor=100_00)
    old = day.pledge(100_00, email=MAIL)
    assert world.deps.gateway.state(old.payment_reference or "") is None
    day.server.order("/pay", reference=old.payment_reference)
    command: CreateDonation = world.command(50_00, email=MAIL, replaces=named(world, old))
    assert code(world.try_give(command)[0]) == "replaced_being_paid"
    assert world.view(old).status == "paying"
    holds(world)


def test_a_silent_provider_does_not_prevent_a_replacement(day: Day) -> None:
    world = day.world
    world.pot(1_000_00, donor=100_00)
    old = day.pledge(100_00, email=MAIL)
    silent = replace(world.deps, gateway=offline_gateway())
    command = world.command(50_00, email=MAIL, replaces=named(world, old))
    assert code(create.create_donations(silent, [command])[0]) == "created"
    assert (close_replaced_payments(silent), _closing(world)) == (0, 1)
    assert (close_replaced_payments(world.deps), _closing(world)) == (1, 0)
    holds(world)


def test_a_payment_that_was_being_opened_is_closed_once_it_is_known(day: Day) -> None:
    world = day.world
    world.pot(1_000_00, donor=100_00)
    old = world.give(100_00, email=MAIL)
    world.give(50_00, email=MAIL, replaces=named(world, old))
    assert (close_replaced_payments(world.deps), _closing(world)) == (0, 1)
    opened = open_payment(world.deps, old, "redirect", "zh")  # it was asked for before the donor changed their mind
    assert opened.payment_url is None and world.view(old).status == "cancelled"
    assert (close_replaced_payments(world.deps), _closing(world)) == (1, 0)
    assert str(world.deps.gateway.state(world.view(old).payment_reference or "")) == "closed"
    holds(world)
