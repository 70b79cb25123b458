"""The judge itself: it must find fault where there is one, or its silence means nothing."""

import pytest

from payments.stripe import API_VERSION
from tests.payments import judge
from tests.payments.conftest import judged, make_order
from tests.payments.servers import Server

GOOD = [("amount", "100"), ("currency", "cny"), ("payment_method_types[0]", "card"), ("metadata[a]", "b")]


def test_the_gateway_speaks_the_version_it_is_judged_by() -> None:
    assert judge.document()["info"]["version"] == API_VERSION


def test_good_request_passes_and_each_fault_is_found() -> None:
    assert judge.faults_of_request("POST", "/v1/payment_intents", GOOD) == []
    for value in (
        [*GOOD, ("colour", "red")],
        [*GOOD[1:], ("amount", "many")],
        [*GOOD, ("capture_method", "never")],
        GOOD[1:],
    ):
        assert judge.faults_of_request("POST", "/v1/payment_intents", value) != []
    assert judge.faults_of_request("GET", "/v1/charges", [("created[gte]", "1"), ("limit", "3")]) == []
    assert judge.faults_of_request("GET", "/v1/charges", [("colour", "red")]) != []
    with pytest.raises(LookupError):
        judge.faults_of_request("POST", "/v1/donations", [])


def test_a_spoiled_answer_or_event_is_found(sandbox: Server) -> None:
    opened = sandbox.gateway().open_intent(make_order())
    sandbox.order("/pay", reference=opened.reference)
    event = sandbox.receiver.take("charge.succeeded")
    assert judge.faults_of_event(event) == []
    charge = event["data"]["object"]
    for spoiled in ({"amount": "100"}, {"status": "fine"}, {"colour": "red"}, {"metadata": None}):
        assert judge.faults_of_event(event | {"data": {"object": charge | spoiled}}) != []
        assert judge.faults_of_answer("GET", f"/v1/charges/{charge['id']}", 200, charge | spoiled) != []
    missing = {name: value for name, value in charge.items() if name != "paid"}
    assert judge.faults_of_event(event | {"data": {"object": missing}}) != []


def test_everything_the_sandbox_can_say_is_judged(sandbox: Server) -> None:
    """Each call and each event once; what they look like is read by the judge here and at the end."""
    gateway = sandbox.gateway("card", "alipay", "wechat_pay")
    session = gateway.open_checkout(make_order())
    sandbox.order("/pay", reference=session.reference, method="wechat_pay")
    lapsed = gateway.open_checkout(make_order())
    sandbox.order("/pay", reference=lapsed.reference, decline=True)
    gateway.close(lapsed.reference)
    late = gateway.open_checkout(make_order())
    sandbox.order("/pay", reference=late.reference, after_s=0, processing=True)
    waiting = gateway.open_intent(make_order())
    sandbox.order("/pay", reference=waiting.reference, after_s=600)
    gateway.close(waiting.reference)
    paid = gateway.open_intent(make_order())
    charge = sandbox.order("/pay", reference=paid.reference)["latest_charge"]
    gateway.refund(paid.reference, "judged", 100, "donor asked")
    dispute = sandbox.order("/disputes", charge=charge)
    sandbox.order(f"/disputes/{dispute['id']}/close", outcome="won")
    payout = sandbox.order("/payouts")
    for path in ("charges", "refunds", "balance_transactions", "events", "disputes", "payouts"):
        [newest, *_] = sandbox.get(f"/v1/{path}").json()["data"]
        assert sandbox.get(f"/v1/{path}/{newest['id']}").json() == newest
    assert sandbox.get("/v1/balance_transactions", payout=payout["id"]).json()["data"]
    expanded = {"expand[0]": "latest_charge.balance_transaction"}
    intent = sandbox.get(f"/v1/payment_intents/{paid.reference}", **expanded).json()
    assert intent["latest_charge"]["balance_transaction"]["source"] == charge
    assert sandbox.get("/v1/checkout/sessions", status="expired").json()["data"][0]["id"] == lapsed.reference
    sandbox.receiver.take("checkout.session.async_payment_succeeded", late.reference)
    calls, events = judged(sandbox)
    assert calls >= 25
    assert events >= 25
