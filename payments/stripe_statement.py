"""PURE. Stripe's balance transactions as lines for reconciliation."""

from typing import Any
from uuid import UUID

from payments.gateway import StatementKind, StatementLine
from payments.provider_reader import FactMalformed, ProviderFields

_KIND_OF_TYPE: dict[str, StatementKind] = {
    "charge": "charge",
    "payment": "charge",  # Stripe's word for methods other than cards: Alipay, WeChat Pay
    "refund": "refund",
    "payment_refund": "refund",
    "refund_failure": "refund",  # the money of a failed refund, coming back
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

    An account may settle in another currency than that of the donations. Then the line has the amount and currency
    of its source (charge, refund or dispute), which our books know. The fee stays in the currency of the balance.
    """
    fields = ProviderFields(transaction)
    source = fields.child("source") if isinstance(transaction.get("source"), dict) else None
    amount_minor, currency = _amount(fields, source)
    return StatementLine(
        provider="stripe",
        kind=_kind(fields),
        line_id=fields.text("id"),
        source_id=fields.reference("source"),
        payment_intent=source.reference("payment_intent") if source else None,
        donation_id=_donation_of(source),
        amount_minor=amount_minor,
        fee_minor=fields.signed("fee"),
        currency=currency,
        fee_currency=fields.currency(),
        occurred_at=fields.time("created"),
    )


def _amount(fields: ProviderFields, source: ProviderFields | None) -> tuple[int, str]:
    """Return the signed amount and its currency, those of the source if the balance is in another currency."""
    amount_minor, currency = fields.signed("amount"), fields.currency()
    if source is None or not source.has("currency") or not source.has("amount") or source.currency() == currency:
        return amount_minor, currency
    return (-1 if amount_minor < 0 else 1) * source.amount("amount"), source.currency()


def _kind(fields: ProviderFields) -> StatementKind:
    if fields.has("reporting_category") and fields.text("reporting_category").startswith("dispute"):
        return "dispute"  # its type is only "adjustment"
    return _KIND_OF_TYPE.get(fields.text("type"), "other")


def _donation_of(source: ProviderFields | None) -> UUID | None:
    """Return our donation id, if any. The metadata of a payment that is not ours must not stop our statement."""
    try:
        return source.donation_id() if source else None
    except FactMalformed:
        return None
