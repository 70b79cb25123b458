"""PURE. A donation while the facts of a batch are merged into it.

Facts may arrive twice, late and out of order. Returned money is therefore computed from all facts about it
(`reversals`), and states only move along the table of transitions.
"""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from campaigns.donations.fact_result import ANOTHER_SOURCE, DONE, REPEATED, FactResult
from campaigns.donations.facts.columns import Columns
from campaigns.donations.facts.reversals import Position, position
from campaigns.donations.payment_exceptions import (
    ENDED_AS_MONEY,
    ExceptionReason,
    ExceptionState,
    KnownException,
    NewException,
    reason_not_as_asked,
)
from campaigns.donations.states import (
    ABANDONED,
    BY_PARTNER,
    COUNTED,
    UNPAID,
    WAITING,
    DisputeOutcome,
    Status,
    Transition,
)
from campaigns.lifecycle.campaign import SharedCampaign
from payments.facts import FactKind, FraudWarning, PaymentFact
from payments.partners.partner_events import PARTNER_PREFIX, PartnerFact
from payments.provider_reader import MAX_MINOR
from payments.reversals import ReversalFact, ReversalKind, ReversalState

Fact = PaymentFact | PartnerFact


@dataclass(slots=True)
class DonationAggregate:
    """A donation and the changes that this batch makes to it. Amounts in fen.

    `status_was`, `refunded_was` and `excess_was` are the stored values; the differences become rows and transfers.
    `reversals` are all facts about returned money; the first `stored_reversals` of them are stored.
    """

    id: UUID
    campaign: SharedCampaign
    project_id: int
    amount_minor: int
    currency: str
    status: Status
    status_was: Status
    refunded_minor: int
    refunded_was: int
    provider: str
    donor_key: str
    payment_intent: str | None
    instrument: str | None
    paid_at: datetime | None
    match_until: datetime | None
    dispute: str
    excess_minor: int = 0
    excess_was: int = 0
    reversal_postings: int = 0
    reversals: list[ReversalFact] = field(default_factory=list)
    stored_reversals: int = 0
    transitions: list[Transition] = field(default_factory=list)
    late: bool = False  # it has no live reservation, so it may ask every pot for match
    ended: bool = False  # the provider no longer expects a payment; its reservations are released
    extend_reservation: bool = False
    instrument_learned: bool = False
    warnings: list[FraudWarning] = field(default_factory=list)  # the card network expects a dispute
    pledged_minor: int | None = None  # the pledged amount, if the payment was of another amount
    maximum_minor: int = MAX_MINOR  # a payment of another amount above this waits on the desk
    exceptions: dict[str, KnownException] = field(default_factory=dict)  # on the desk, by payment intent
    new_exceptions: list[NewException] = field(default_factory=list)
    stored: Columns | None = None  # its stored `columns_of`; None if it is not stored yet

    @property
    def campaign_id(self) -> int:
        return self.campaign.id

    @property
    def newly_paid(self) -> bool:
        return self.paid_at is not None and self.status_was in UNPAID

    @property
    def kept_minor(self) -> int:
        """The part of the donation that was not refunded."""
        return self.amount_minor - self.refunded_minor

    @property
    def changed(self) -> bool:
        return bool(self.transitions) or self.refunded_minor != self.refunded_was

    @property
    def new_reversals(self) -> list[ReversalFact]:
        """The facts about returned money that are not stored yet."""
        return self.reversals[self.stored_reversals :]

    @property
    def match_may_grow(self) -> bool:
        """Whether money came back to a paid donation, so that it may earn match again."""
        return self.paid_at is not None and not self.newly_paid and self.refunded_minor < self.refunded_was

    @property
    def match_shrinks(self) -> bool:
        """Whether a refund reduces the match, or less was paid than pledged. A refund that arrived before its
        payment takes effect with the payment."""
        came_short = self.pledged_minor is not None and self.amount_minor < self.pledged_minor
        return self.paid_at is not None and (
            self.refunded_minor > self.refunded_was or (self.newly_paid and (self.refunded_minor > 0 or came_short))
        )

    @property
    def needs_screening(self) -> bool:
        """Whether something new is known about an earlier payment. Screening finds new payments itself."""
        return (
            self.paid_at is not None
            and not self.newly_paid
            and (self.instrument_learned or self.match_shrinks or self.match_may_grow or bool(self.warnings))
        )

    def apply(self, fact: Fact, arrival: int = 0) -> FactResult:
        """Merge one fact. Idempotent. `arrival` is the position of its message in the inbox."""
        if isinstance(fact, PartnerFact):
            return self._apply_partner_fact(fact, arrival)
        if self.provider.startswith(PARTNER_PREFIX):
            return ANOTHER_SOURCE
        if fact.kind is FactKind.SUCCEEDED:
            return self.apply_success(fact)
        exception = self.exceptions.get(fact.payment_intent or "")
        if exception is not None and exception.state not in ENDED_AS_MONEY:
            return exception.apply(fact)
        self.link_payment(fact)
        if fact.reversal is not None:
            if fact.currency != self.currency:
                return FactResult("flagged", f"currency_differs:{fact.currency}")
            return self.apply_reversal(fact.reversal, arrival)
        match fact.kind:
            case FactKind.CANCELED:
                return self.end_unpaid("payment_cancelled" if fact.session is None else "payment_expired")
            case FactKind.PROCESSING:
                return self.keep_reservation()
            case FactKind.FRAUD_WARNING:
                self.warnings += [] if fact.warning is None else [fact.warning]
        return DONE

    def _apply_partner_fact(self, fact: PartnerFact, arrival: int) -> FactResult:
        if fact.provider != self.provider:
            return ANOTHER_SOURCE
        if fact.kind == "paid":
            return self.apply_partner_payment(fact)
        kind = ReversalKind.PARTNER_TOTAL if fact.kind == "refunded" else ReversalKind.PARTNER_REINSTATED
        reversal = ReversalFact(kind, fact.their_id, ReversalState.TOLD, fact.amount_minor, fact.occurred_at)
        return self.apply_reversal(reversal, arrival)

    def link_payment(self, fact: PaymentFact) -> None:
        """Store the provider's ids and the instrument unless they are known."""
        self.payment_intent = self.payment_intent or fact.payment_intent
        self.instrument_learned |= self.instrument is None and fact.instrument is not None
        self.instrument = self.instrument or fact.instrument

    def apply_partner_payment(self, fact: PartnerFact) -> FactResult:
        """Mark a partner's donation as paid. A repetition with another amount is flagged for review."""
        if (fact.amount_minor, fact.currency) != (self.amount_minor, self.currency):
            return FactResult("flagged", f"amount_differs:{fact.amount_minor}:{fact.currency}")
        if self.status not in UNPAID:
            return REPEATED
        return self.accept_payment(fact.amount_minor, fact.occurred_at, BY_PARTNER)

    def apply_success(self, fact: PaymentFact) -> FactResult:
        """Accept the payment with the amount that the provider reports, or put it on the desk.

        A decision of the desk about a payment stands, however often its success is reported.
        """
        known = self.exceptions.get(fact.payment_intent or "")
        if known is not None and known.state not in ENDED_AS_MONEY:
            return REPEATED
        if self.status not in UNPAID and fact.payment_intent == self.payment_intent:
            if (fact.amount_minor, fact.currency) == (self.amount_minor, self.currency):
                self.link_payment(fact)
                return REPEATED
            return FactResult("flagged", f"amount_differs:{fact.amount_minor}:{fact.currency}")
        if reason := self._not_as_asked(fact):
            return self._put_on_desk(fact, reason)
        self.payment_intent = fact.payment_intent
        self.link_payment(fact)
        cause = "payment_succeeded" if fact.amount_minor == self.amount_minor else "paid_other_amount"
        return self.accept_payment(fact.amount_minor, fact.occurred_at, cause)

    def _not_as_asked(self, fact: PaymentFact) -> ExceptionReason | None:
        if self.status not in UNPAID:
            return ExceptionReason.SECOND_PAYMENT
        requested = self.amount_minor
        return reason_not_as_asked(requested, self.currency, fact.amount_minor, fact.currency, self.maximum_minor)

    def _put_on_desk(self, fact: PaymentFact, reason: ExceptionReason) -> FactResult:
        """Put a payment on the desk that does not count for this donation. The donation no longer waits for one."""
        assert fact.payment_intent is not None
        self.new_exceptions.append(
            NewException(
                fact.provider,
                fact.payment_intent,
                fact.charge,
                fact.amount_minor,
                fact.currency,
                self.id,
                reason,
                fact.occurred_at,
            )
        )
        self.exceptions[fact.payment_intent] = KnownException(ExceptionState.OPEN, fact.amount_minor)
        if self.status in UNPAID and self.payment_intent == fact.payment_intent:
            self.payment_intent = None  # a refund of that payment does not affect this donation
        if self.status in WAITING:
            self.ended = True
            self._move(Status.FAILED, "payment_differs")
        return FactResult("done", f"payment_exception:{reason}")

    def accept_payment(self, amount_minor: int, at: datetime, cause: str) -> FactResult:
        """Mark the donation as paid with the received amount, even if it expired or was cancelled before."""
        if amount_minor != self.amount_minor:
            self.pledged_minor, self.amount_minor = self.amount_minor, amount_minor
        self.late = self.late or self.status_was in ABANDONED
        self.ended = False  # its reservations are live until this batch releases them, and the money came first
        self.paid_at = at
        self._move(Status.PAID, cause)
        return self._follow_reversals()

    def apply_reversal(self, fact: ReversalFact, arrival: int) -> FactResult:
        """Add a fact about a refund or dispute. If it precedes its payment, it waits among the facts."""
        if any(
            known._replace(position=0, created_at=None) == fact._replace(created_at=None)
            for known in self.reversals
        ):
            return REPEATED
        self.reversals.append(fact._replace(position=arrival))
        return self._follow_reversals()

    def end_unpaid(self, cause: str) -> FactResult:
        """Cancel or expire the donation, because the provider reports that no payment will come."""
        if self.status not in WAITING:
            return FactResult("done", "too_late")
        self.ended = True
        self._move(Status.CANCELLED if cause == "payment_cancelled" else Status.EXPIRED, cause)
        return DONE

    def keep_reservation(self) -> FactResult:
        """Keep match reserved for a payment under way, for as long as a new reservation lasts."""
        self.extend_reservation = self.status in WAITING
        return DONE

    def _follow_reversals(self) -> FactResult:
        """Update amounts and status from all facts about refunds and disputes. Money beyond the payment is lost, so
        the message with which it grew is flagged."""
        if not self.reversals:
            return DONE
        left = position(self.amount_minor, self.reversals)
        self.refunded_minor = self.amount_minor - left.kept_minor
        grew = left.excess_minor > self.excess_minor
        self.excess_minor = left.excess_minor
        self.dispute = _dispute_of(left)
        if self.status in COUNTED or self.status == Status.REFUNDED:
            self._follow_status(left)
        return FactResult("flagged", "more_returned_than_came") if grew else DONE

    def _follow_status(self, left: Position) -> None:
        if left.kept_minor == 0:
            if self.status != Status.REFUNDED:
                self._move(Status.REFUNDED, "dispute_lost" if left.lost_minor else "refunded")
        elif left.disputed_minor:
            if self.status != Status.DISPUTED:
                self._move(Status.DISPUTED, "dispute_opened")
        elif self.status == Status.DISPUTED:
            self._move(Status.PAID, "dispute_lost" if self.dispute == "lost" else "dispute_won")
        elif self.status == Status.REFUNDED:
            self._move(Status.PAID, "money_back")

    def _move(self, to: Status, cause: str) -> None:
        # A donation that this batch creates has no previous status.
        from_ = None if self.stored is None and not self.transitions else self.status
        self.transitions.append(Transition(self.id, from_, to, cause))
        self.status = to


def _dispute_of(left: Position) -> DisputeOutcome:
    """Return the dispute outcome to store. An open dispute takes precedence, then a lost one."""
    states = {reversal.state for reversal in left.reversals if reversal.kind is ReversalKind.DISPUTE}
    outcomes = {
        ReversalState.OPEN: DisputeOutcome.OPEN,
        ReversalState.LOST: DisputeOutcome.LOST,
        ReversalState.WON: DisputeOutcome.WON,
    }
    return next((outcome for state, outcome in outcomes.items() if state in states), DisputeOutcome.NONE)
