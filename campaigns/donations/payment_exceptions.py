"""PURE. Payments that differ from what was asked: why they go to the desk, and how refunds and disputes change them
there.

A payment in the donation's currency and of a valid amount counts with the amount received. Every other payment
waits for an operator, who takes it, refunds it, attaches it to another donation or dismisses it.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from campaigns.donations.fact_result import FactResult
from payments.facts import PaymentFact
from payments.reversals import ReversalKind, ReversalState


class ExceptionReason(StrEnum):
    CURRENCY = "currency"  # not the donation's currency
    ABOVE_MAXIMUM = "above_maximum"  # not the amount asked for, and above the maximum of a donation
    NOTHING_RECEIVED = "nothing_received"  # a successful payment of zero
    SECOND_PAYMENT = "second_payment"  # another payment has already paid the donation


class ExceptionState(StrEnum):
    OPEN = "open"
    TAKEN = "taken"  # counted as its donation's payment
    REFUNDING = "refunding"  # a refund is requested but not confirmed by the provider
    REFUNDED = "refunded"
    ATTACHED = "attached"  # counted as another donation's payment
    DISMISSED = "dismissed"


UNDECIDED = frozenset({ExceptionState.OPEN, ExceptionState.REFUNDING})
ENDED_AS_MONEY = frozenset({ExceptionState.TAKEN, ExceptionState.ATTACHED})


class NewException(NamedTuple):
    """A payment to put on the desk. The amount is in the smallest unit of `currency`."""

    provider: str
    payment_intent: str
    charge: str | None
    amount_minor: int
    currency: str
    donation_id: UUID
    reason: ExceptionReason
    occurred_at: datetime


@dataclass(slots=True)
class KnownException:
    """A payment on the desk while a batch of facts is merged. Its refunds and disputes do not affect its
    donation."""

    state: ExceptionState
    amount_minor: int
    changed: bool = False

    def apply(self, fact: PaymentFact) -> FactResult:
        """Apply a fact about this payment. A full refund, by whomever, closes it; a failed refund opens it
        again."""
        reversal = fact.reversal
        if reversal is not None and self.state not in ENDED_AS_MONEY:
            failed = reversal.kind is ReversalKind.REFUND and reversal.state is ReversalState.FAILED
            if failed and self.state in (ExceptionState.REFUNDED, ExceptionState.REFUNDING):
                self._move(ExceptionState.OPEN)
            elif not failed and _takes_all(fact, self.amount_minor) and self.state in UNDECIDED:
                self._move(ExceptionState.REFUNDED)
        return FactResult("done", "payment_exception")

    def _move(self, state: ExceptionState) -> None:
        self.state, self.changed = state, True


def _takes_all(fact: PaymentFact, amount_minor: int) -> bool:
    reversal = fact.reversal
    assert reversal is not None
    if reversal.kind is ReversalKind.DISPUTE:
        return reversal.state is ReversalState.LOST and reversal.amount_minor >= amount_minor
    return reversal.state is not ReversalState.PENDING and reversal.amount_minor >= amount_minor


def reason_not_as_asked(
    asked_minor: int, asked_currency: str, amount_minor: int, currency: str, maximum_minor: int
) -> ExceptionReason | None:
    """Return why a payment cannot count with the amount received; None if it can. `maximum_minor` is the maximum of
    a donation in fen."""
    if currency != asked_currency:
        return ExceptionReason.CURRENCY
    if amount_minor < 1:
        return ExceptionReason.NOTHING_RECEIVED
    if amount_minor != asked_minor and amount_minor > maximum_minor:
        return ExceptionReason.ABOVE_MAXIMUM
    return None
