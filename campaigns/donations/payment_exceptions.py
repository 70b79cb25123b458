"""PURE. Payments that are not what was asked: why one goes to the desk, and what is reversal of it there.

A payment of the donation's currency and a sound amount is money and counts by what came; everything else waits for
an operator, who takes it, refunds it, attaches it to another donation or dismisses it.
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
    CURRENCY = "currency"  # another currency than the donation's
    ABOVE_MAXIMUM = "above_maximum"  # more than was asked, and more than a donation may be
    NOTHING_RECEIVED = "nothing_received"  # a success of nothing
    SECOND_PAYMENT = "second_payment"  # the donation is paid already, by another payment


class ExceptionState(StrEnum):
    OPEN = "open"
    TAKEN = "taken"  # counted as its donation's payment
    REFUNDING = "refunding"  # a refund is requested; the provider has not confirmed it
    REFUNDED = "refunded"
    ATTACHED = "attached"  # counted as another donation's payment
    DISMISSED = "dismissed"


UNDECIDED = frozenset({ExceptionState.OPEN, ExceptionState.REFUNDING})
ENDED_AS_MONEY = frozenset({ExceptionState.TAKEN, ExceptionState.ATTACHED})


class NewException(NamedTuple):
    """A payment for the desk. Amount in the smallest unit of `currency`."""

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
    """A payment on the desk while a batch of facts is merged: a refund or dispute of it is none of its donation."""

    state: ExceptionState
    amount_minor: int
    changed: bool = False

    def apply(self, fact: PaymentFact) -> FactResult:
        """Follow a fact about this payment: refunded in full, whoever did it; open again when a refund failed."""
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
    """Return why a payment cannot count by what came; None when it can. `maximum_minor`: most fen of a donation."""
    if currency != asked_currency:
        return ExceptionReason.CURRENCY
    if amount_minor < 1:
        return ExceptionReason.NOTHING_RECEIVED
    if amount_minor != asked_minor and amount_minor > maximum_minor:
        return ExceptionReason.ABOVE_MAXIMUM
    return None
