"""Payments that are not what was asked: another amount, another currency, a second one, one that never ends."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.factory import create_app
from app.i18n.match_explanation import explain_lines
from campaigns.closing.close import close
from campaigns.closing.reconciliation.discrepancies import listed, sign_off
from campaigns.closing.reconciliation.reconcile import reconcile
from campaigns.closing.waits import waits
from campaigns.desks import payment_desk
from campaigns.donations.explain import explain
from campaigns.donations.facts.replay import replay
from campaigns.donations.models import PaymentException
from campaigns.donations.open_payment import open_payment
from campaigns.donations.unpaid.expire import expire
from campaigns.donations.view import DonationView
from campaigns.lifecycle.campaign import lock_campaign_by_id
from config import Config
from kernel.errors import Conflict, Invalid, NotFound
from tests.payments.servers import Server
from tests.world import SLUG, World

RESERVATION_S = 900


def success(world: World, donation: DonationView | UUID, **other: Any) -> None:
    world.tell("payment_intent.succeeded", world.intent(donation, **other))
    world.settle()


def of(amount: int) -> dict[str, Any]:
    return {"amount": amount, "amount_received": amount}


def stands(world: World, donation: DonationView | UUID) -> tuple[str, int, int]:
    """Status, amount and captured match; every promise holds, and each decision replays."""
    world.check()
    assert replay(world.deps, SLUG).differences == ()
    view = world.view(donation)
    return view.status, view.amount_minor, view.captured_minor


def only_exception(world: World) -> PaymentException:
    rows, total = world.do(payment_desk.listed)
    assert total == 1
    row: PaymentException = rows[0]
    return row


def inbox(world: World) -> set[str]:
    with world.db.transaction() as tx:
        return {row.state for row in tx.rows("SELECT state FROM inbox_work")}


@pytest.fixture
def dollars(world: World) -> Iterator[DonationView]:
    """A donation of 100 yuan with match, for which 13.90 dollars came."""
    world.pot(500_00)
    donation = world.give(100_00)
    success(world, donation, currency="usd", **of(13_90))
    yield donation
    world.check()


def test_a_payment_of_99_for_a_gift_of_100_counts_as_99(world: World) -> None:
    world.pot(500_00)
    donation = world.give(100_00)
    success(world, donation, **of(99_00))
    assert stands(world, donation) == ("paid", 99_00, 99_00)
    explanation = world.do(explain, donation.id)
    assert explanation.history[-1].cause == "paid_other_amount"
    assert explanation.pledged_minor == 100_00
    assert [back.amount_minor for back in explanation.returns] == [1_00]
    assert inbox(world) == {"done"}


def test_explain_says_what_was_pledged_and_what_came(world: World, database_url: str) -> None:
    app = create_app(Config(DATABASE_URL=database_url), world.deps)
    donation = world.give(100_00)
    success(world, donation, **of(99_00))
    with app.test_request_context("/?lang=en"):
        line = explain_lines(world.do(explain, donation.id))[0]
    assert "100.00" in line
    assert "99.00" in line


def test_a_payment_of_more_keeps_the_reserved_match(world: World) -> None:
    world.pot(500_00)
    donation = world.give(100_00)
    success(world, donation, **of(150_00))
    assert stands(world, donation) == ("paid", 150_00, 100_00)


def test_less_match_stays_within_every_pots_ratio(world: World) -> None:
    world.pot(40_00, rank=1)
    world.pot(500_00, rank=2, ratio_bps=5_000)
    donation = world.give(100_00)
    assert donation.reserved_minor == 40_00 + 30_00
    success(world, donation, **of(50_00))
    assert stands(world, donation) == ("paid", 50_00, 40_00 + 5_00)


def test_another_amount_then_refunded_and_reported_twice(world: World) -> None:
    world.pot(500_00)
    donation = world.give(100_00)
    for _ in range(2):
        success(world, donation, **of(60_00))
    world.refund(donation, 20_00)
    assert stands(world, donation) == ("paid", 60_00, 40_00)
    world.refund(donation, 60_00)
    assert stands(world, donation) == ("refunded", 60_00, 0)


def test_a_refund_reported_before_a_payment_of_another_amount(world: World) -> None:
    world.pot(500_00)
    donation = world.give(100_00)
    world.refund(donation, 10_00)
    success(world, donation, **of(60_00))
    assert stands(world, donation) == ("paid", 60_00, 50_00)


def test_another_amount_that_comes_late_is_matched_by_what_came(world: World) -> None:
    world.pot(500_00)
    donation = world.give(100_00)
    world.tell("payment_intent.canceled", world.intent(donation))
    world.settle()
    success(world, donation, **of(60_00))
    assert stands(world, donation) == ("paid", 60_00, 60_00)


def test_another_amount_under_a_pot_that_matches_at_payment(world: World) -> None:
    world.pot(500_00, mode="payment")
    donation = world.give(100_00)
    success(world, donation, **of(60_00))
    assert stands(world, donation) == ("paid", 60_00, 60_00)


def test_a_payment_in_another_currency_goes_to_the_desk(world: World, dollars: DonationView) -> None:
    assert stands(world, dollars) == ("failed", 100_00, 0)
    assert world.view(dollars).reserved_minor == 0
    waiting = only_exception(world)
    assert (waiting.reason, waiting.state) == ("currency", "open")
    assert (waiting.amount_minor, waiting.currency) == (13_90, "USD")
    assert inbox(world) == {"done"}
    success(world, dollars, currency="usd", **of(13_90))
    assert only_exception(world).state == "open"


def test_the_donor_may_pay_again_in_the_right_currency(world: World, dollars: DonationView) -> None:
    success(world, dollars, id="pi_second", latest_charge="ch_second")
    assert stands(world, dollars) == ("paid", 100_00, 100_00)
    assert only_exception(world).state == "open"


def test_a_payment_above_the_maximum_waits_and_can_be_taken(world: World) -> None:
    world.pot(10_000_000_00 // 100)
    donation = world.give(100_00)
    success(world, donation, **of(6_000_000))
    assert stands(world, donation) == ("failed", 100_00, 0)
    waiting = only_exception(world)
    assert waiting.reason == "above_maximum"
    world.do(payment_desk.take, waiting.id, "the donor meant it", "li", RESERVATION_S)
    assert stands(world, donation) == ("paid", 6_000_000, 6_000_000)
    success(world, donation, **of(6_000_000))
    world.refund(donation, 1_000_000)
    assert stands(world, donation) == ("paid", 6_000_000, 5_000_000)
    actions = world.do(lambda tx: [row.action for row in tx.rows("SELECT action FROM audit_entry ORDER BY id")])
    assert actions[-1] == "payment_exception.taken"


def test_dollars_cannot_be_taken_as_yuan(world: World, dollars: DonationView) -> None:
    with pytest.raises(Conflict) as refused:
        world.do(payment_desk.take, only_exception(world).id, "why not", "li", RESERVATION_S)
    assert refused.value.code == "payment_currency_differs"
    other = world.give(50_00)
    with pytest.raises(Conflict):
        world.do(payment_desk.attach, only_exception(world).id, other.id, "why not", "li", RESERVATION_S)


def test_a_second_payment_of_a_paid_gift_is_not_lost(world: World) -> None:
    world.pot(500_00)
    donation = world.pay(world.give(100_00))
    success(world, donation, id="pi_twice", latest_charge="ch_twice")
    assert stands(world, donation) == ("paid", 100_00, 100_00)
    assert only_exception(world).reason == "second_payment"
    other = world.give(80_00)
    world.do(payment_desk.attach, only_exception(world).id, other.id, "meant for this one", "li", RESERVATION_S)
    assert stands(world, other) == ("paid", 100_00, 80_00)
    success(world, donation, id="pi_twice", latest_charge="ch_twice")  # still named after the first donation
    charge = world.charge(donation, 30_00) | {"id": "ch_twice", "payment_intent": "pi_twice"}
    world.tell("charge.refunded", charge)
    world.settle()
    assert world.view(other).refunded_minor == 30_00
    assert stands(world, donation) == ("paid", 100_00, 100_00)


def test_a_refund_at_the_provider_ends_a_payment_on_the_desk(world: World, dollars: DonationView) -> None:
    intent = f"pi_{dollars.id.hex}"
    refund = {"id": "re_1", "amount": 13_90, "currency": "usd", "charge": "ch_x", "payment_intent": intent}
    world.tell("refund.created", refund | {"status": "succeeded"})
    world.settle()
    assert only_exception(world).state == "refunded"
    success(world, dollars, id="pi_second", latest_charge="ch_second")
    assert stands(world, dollars) == ("paid", 100_00, 100_00), "the refund of the other payment is none of this one"
    world.tell("refund.failed", refund | {"status": "failed"})
    world.settle()
    assert only_exception(world).state == "open"


def test_a_payment_on_the_desk_is_dismissed_with_a_reason(world: World, dollars: DonationView) -> None:
    waiting = only_exception(world).id
    with pytest.raises(Invalid):
        world.do(payment_desk.dismiss, waiting, " ", "li")
    for _ in range(2):
        world.do(payment_desk.dismiss, waiting, "paid back in cash", "li")
    with pytest.raises(Conflict):
        world.do(payment_desk.request_refund, waiting, "again", "li")
    with pytest.raises(NotFound):
        world.do(payment_desk.dismiss, 999, "no such", "li")
    with pytest.raises(NotFound):
        world.do(payment_desk.attach, waiting, uuid4(), "no such", "li", RESERVATION_S)


def test_a_refund_from_the_desk_waits_for_a_silent_provider(world: World, dollars: DonationView) -> None:
    world.do(payment_desk.request_refund, only_exception(world).id, "wrong currency", "li")
    assert payment_desk.send_refunds(world.deps) == 0
    assert only_exception(world).state == "refunding"


def test_closing_goes_on_and_only_the_notice_waits(world: World, dollars: DonationView) -> None:
    world.clock.at += timedelta(days=10)
    close(world.deps)
    assert world.phase() == "reconciling", "settling does not wait for the desk"
    with world.db.transaction() as tx:
        campaign = lock_campaign_by_id(tx, 1)
        assert reconcile(tx, campaign) == 1
        assert {wait.code for wait in waits(tx, campaign)} >= {"discrepancies", "payments"}
        differences, _ = listed(tx, 1)
        assert [(row.cause, row.donation_id) for row in differences] == [("payment_exception", dollars.id)]
        sign_off(tx, differences[0].id or 0, "seen", "li")
        assert payment_desk.count_undecided(tx, 1) == 1, "signing off the difference does not decide the payment"
    world.do(payment_desk.dismiss, only_exception(world).id, "paid back by hand", "li")
    assert world.do(payment_desk.count_undecided, 1) == 0


def test_a_payment_never_stays_under_way_for_ever(world: World, cashier: Server) -> None:
    """The provider says `processing` day after day: the gift expires, and money that comes after all counts."""
    world = replace(world, deps=replace(world.deps, gateway=cashier.gateway()))
    world.pot(500_00)
    donation = open_payment(world.deps, world.give(100_00), "intent", "zh")
    cashier.order("/pay", reference=donation.payment_reference, after_s=3600, processing=True)
    for _ in range(48):
        assert world.view(donation).status == "paying"
        assert world.view(donation).reserved_minor == 100_00
        world.clock.advance(minutes=31)
        expire(world.deps)
    assert stands(world, donation)[0] == "expired"
    assert world.do(explain, donation.id).history[-1].cause == "payment_unanswered"
    success(world, donation)
    assert stands(world, donation)[0] == "paid"
