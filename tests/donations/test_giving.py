"""A donor gives, pays, changes their mind or forgets: what becomes of the money and the match."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from campaigns.donations.create import Created
from campaigns.donations.facts.aggregate import DonationAggregate, FactResult
from campaigns.donations.unpaid.expire import cancel, expire, keep_alive
from kernel.errors import Conflict, Refusal
from payments.gateway import ClosedAs
from tests.world import World


def test_a_pledge_holds_match_and_a_payment_earns_it(world: World) -> None:
    pot = world.pot(500_00)
    pledged = world.give(100_00)
    assert (pledged.status, pledged.reserved_minor) == ("pending", 100_00)
    assert world.pots()[pot].available_minor == 400_00
    paid = world.pay(pledged)
    assert (paid.status, paid.captured_minor, paid.reserved_minor) == ("paid", 100_00, 0)
    assert world.totals() == (1, 1, 100_00, 100_00)
    world.check()


def test_the_same_request_again_is_the_same_donation(world: World) -> None:
    world.pot(500_00)
    command = world.command(100_00)
    first, second = world.try_give(command)[0], world.try_give(command)[0]
    assert isinstance(first, Created)
    assert isinstance(second, Created)
    assert (first.created, second.created) == (True, False)
    assert first.donation == second.donation
    world.check()


def test_the_same_id_for_something_else_is_refused(world: World) -> None:
    command = world.command(100_00)
    other = world.command(200_00, id=command.id)
    together = world.try_give(command, other, command)
    assert [created.code if isinstance(created, Refusal) else created.created for created in together] == [
        True,
        "donation_id_reused",
        False,
    ]
    later = world.try_give(other)[0]
    assert isinstance(later, Refusal)
    assert later.code == "donation_id_reused"


def test_a_short_pot_asks_the_donor_first_and_holds_nothing(world: World) -> None:
    pot = world.pot(60_00)
    refused = world.try_give(world.command(100_00, accept_unmatched=False))[0]
    assert isinstance(refused, Refusal)
    assert refused.code == "match_short"
    assert refused.params["pots"] == [{"pot": pot, "available_minor": 60_00, "would_give_minor": 60_00}]
    assert world.pots()[pot].available_minor == 60_00
    assert world.give(100_00).reserved_minor == 60_00


def test_an_unpaid_donation_lapses_once(world: World) -> None:
    pot = world.pot(500_00)
    pledged = world.give(100_00)
    world.clock.advance(minutes=14)
    assert expire(world.deps) == 0
    world.clock.advance(minutes=1)
    assert (expire(world.deps), expire(world.deps)) == (1, 0)
    assert world.view(pledged).status == "expired"
    assert world.pots()[pot].available_minor == 500_00
    world.check()


def test_an_open_page_extends_the_hold_but_not_for_ever(world: World) -> None:
    world.pot(500_00)
    pledged = world.give(100_00)
    world.clock.advance(minutes=10)
    assert keep_alive(world.deps, pledged.id) == pledged.pledged_at + timedelta(minutes=25)
    world.clock.advance(minutes=10)
    assert keep_alive(world.deps, pledged.id) == pledged.pledged_at + timedelta(minutes=30)
    world.clock.advance(minutes=10)
    expire(world.deps)
    with pytest.raises(Conflict, match="promise_lapsed"):
        keep_alive(world.deps, pledged.id)


def test_late_money_is_accepted_and_gets_what_is_still_free(world: World) -> None:
    world.pot(150_00)
    pledged = world.give(100_00)
    world.clock.advance(minutes=16)
    expire(world.deps)
    world.pay(world.give(80_00))
    late = world.pay(pledged)
    assert (late.status, late.captured_minor) == ("paid", 70_00)
    world.check()


def test_webhooks_twice_late_and_in_any_order_end_the_same(world: World) -> None:
    pot = world.pot(500_00)
    pledged = world.give(100_00)
    world.refund(pledged, 40_00)  # before its payment: remembered, nothing is booked
    assert world.totals() == (0, 0, 0, 0)
    world.pay(pledged)
    world.pay(pledged)
    world.refund(pledged, 40_00)
    world.tell("payment_intent.canceled", world.intent(pledged))
    world.settle()
    view = world.view(pledged)
    assert (view.status, view.refunded_minor, view.captured_minor) == ("paid", 40_00, 60_00)
    assert world.totals() == (1, 1, 60_00, 60_00)
    assert world.pots()[pot].available_minor == 440_00
    world.check()


class EarlyMessage:
    """A provider whose message about a closed session is processed before the caller hears of it."""

    def __init__(self, world: World) -> None:
        self.world = world

    def close(self, reference: str) -> ClosedAs:
        session = {"id": reference, "object": "checkout.session", "amount_total": 100_00, "currency": "cny"}
        donation_id = str(UUID(reference.removeprefix("cs_")))
        self.world.tell("checkout.session.expired", session | {"metadata": {"donation_id": donation_id}})
        self.world.settle()
        return ClosedAs.CLOSED


def test_a_donor_has_cancelled_even_if_the_provider_reports_the_closed_session_first(world: World) -> None:
    pot = world.pot(500_00)
    pledged = world.give(100_00, email="anna@example.org")
    reference = f"cs_{pledged.id.hex}"
    world.do(
        lambda tx: tx.run("UPDATE donation SET payment_reference = :to WHERE id = :id", to=reference, id=pledged.id)
    )
    cancel(replace(world.deps, gateway=EarlyMessage(world)), pledged.id)
    assert (world.view(pledged).status, world.pots()[pot].available_minor) == ("cancelled", 500_00)
    assert world.do(lambda tx: tx.rows("SELECT kind FROM letter")) == [], "no letter says that the time is over"
    world.check()


def test_an_end_and_a_payment_in_one_batch_capture_what_was_reserved(world: World) -> None:
    pot = world.pot(500_00)
    pledged = world.give(100_00)
    world.tell("payment_intent.canceled", world.intent(pledged))
    world.tell("payment_intent.succeeded", world.intent(pledged))
    world.settle()
    donation = world.view(pledged)
    assert (donation.status, donation.captured_minor) == ("paid", 100_00)
    assert world.pots()[pot].available_minor == 400_00
    world.check()


def test_a_full_refund_returns_all_match(world: World) -> None:
    pot = world.pot(500_00)
    paid = world.pay(world.give(100_00))
    world.refund(paid, 30_00)
    refunded = world.refund(paid, 100_00)
    assert (refunded.status, refunded.captured_minor) == ("refunded", 0)
    assert world.pots()[pot].available_minor == 500_00
    assert world.totals() == (0, 0, 0, 0)
    world.check()


def test_a_lost_dispute_takes_money_and_match_a_won_one_leaves_them(world: World) -> None:
    world.pot(500_00)
    lost, won = world.pay(world.give(100_00)), world.pay(world.give(100_00))
    for donation, outcome in ((lost, "lost"), (won, "won")):
        world.dispute(donation, outcome)  # the end is told before the beginning
        world.dispute(donation)
        world.settle()
    assert world.view(lost).status == "refunded"
    assert world.view(won).status == "paid"
    assert world.totals() == (1, 1, 100_00, 100_00)
    world.check()


def test_a_payment_of_another_amount_counts_by_what_came(world: World) -> None:
    pledged = world.give(100_00)
    world.tell("payment_intent.succeeded", world.intent(pledged, amount_received=99_00))
    world.settle()
    paid = world.view(pledged)
    assert (paid.status, paid.amount_minor) == ("paid", 99_00)
    assert world.do(lambda tx: tx.rows("SELECT note FROM inbox_work WHERE state = 'flagged'")) == []
    world.check()


def test_a_message_that_breaks_its_batch_is_flagged_and_the_others_are_settled(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What no one foresaw: here, a donation of which nothing may be told."""
    good, bad, also_good = (world.give(100_00) for _ in range(3))
    apply_success = DonationAggregate.apply_success

    def break_on_bad(record: DonationAggregate, *args: Any) -> FactResult:
        if record.id == bad.id:
            raise KeyError("unforeseen")
        return apply_success(record, *args)

    monkeypatch.setattr(DonationAggregate, "apply_success", break_on_bad)
    for donation in (good, bad, also_good):
        world.tell("payment_intent.succeeded", world.intent(donation))
    with capture_logs() as lines:
        world.settle()
    assert [(line["event"], line["error"]) for line in lines] == [("batch_processed_singly", "KeyError")]
    assert [world.view(donation).status for donation in (good, bad, also_good)] == ["paid", "pending", "paid"]
    flagged = world.do(lambda tx: tx.rows("SELECT note FROM inbox_work WHERE state = 'flagged'"))
    assert [row[0] for row in flagged] == ["failed:KeyError"]
    world.check()


def test_late_money_and_payment_time_match_share_a_pot_in_one_batch(world: World) -> None:
    """Both look for match in the same transaction: together they get what the pot holds, and no more."""
    pot = world.pot(150_00, mode="payment")
    late = world.give(100_00)
    world.clock.advance(minutes=16)
    expire(world.deps)
    on_time = world.give(100_00)
    for donation in (late, on_time):
        world.tell("payment_intent.succeeded", world.intent(donation))
    world.settle()
    assert [world.view(donation).captured_minor for donation in (late, on_time)] == [100_00, 50_00]
    assert world.pots()[pot].available_minor == 0
    world.check()
