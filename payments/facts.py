"""PURE. Read a provider's event as payment facts.

An event reports what the provider saw; `campaigns/donations` decides whether it changes anything. Shapes follow
Stripe's published objects. Several API versions are read (a charge embedded in `latest_charge` or in
`charges.data`).
"""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from payments.plain_success import SUCCEEDED, plain_success
from payments.provider_reader import FactMalformed, ProviderFields
from payments.reversals import ReversalFact, ReversalKind, ReversalState

__all__ = ["EVENT_TYPES", "REVERSALS", "REVERSAL_TYPES", "FactKind", "FactMalformed", "PaymentFact", "facts_of"]


class FactKind(StrEnum):
    """What happened to a payment."""

    SUCCEEDED = "succeeded"
    CHARGED = "charged"  # identifies the charge and the instrument of a success
    LINKED = "linked"  # identifies the payment intent that a checkout session led to
    PROCESSING = "processing"
    FAILED = "failed"  # one attempt: at Stripe the donor may try again with another card
    CANCELED = "canceled"
    REFUNDED = "refunded"  # a charge's total of all its refunds
    REFUND = "refund"  # one refund, in any state
    DISPUTE = "dispute"  # one dispute, in any state
    FRAUD_WARNING = "fraud_warning"  # the card network expects a dispute; no money moves


REVERSALS = (FactKind.REFUNDED, FactKind.REFUND, FactKind.DISPUTE)


class FraudWarning(NamedTuple):
    """An early fraud warning from a card network; `reference` is the provider's id of it."""

    reference: str
    fraud_type: str
    at: datetime


class PaymentFact(NamedTuple):
    """One fact. `amount_minor` is the amount of the payment (of a refund or dispute: its own) in fen of `currency`.

    `refunded_total_minor` is the charge's total of all refunds. `reversal` is what a refund or dispute adds to the
    facts of its donation. `instrument` identifies card or wallet (`card:<fingerprint>`, `alipay:<buyer>`).
    """

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
    reversal: ReversalFact | None = None
    warning: FraudWarning | None = None


# Reads the envelope of an event and the object in it.
Reader = Callable[[ProviderFields, ProviderFields], PaymentFact | None]


def facts_of(event: dict[str, Any]) -> list[PaymentFact]:
    """Return the facts in a provider's event; event types that we do not follow have none.

    Raises FactMalformed (never anything else) when a followed event lacks what its type promises.
    """
    success = plain_success(event)
    if success is not None:
        donation_id, intent, amount_minor, currency, at, charge = success
        return [
            PaymentFact(
                FactKind.SUCCEEDED, "stripe", donation_id, intent, None, amount_minor, currency, at, charge, None, 0
            )
        ]
    return read_facts(event)


def read_facts(event: dict[str, Any]) -> list[PaymentFact]:
    """Return the same facts as `facts_of`, read field by field."""
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
    reversal: ReversalFact | None = None,
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
        reversal,
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
        at = envelope.time("created")
        total = ReversalFact(ReversalKind.CHARGE_TOTAL, charge.text("id"), ReversalState.TOLD, refunded, at)
        return _fact(
            kind,
            envelope,
            charge,
            "amount",
            payment_intent=charge.reference("payment_intent"),
            charge=charge.text("id"),
            instrument=charge.instrument(),
            refunded_total_minor=refunded,
            reversal=total if kind is FactKind.REFUNDED else None,
        )

    return read


_REFUND_STATES = {
    "pending": ReversalState.PENDING,
    "succeeded": ReversalState.SUCCEEDED,
    "failed": ReversalState.FAILED,
    "canceled": ReversalState.FAILED,
}


def _refund(envelope: ProviderFields, refund: ProviderFields) -> PaymentFact | None:
    """Read a refund. One that waits for the donor (`requires_action`) has moved no money and is not a fact yet."""
    status = refund.text("status")
    if status == "requires_action":
        return None
    if status not in _REFUND_STATES:
        raise FactMalformed("refund_status_unknown", refund.path_of("status"))
    reversal = ReversalFact(
        ReversalKind.REFUND,
        refund.text("id"),
        _REFUND_STATES[status],
        refund.amount("amount"),
        envelope.time("created"),
        refund.time("created") if refund.has("created") else None,
    )
    return _reversal(FactKind.REFUND, envelope, refund, reversal)


# An inquiry that ends (`warning_closed`) and a dispute that was averted (`prevented`) took no money from us. One
# that ends because the charge was refunded (`charge_refunded`) took none beyond the refund.
_DISPUTE_STATES = {
    "warning_needs_response": ReversalState.WARNING,
    "warning_under_review": ReversalState.WARNING,
    "warning_closed": ReversalState.WON,
    "needs_response": ReversalState.OPEN,
    "under_review": ReversalState.OPEN,
    "charge_refunded": ReversalState.WON,
    "prevented": ReversalState.WON,
    "won": ReversalState.WON,
    "lost": ReversalState.LOST,
}


def _dispute(envelope: ProviderFields, dispute: ProviderFields) -> PaymentFact:
    status = dispute.text("status")
    if status not in _DISPUTE_STATES:
        raise FactMalformed("dispute_status_unknown", dispute.path_of("status"))
    state = _DISPUTE_STATES[status]
    if envelope.text("type") == "charge.dispute.funds_reinstated":
        state = ReversalState.WON  # the money is back, whatever the dispute's other fields say
    reversal = ReversalFact(
        ReversalKind.DISPUTE, dispute.text("id"), state, dispute.amount("amount"), envelope.time("created")
    )
    return _reversal(FactKind.DISPUTE, envelope, dispute, reversal)


def _reversal(
    kind: FactKind, envelope: ProviderFields, subject: ProviderFields, reversal: ReversalFact
) -> PaymentFact:
    return _fact(
        kind,
        envelope,
        subject,
        "amount",
        payment_intent=subject.reference("payment_intent"),
        charge=subject.reference("charge"),
        reversal=reversal,
    )


def _fraud_warning(envelope: ProviderFields, warning: ProviderFields) -> PaymentFact:
    """Read an early fraud warning, which names a charge and its payment but has no amount of its own."""
    return PaymentFact(
        FactKind.FRAUD_WARNING,
        "stripe",
        None,
        warning.reference("payment_intent"),
        None,
        0,
        "",
        envelope.time("created"),
        warning.reference("charge"),
        None,
        0,
        warning=FraudWarning(
            warning.text("id"),
            warning.text("fraud_type") if warning.has("fraud_type") else "misc",
            envelope.time("created"),
        ),
    )


_READERS: dict[str, Reader] = {
    SUCCEEDED: _intent(FactKind.SUCCEEDED, "amount_received"),
    "payment_intent.processing": _intent(FactKind.PROCESSING),
    "payment_intent.payment_failed": _intent(FactKind.FAILED),
    "payment_intent.canceled": _intent(FactKind.CANCELED),
    "checkout.session.expired": _session(FactKind.CANCELED),
    "checkout.session.completed": _session(FactKind.LINKED),
    "charge.succeeded": _charge(FactKind.CHARGED),
    "charge.refunded": _charge(FactKind.REFUNDED),
    "refund.created": _refund,
    "refund.updated": _refund,
    "refund.failed": _refund,
    "charge.refund.updated": _refund,
    "charge.dispute.created": _dispute,
    "charge.dispute.updated": _dispute,
    "charge.dispute.closed": _dispute,
    "charge.dispute.funds_withdrawn": _dispute,
    "charge.dispute.funds_reinstated": _dispute,
    "radar.early_fraud_warning.created": _fraud_warning,
}
# What the provider's endpoint must subscribe to; `doctor`, the sandbox and the manual use this list.
EVENT_TYPES = tuple(_READERS)
# The types that report money going back to donors, or returning to us.
REVERSAL_TYPES = tuple(
    name for name in EVENT_TYPES if name.startswith(("refund.", "charge.refund", "charge.dispute"))
)
