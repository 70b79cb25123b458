"""PURE. Stripe's balance transactions as lines to reconcile."""

from typing import Any
from uuid import UUID

from payments.gateway import StatementKind, StatementLine
from payments.provider_reader import FactMalformed, ProviderFields

_KIND_OF_TYPE: dict[str, StatementKind] = {
    "charge": "charge",
    "payment": "charge",  # the word for methods other than cards: Alipay, WeChat Pay
    "refund": "refund",
    "payment_refund": "refund",
    "refund_failure": "refund",  # the money of a refund that failed, coming back
    "payment_failure_refund": "refund",
    "payout": "payout",
    "payout_cancel": "payout",
    "payout_failure": "payout",
    "stripe_fee": "fee",
    "stripe_fx_fee": "fee",
    "tax_fee": "fee",
}


def statement_line(transaction: dict[str, Any]) -> StatementLine:
    """Read one balance transaction, its source embedded or not. Raises FactMalformed.

    The amount is in the currency of the balance: an account that settles in another currency than the
    donations' shows the converted sum here.
    """
    fields = ProviderFields(transaction)
    source = fields.child("source") if isinstance(transaction.get("source"), dict) else None
    return StatementLine(
        provider="stripe",
        kind=_kind(fields),
        line_id=fields.text("id"),
        source_id=fields.reference("source"),
        payment_intent=source.reference("payment_intent") if source else None,
        donation_id=_donation_of(source),
        amount_minor=fields.signed("amount"),
        fee_minor=fields.signed("fee"),
        currency=fields.currency(),
        occurred_at=fields.time("created"),
    )


def _kind(fields: ProviderFields) -> StatementKind:
    if fields.has("reporting_category") and fields.text("reporting_category").startswith("dispute"):
        return "dispute"  # its type is only "adjustment"
    return _KIND_OF_TYPE.get(fields.text("type"), "other")


def _donation_of(source: ProviderFields | None) -> UUID | None:
    """Return our donation id, if any: a foreign payment's metadata must not stop our statement."""
    try:
        return source.donation_id() if source else None
    except FactMalformed:
        return None
