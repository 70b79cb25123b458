"""Events of the provider as facts: pure, exact, and never anything but FactMalformed."""

import copy
import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.facts import FactKind, FactMalformed, PaymentFact, facts_of, read_facts
from payments.plain_success import plain_success
from payments.reversals import ReversalFact, ReversalKind, ReversalState

DONATION = UUID("0b0f7a8c-6f4e-4b58-9a39-4d0bb0c7c001")
AT = datetime(2026, 9, 9, 4, 0, tzinfo=UTC)
METADATA = {"donation_id": str(DONATION)}
CARD = {"type": "card", "card": {"fingerprint": "Xt5EWLLDS7FJjR1c"}}
CHARGE = {
    "id": "ch_1",
    "object": "charge",
    "amount": 10_000,
    "amount_refunded": 2_500,
    "currency": "cny",
    "metadata": METADATA,
    "payment_intent": "pi_1",
    "payment_method_details": CARD,
}
INTENT = {
    "id": "pi_1",
    "object": "payment_intent",
    "amount": 10_000,
    "amount_received": 9_000,
    "currency": "cny",
    "metadata": METADATA,
    "latest_charge": "ch_1",
}
SESSION = {
    "id": "cs_test_1",
    "object": "checkout.session",
    "amount_total": 10_000,
    "currency": "cny",
    "metadata": METADATA,
    "payment_intent": "pi_1",
}
DISPUTE = {
    "id": "du_1",
    "object": "dispute",
    "amount": 4_000,
    "currency": "cny",
    "charge": "ch_1",
    "payment_intent": "pi_1",
    "metadata": {},
    "status": "lost",
}
FOLLOWED = {
    "payment_intent.succeeded": INTENT,
    "payment_intent.processing": INTENT,
    "payment_intent.payment_failed": INTENT,
    "payment_intent.canceled": INTENT,
    "checkout.session.expired": SESSION,
    "checkout.session.completed": SESSION,
    "charge.succeeded": CHARGE,
    "charge.refunded": CHARGE,
    "charge.dispute.created": DISPUTE,
    "charge.dispute.closed": DISPUTE,
}


def event(kind: str, subject: Any) -> dict[str, Any]:
    return {
        "id": "evt_1",
        "object": "event",
        "type": kind,
        "created": int(AT.timestamp()),
        "data": {"object": copy.deepcopy(subject)},
    }


def fact(kind: str, subject: dict[str, Any], **changes: Any) -> PaymentFact:
    [fact_read] = facts_of(event(kind, subject | changes))
    return fact_read


@pytest.mark.parametrize(
    ("kind", "expected", "amount"),
    [
        ("payment_intent.succeeded", FactKind.SUCCEEDED, 9_000),
        ("payment_intent.processing", FactKind.PROCESSING, 10_000),
        ("payment_intent.payment_failed", FactKind.FAILED, 10_000),
        ("payment_intent.canceled", FactKind.CANCELED, 10_000),
    ],
)
def test_intents(kind: str, expected: FactKind, amount: int) -> None:
    assert fact(kind, INTENT) == PaymentFact(
        expected, "stripe", DONATION, "pi_1", None, amount, "CNY", AT, "ch_1", None, 0
    )


def test_a_charge_states_instrument_and_refunded_total() -> None:
    expected = (DONATION, "pi_1", None, 10_000, "CNY", AT, "ch_1", "card:Xt5EWLLDS7FJjR1c", 2_500)
    for kind, fact_kind in (("charge.succeeded", FactKind.CHARGED), ("charge.refunded", FactKind.REFUNDED)):
        assert fact(kind, CHARGE)._replace(reversal=None) == PaymentFact(fact_kind, "stripe", *expected)
    assert fact("charge.succeeded", CHARGE).reversal is None
    total = ReversalFact(ReversalKind.CHARGE_TOTAL, "ch_1", ReversalState.TOLD, 2_500, AT)
    assert fact("charge.refunded", CHARGE).reversal == total


def test_embedded_charges_of_older_and_newer_versions() -> None:
    for embedded in ({"latest_charge": CHARGE}, {"latest_charge": None, "charges": {"data": [CHARGE]}}):
        fact_read = fact("payment_intent.succeeded", INTENT, **embedded)
        assert (fact_read.charge, fact_read.instrument) == ("ch_1", "card:Xt5EWLLDS7FJjR1c")
        assert fact_read.refunded_total_minor == 2_500


def test_wallets_by_buyer_or_fingerprint() -> None:
    alipay = {"type": "alipay", "alipay": {"buyer_id": "2088", "fingerprint": "f"}}
    wechat = {"type": "wechat_pay", "wechat_pay": {"fingerprint": "f", "transaction_id": None}}
    assert fact("charge.succeeded", CHARGE, payment_method_details=alipay).instrument == "alipay:2088"
    assert fact("charge.succeeded", CHARGE, payment_method_details=wechat).instrument == "wechat_pay:f"
    assert fact("charge.succeeded", CHARGE, payment_method_details=None).instrument is None


def test_sessions() -> None:
    expired = fact("checkout.session.expired", SESSION, payment_intent=None)
    assert (expired.kind, expired.session, expired.payment_intent) == (FactKind.CANCELED, "cs_test_1", None)
    linked = fact("checkout.session.completed", SESSION, payment_intent={"id": "pi_1"})
    assert (linked.kind, linked.payment_intent) == (FactKind.LINKED, "pi_1")
    assert facts_of(event("checkout.session.completed", SESSION | {"payment_intent": None})) == []


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("warning_needs_response", ReversalState.WARNING),
        ("needs_response", ReversalState.OPEN),
        ("won", ReversalState.WON),
        ("lost", ReversalState.LOST),
        ("warning_closed", ReversalState.WON),
        ("prevented", ReversalState.WON),
    ],
)
def test_disputes(status: str, expected: ReversalState) -> None:
    fact_read = fact("charge.dispute.closed", DISPUTE, status=status)
    assert (fact_read.kind, fact_read.charge, fact_read.payment_intent) == (FactKind.DISPUTE, "ch_1", "pi_1")
    assert fact_read.reversal is not None
    assert (fact_read.reversal.state, fact_read.reversal.amount_minor) == (expected, 4_000)
    again = fact("charge.dispute.funds_reinstated", DISPUTE, status=status)
    assert again.reversal is not None
    assert again.reversal.state is ReversalState.WON


def test_payments_of_others_have_no_donation() -> None:
    assert fact("charge.succeeded", CHARGE, metadata={}).donation_id is None
    assert fact("charge.succeeded", CHARGE, metadata={"order": "7"}).donation_id is None


def test_types_we_do_not_follow_say_nothing() -> None:
    assert facts_of(event("customer.created", None)) == []


@pytest.mark.parametrize(
    ("kind", "changes", "code", "field"),
    [
        ("payment_intent.succeeded", {"id": None}, "text_expected", "data.object.id"),
        ("payment_intent.succeeded", {"amount_received": -1}, "amount_expected", "data.object.amount_received"),
        ("payment_intent.canceled", {"amount": True}, "amount_expected", "data.object.amount"),
        ("payment_intent.canceled", {"amount": 1.0}, "amount_expected", "data.object.amount"),
        ("payment_intent.canceled", {"currency": "yuan"}, "currency_expected", "data.object.currency"),
        ("payment_intent.canceled", {"currency": "ＣＮＹ"}, "text_expected", "data.object.currency"),
        ("charge.succeeded", {"metadata": []}, "object_expected", "data.object.metadata"),
        ("charge.succeeded", {"payment_intent": 7}, "text_expected", "data.object.payment_intent"),
        ("charge.refunded", {"amount_refunded": 10_001}, "refund_exceeds_charge", "data.object.amount_refunded"),
        ("charge.dispute.closed", {"status": "asleep"}, "dispute_status_unknown", "data.object.status"),
    ],
)
def test_malformed_names_code_and_field(kind: str, changes: dict[str, Any], code: str, field: str) -> None:
    with pytest.raises(FactMalformed) as malformed:
        fact(kind, FOLLOWED[kind], **changes)
    assert (malformed.value.code, malformed.value.field) == (code, field)


@pytest.mark.parametrize("id_", [None, "7", 7, "", "not-a-uuid", ["x"], "\x00"])
def test_an_id_in_another_form_is_another_shops(id_: Any) -> None:
    assert fact("charge.succeeded", CHARGE, metadata={"donation_id": id_}).donation_id is None


@pytest.mark.parametrize("created", [None, -1, "1", 1.5, True, 10**18])
def test_malformed_time(created: Any) -> None:
    with pytest.raises(FactMalformed) as malformed:
        facts_of(event("charge.succeeded", CHARGE) | {"created": created})
    assert malformed.value.field == "created"


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just("pi_1")
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def only_malformed(value: Any) -> None:
    """Every fact that comes out is sound; nothing but FactMalformed is raised; one pass reads the same."""
    if plain_success(value) is not None:
        assert facts_of(value) == read_facts(value)
    try:
        facts = facts_of(value)
    except FactMalformed as malformed:
        assert malformed.code
        assert malformed.field
        return
    for payment_fact in facts:
        assert payment_fact.amount_minor >= 0
        assert payment_fact.refunded_total_minor >= 0
        assert payment_fact.currency.isupper()
        assert payment_fact.occurred_at.tzinfo is UTC
        json.dumps(
            [payment_fact.payment_intent, payment_fact.charge, payment_fact.session, payment_fact.instrument]
        ).encode()


def test_a_success_is_read_in_one_pass_as_field_by_field() -> None:
    plain = event("payment_intent.succeeded", INTENT)
    assert plain_success(plain) is not None
    assert facts_of(plain) == read_facts(plain)


@pytest.mark.parametrize(
    "changes",
    [
        {"latest_charge": CHARGE},
        {"charges": {"data": [CHARGE]}},
        {"metadata": {}},
        {"amount_received": None},
        {"amount_received": True},
        {"currency": "cny\n"},
        {"id": "pi_\n"},
        {"id": ""},
        {"latest_charge": "ch_\u4e00"},
    ],
)
def test_an_event_beyond_a_plain_success_is_read_field_by_field(changes: dict[str, Any]) -> None:
    assert plain_success(event("payment_intent.succeeded", INTENT | changes)) is None


@given(JSON)
def test_anything_at_all(value: Any) -> None:
    only_malformed(value)


@given(st.sampled_from(sorted(FOLLOWED)), st.data())
def test_a_followed_event_with_any_field_spoiled(kind: str, data: st.DataObject) -> None:
    spoiled = event(kind, FOLLOWED[kind])
    node: Any = spoiled
    while True:
        key = data.draw(st.sampled_from(sorted(node)))
        if not isinstance(node[key], dict) or not node[key] or data.draw(st.booleans()):
            break
        node = node[key]
    if data.draw(st.booleans()):
        del node[key]
    else:
        node[key] = data.draw(JSON)
    only_malformed(spoiled)
