"""PURE. Read a provider's event as payment facts.

An event says what the provider saw; `campaigns/donations` decides whether it changes anything.
Shapes follow Stripe's published objects; several API versions are read (a charge embedded in
`latest_charge` or in `charges.data`).
"""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from payments.provider_reader import FactMalformed, ProviderFields

__all__ = ["FactKind", "FactMalformed", "PaymentFact", "facts_of"]


class FactKind(StrEnum):
    """What happened to a payment."""

    SUCCEEDED = "succeeded"
    CHARGED = "charged"  # names the charge and the instrument of a success
    LINKED = "linked"  # names the payment intent that a checkout session led to
    PROCESSING = "processing"
    FAILED = "failed"  # one attempt: at Stripe the donor may try again with another card
    CANCELED = "canceled"
    REFUNDED = "refunded"
    DISPUTE_OPENED = "dispute_opened"
    DISPUTE_WON = "dispute_won"
    DISPUTE_LOST = "dispute_lost"


class PaymentFact(NamedTuple):
    """One fact. `amount_minor` is the payment's (a dispute: the disputed) amount in fen of `currency`;
    `refunded_total_minor` is cumulative, so a late or repeated message cannot count twice;
    `instrument` identifies card or wallet (`card:<fingerprint>`, `alipay:<buyer>`), when known."""

    kind: FactKind
    provider: str
    donation_id: UUID | None
    payment_intent: str | None
    session: str | None
    amount_minor: int
    currency: str
    occurred_at: datetime
    charge: str | None
    instrument: str | None
    refunded_total_minor: int


# Reads the envelope of an event and the object in it.
Reader = Callable[[ProviderFields, ProviderFields], PaymentFact | None]


def facts_of(event: dict[str, Any]) -> list[PaymentFact]:
    """Return the facts in one event of the provider; event types that we do not follow have none.

    Raises FactMalformed (never anything else) when a followed event lacks what its type promises.
    """
    envelope = ProviderFields(event)
    reader = _READERS.get(envelope.text("type"))
    if reader is None:
        return []
    fact = reader(envelope, envelope.child("data").child("object"))
    return [] if fact is None else [fact]


def _fact(
    kind: FactKind,
    envelope: ProviderFields,
    source: ProviderFields,
    amount_field: str,
    *,
    payment_intent: str | None,
    session: str | None = None,
    charge: str | None = None,
    instrument: str | None = None,
    refunded_total_minor: int = 0,
) -> PaymentFact:
    return PaymentFact(
        kind,
        "stripe",
        source.donation_id(),
        payment_intent,
        session,
        source.amount(amount_field),
        source.currency(),
        envelope.time("created"),
        charge,
        instrument,
        refunded_total_minor,
    )


def _intent(kind: FactKind, amount_field: str = "amount") -> Reader:
    def read(envelope: ProviderFields, intent: ProviderFields) -> PaymentFact | None:
        charge = intent.latest_charge()
        return _fact(
            kind,
            envelope,
            intent,
            amount_field if intent.has(amount_field) else "amount",
            payment_intent=intent.text("id"),
            charge=intent.reference("latest_charge") or (charge.text("id") if charge else None),
            instrument=charge.instrument() if charge else None,
            refunded_total_minor=charge.amount("amount_refunded", absent=0) if charge else 0,
        )

    return read


def _session(kind: FactKind) -> Reader:
    def read(envelope: ProviderFields, session: ProviderFields) -> PaymentFact | None:
        intent = session.reference("payment_intent")
        if kind is FactKind.LINKED and intent is None:
            return None
        return _fact(kind, envelope, session, "amount_total", session=session.text("id"), payment_intent=intent)

    return read


def _charge(kind: FactKind) -> Reader:
    def read(envelope: ProviderFields, charge: ProviderFields) -> PaymentFact | None:
        refunded = charge.amount("amount_refunded")
        if refunded > charge.amount("amount"):
            raise FactMalformed("refund_exceeds_charge", charge.path_of("amount_refunded"))
        return _fact(
            kind,
            envelope,
            charge,
            "amount",
            payment_intent=charge.reference("payment_intent"),
            charge=charge.text("id"),
            instrument=charge.instrument(),
            refunded_total_minor=refunded,
        )

    return read


# An inquiry that ends (`warning_closed`) or a dispute headed off (`prevented`) took no money from us.
_DISPUTE_ENDS = {
    "won": FactKind.DISPUTE_WON,
    "warning_closed": FactKind.DISPUTE_WON,
    "prevented": FactKind.DISPUTE_WON,
    "lost": FactKind.DISPUTE_LOST,
}


def _dispute(envelope: ProviderFields, dispute: ProviderFields) -> PaymentFact:
    kind = FactKind.DISPUTE_OPENED
    if envelope.text("type") == "charge.dispute.closed":
        status = dispute.text("status")
        if status not in _DISPUTE_ENDS:
            raise FactMalformed("dispute_status_unknown", dispute.path_of("status"))
        kind = _DISPUTE_ENDS[status]
    return _fact(
        kind,
        envelope,
        dispute,
        "amount",
        payment_intent=dispute.reference("payment_intent"),
        charge=dispute.reference("charge"),
    )


_READERS: dict[str, Reader] = {
    "payment_intent.succeeded": _intent(FactKind.SUCCEEDED, "amount_received"),
    "payment_intent.processing": _intent(FactKind.PROCESSING),
    "payment_intent.payment_failed": _intent(FactKind.FAILED),
    "payment_intent.canceled": _intent(FactKind.CANCELED),
    "checkout.session.expired": _session(FactKind.CANCELED),
    "checkout.session.completed": _session(FactKind.LINKED),
    "charge.succeeded": _charge(FactKind.CHARGED),
    "charge.refunded": _charge(FactKind.REFUNDED),
    "charge.dispute.created": _dispute,
    "charge.dispute.closed": _dispute,
}
