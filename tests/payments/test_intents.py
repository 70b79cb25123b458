"""The gateway's intents: the same on our sandbox and on localstripe."""

from datetime import UTC, datetime, timedelta

import pytest

from payments.facts import FactKind, facts_of
from payments.gateway import ClosedAs, GatewayRefused, PaymentOrder, StatementLine
from payments.stripe_statement import statement_line
from tests.payments.servers import Server


def test_open_and_pay_brings_a_signed_success_with_our_id(server: Server, order: PaymentOrder) -> None:
    opened = server.gateway().open_intent(order)
    assert (opened.provider, opened.url) == ("stripe", None)
    assert opened.client_secret is not None
    assert opened.client_secret.startswith(opened.reference)
    assert server.confirm(opened.reference)["status"] == "succeeded"

    [fact] = facts_of(server.receiver.take("payment_intent.succeeded", opened.reference))
    assert fact.kind is FactKind.SUCCEEDED
    assert fact.donation_id == order.donation_id
    assert (fact.payment_intent, fact.amount_minor, fact.currency) == (opened.reference, 10_000, "CNY")
    assert fact.charge is not None
    assert abs(datetime.now(UTC) - fact.occurred_at) < timedelta(minutes=1)


def test_declined_card_is_a_failed_attempt_and_leaves_the_payment_open(server: Server, order: PaymentOrder) -> None:
    gateway = server.gateway()
    opened = gateway.open_intent(order)
    assert server.confirm(opened.reference, "pm_card_chargeCustomerFail")["error"]["code"] == "card_declined"
    [fact] = facts_of(server.receiver.take("payment_intent.payment_failed", opened.reference))
    assert (fact.kind, fact.donation_id) == (FactKind.FAILED, order.donation_id)
    assert gateway.close(opened.reference) is ClosedAs.CLOSED


def test_partial_refunds_state_the_total_so_far(server: Server, order: PaymentOrder) -> None:
    gateway = server.gateway()
    opened = gateway.open_intent(order)
    server.confirm(opened.reference)
    first = gateway.refund(opened.reference, f"{order.donation_id}-1", 2_500, "donor asked")
    assert (first.refunded_total_minor, first.status) == (2_500, "succeeded")
    rest = gateway.refund(opened.reference, f"{order.donation_id}-2", 7_500, "donor asked")
    assert rest.refunded_total_minor == 10_000
    assert rest.provider_refund != first.provider_refund


def test_the_same_refund_again_gives_nothing_back_twice(server: Server, order: PaymentOrder) -> None:
    # localstripe ignores idempotency keys, as Stripe does after a day: the look-up must find it.
    gateway = server.gateway()
    opened = gateway.open_intent(order)
    server.confirm(opened.reference)
    first = gateway.refund(opened.reference, str(order.donation_id), 4_000, "donor asked")
    again = gateway.refund(opened.reference, str(order.donation_id), 4_000, "donor asked")
    assert again == first
    assert again.refunded_total_minor == 4_000


def test_close_twice_is_closed_twice(server: Server, order: PaymentOrder) -> None:
    gateway = server.gateway()
    opened = gateway.open_intent(order)
    assert gateway.close(opened.reference) is ClosedAs.CLOSED
    assert gateway.close(opened.reference) is ClosedAs.CLOSED


def test_close_after_the_donor_paid_says_so(server: Server, order: PaymentOrder) -> None:
    gateway = server.gateway()
    opened = gateway.open_intent(order)
    server.confirm(opened.reference)
    assert gateway.close(opened.reference) is ClosedAs.PAID


def test_an_unknown_payment_is_refused(server: Server) -> None:
    gateway = server.gateway()
    with pytest.raises(GatewayRefused):
        gateway.close("pi_doesnotexist")
    with pytest.raises(GatewayRefused):
        gateway.refund("pi_doesnotexist", "1", 100, "no such payment")


def test_statement_has_the_charge_and_its_refund(server: Server, order: PaymentOrder) -> None:
    gateway = server.gateway()
    opened = gateway.open_intent(order)
    server.confirm(opened.reference)
    refund = gateway.refund(opened.reference, str(order.donation_id), 3_000, "donor asked")
    charge, back = sorted(_lines(server, opened.reference), key=lambda line: line.kind)
    assert (charge.kind, charge.amount_minor, charge.currency) == ("charge", 10_000, "CNY")
    assert (back.kind, back.amount_minor, back.fee_minor) == ("refund", -3_000, 0)
    assert back.source_id == refund.provider_refund
    if server.name == "sandbox":  # localstripe copies no metadata to the charge and takes no fee
        assert (charge.donation_id, charge.fee_minor) == (order.donation_id, 60)


def _lines(server: Server, intent: str) -> list[StatementLine]:
    """The payment's lines: by the gateway; localstripe cannot filter by time, so its page is read raw."""
    if server.name == "sandbox":
        now = datetime.now(UTC)
        lines = list(server.gateway().statement(now - timedelta(hours=1), now + timedelta(minutes=1)))
    else:
        params = {"limit": "100", "expand[]": "data.source"}
        lines = [statement_line(line) for line in server.get("/v1/balance_transactions", **params).json()["data"]]
    return [line for line in lines if line.payment_intent == intent]
