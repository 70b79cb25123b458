"""Checkout on the sandbox: what the gateway opens, what the donor does on the cashier's page."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import requests

from payments import stripe
from payments.facts import FactKind, PaymentFact, facts_of
from payments.gateway import ClosedAs, GatewayRefused, PaymentOrder
from payments.reversals import ReversalState
from tests.payments.conftest import make_order
from tests.payments.servers import Server

WAYS = ("card", "alipay", "wechat_pay")


def press(server: Server, session: str, **form: str) -> requests.Response:
    """A button on the cashier's page, without following where it leads."""
    url = f"{server.base}/pay/{session}"
    return server.http.post(url, data=form, timeout=10, allow_redirects=False)


def told(server: Server, kind: str, about: str) -> PaymentFact:
    [fact] = facts_of(server.receiver.take(kind, about))
    return fact


def intent_of(server: Server, session: str) -> str:
    intent = server.get(f"/v1/checkout/sessions/{session}").json()["payment_intent"]
    assert isinstance(intent, str)
    return intent


@pytest.mark.parametrize("method", WAYS)
def test_paying_redirects_to_the_thank_you_page_and_sends_facts(sandbox: Server, method: str) -> None:
    order = make_order()
    opened = sandbox.gateway(*WAYS).open_checkout(order)
    assert opened.url is not None
    page = sandbox.http.get(opened.url, timeout=10)
    assert "不会真的扣款" in page.text
    assert order.label in page.text
    assert "100.00" in page.text

    paid = press(sandbox, opened.reference, do="pay", method=method, card="4242 4242 4242 4242", account="li")
    assert paid.status_code == 303
    assert paid.headers["Location"] == f"http://127.0.0.1:9/d/thanks?session={opened.reference}"
    intent = intent_of(sandbox, opened.reference)
    assert told(sandbox, "payment_intent.succeeded", intent).donation_id == order.donation_id
    linked = told(sandbox, "checkout.session.completed", opened.reference)
    assert (linked.kind, linked.payment_intent) == (FactKind.LINKED, intent)
    assert "已支付" in sandbox.http.get(f"{sandbox.base}/pay/{opened.reference}", timeout=10).text
    assert sandbox.gateway().close(opened.reference) is ClosedAs.PAID


def test_the_instrument_depends_on_the_card_and_on_the_wallet_account(sandbox: Server) -> None:
    def instrument(**form: str) -> str | None:
        opened = sandbox.gateway(*WAYS).open_checkout(make_order())
        press(sandbox, opened.reference, do="pay", **form)
        intent = sandbox.get(f"/v1/payment_intents/{intent_of(sandbox, opened.reference)}").json()
        fact = told(sandbox, "charge.succeeded", intent["latest_charge"])
        assert fact.payment_intent == intent["id"]
        return fact.instrument

    first = instrument(method="card", card="4242424242424242")
    assert first is not None
    assert re.fullmatch(r"card:\w+", first)
    assert first == instrument(method="card", card="4242 4242 4242 4242")
    assert first != instrument(method="card", card="5555555555554444")
    assert instrument(method="alipay", account="li") == instrument(method="alipay", account="li")
    assert instrument(method="alipay", account="li") != instrument(method="alipay", account="wang")


def test_decline_then_another_try(sandbox: Server, order: PaymentOrder) -> None:
    opened = sandbox.gateway().open_checkout(order)
    refused = press(sandbox, opened.reference, do="decline", method="card", card="4242424242424242")
    assert refused.status_code == 402
    assert "支付被拒绝" in refused.text
    intent = intent_of(sandbox, opened.reference)
    assert told(sandbox, "payment_intent.payment_failed", intent).kind is FactKind.FAILED
    again = press(sandbox, opened.reference, do="pay", method="card", card="4242424242424242")
    assert again.status_code == 303
    assert told(sandbox, "payment_intent.succeeded", intent).donation_id == order.donation_id


def test_nonsense_on_the_page_is_answered_on_the_page(sandbox: Server, order: PaymentOrder) -> None:
    opened = sandbox.gateway().open_checkout(order)
    for form in ({"do": "pay", "card": "12"}, {"do": "dance", "card": "4242424242424242"}):
        response = press(sandbox, opened.reference, method="card", **form)
        assert response.status_code == 402
        assert 'role="alert"' in response.text
    late = press(sandbox, opened.reference, do="late", method="card", card="4242424242424242", seconds="-1")
    assert late.status_code == 402
    assert press(sandbox, "cs_test_none", do="pay").status_code == 404
    assert sandbox.gateway().close(opened.reference) is ClosedAs.CLOSED


def test_walk_away_then_the_hold_lapses(sandbox: Server, order: PaymentOrder) -> None:
    opened = sandbox.gateway().open_checkout(order)
    away = press(sandbox, opened.reference, do="leave")
    assert (away.status_code, away.headers["Location"]) == (303, order.cancel_url)
    assert sandbox.gateway().close(opened.reference) is ClosedAs.CLOSED
    fact = told(sandbox, "checkout.session.expired", opened.reference)
    assert (fact.kind, fact.session, fact.donation_id) == (
        FactKind.CANCELED,
        opened.reference,
        order.donation_id,
    )
    assert "已过期" in sandbox.http.get(f"{sandbox.base}/pay/{opened.reference}", timeout=10).text
    press(sandbox, opened.reference, do="pay", method="card", card="4242424242424242")
    assert sandbox.get(f"/v1/checkout/sessions/{opened.reference}").json()["payment_status"] == "unpaid"


def test_money_may_come_after_the_session_expired(sandbox: Server, order: PaymentOrder) -> None:
    gateway = sandbox.gateway("alipay")
    opened = gateway.open_checkout(order)
    late = press(sandbox, opened.reference, do="late", method="alipay", account="li", seconds="1")
    assert late.status_code == 303
    assert gateway.close(opened.reference) is ClosedAs.CLOSED
    fact = told(sandbox, "payment_intent.succeeded", intent_of(sandbox, opened.reference))
    assert fact.donation_id == order.donation_id
    assert gateway.close(opened.reference) is ClosedAs.PAID


def test_a_payment_the_bank_works_on_can_not_be_closed(sandbox: Server, order: PaymentOrder) -> None:
    gateway = sandbox.gateway()
    opened = gateway.open_checkout(order)
    form = {"do": "late", "method": "card", "card": "4242424242424242", "seconds": "1", "as": "processing"}
    press(sandbox, opened.reference, **form)
    assert gateway.close(opened.reference) is ClosedAs.PROCESSING
    intent = intent_of(sandbox, opened.reference)
    assert told(sandbox, "payment_intent.processing", intent).kind is FactKind.PROCESSING
    assert told(sandbox, "payment_intent.succeeded", intent).amount_minor == 10_000
    assert gateway.close(opened.reference) is ClosedAs.PAID


def test_the_session_outlives_the_hold_by_what_stripe_demands(sandbox: Server) -> None:
    ends = datetime.now(UTC) + timedelta(minutes=15)
    opened = sandbox.gateway().open_checkout(make_order(expires_at=ends))
    session = sandbox.get(f"/v1/checkout/sessions/{opened.reference}").json()
    assert 0 <= session["expires_at"] - (ends + timedelta(minutes=31)).timestamp() < 1
    with pytest.raises(GatewayRefused) as refused:
        sandbox.gateway().open_checkout(make_order(expires_at=ends - timedelta(minutes=30)))
    assert "expires_at" in str(refused.value)


def test_dispute_opened_won_and_lost(sandbox: Server) -> None:
    for outcome, state in (("won", ReversalState.WON), ("lost", ReversalState.LOST)):
        opened = sandbox.gateway().open_intent(make_order())
        sandbox.order("/pay", reference=opened.reference)
        dispute = sandbox.order("/disputes", payment_intent=opened.reference)
        fact = told(sandbox, "charge.dispute.created", dispute["id"])
        assert (fact.kind, fact.payment_intent) == (FactKind.DISPUTE, opened.reference)
        assert _state(fact) is ReversalState.OPEN
        sandbox.order(f"/disputes/{dispute['id']}/close", outcome=outcome)
        assert _state(told(sandbox, "charge.dispute.closed", dispute["id"])) is state


def _state(fact: PaymentFact) -> ReversalState:
    assert fact.reversal is not None
    return fact.reversal.state


def test_refunds_never_exceed_the_charge(sandbox: Server, order: PaymentOrder) -> None:
    gateway = sandbox.gateway()
    opened = gateway.open_intent(order)
    with pytest.raises(GatewayRefused):
        gateway.refund(opened.reference, "before-payment", 1, "too early")
    paid = sandbox.order("/pay", reference=opened.reference)
    gateway.refund(opened.reference, f"{order.donation_id}-a", 6_000, "donor asked")
    fact = told(sandbox, "charge.refunded", paid["latest_charge"])
    assert (fact.kind, fact.refunded_total_minor) == (FactKind.REFUNDED, 6_000)
    with pytest.raises(GatewayRefused):
        gateway.refund(opened.reference, f"{order.donation_id}-b", 4_001, "too much")
    assert gateway.refund(opened.reference, f"{order.donation_id}-c", 4_000, "").refunded_total_minor == 10_000
    with pytest.raises(GatewayRefused) as refused:
        gateway.refund(opened.reference, f"{order.donation_id}-d", 1, "nothing left")
    assert refused.value.code == "charge_already_refunded"


def test_statement_pages_filters_and_adds_up_to_the_payout(
    sandbox: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stripe, "_PAGE", 10)
    gateway = sandbox.gateway()
    sandbox.order("/payouts")  # what other tests left behind
    start = datetime.now(UTC).replace(microsecond=0)
    for _ in range(13):  # more than one page
        opened = gateway.open_intent(make_order(amount_minor=12_345))
        sandbox.order("/pay", reference=opened.reference)
    payout = sandbox.order("/payouts")
    lines = list(gateway.statement(start, datetime.now(UTC) + timedelta(seconds=1)))
    mine = [line for line in lines if line.kind == "charge" and line.amount_minor == 12_345]
    assert len(mine) == 13
    assert {line.fee_minor for line in mine} == {74}  # 0.6 % of 123.45 yuan is 74.07 fen
    assert len({line.line_id for line in lines}) == len(lines)
    out = next(line for line in lines if line.source_id == payout["id"])
    assert (out.kind, out.amount_minor) == ("payout", -13 * (12_345 - 74))
    assert payout["amount"] == 13 * (12_345 - 74)
    assert list(gateway.statement(start - timedelta(days=2), start - timedelta(days=1))) == []
