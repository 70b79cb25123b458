"""PURE. A donation while the facts of a batch are merged into it.

Facts may arrive twice, late and out of order: sums are cumulative and only grow, states only move along the table.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from campaigns.donations.states import ABANDONED, COUNTED, UNPAID, WAITING, Status, Transition
from campaigns.lifecycle.campaign import SharedCampaign
from payments.facts import FactKind, PaymentFact
from payments.partner_events import PartnerFact

Fact = PaymentFact | PartnerFact


class FactResult(NamedTuple):
    """What became of a fact: the state and the note that its inbox message ends with."""

    state: str
    note: str = ""


DONE = FactResult("done")
REPEATED = FactResult("done", "repeated")


@dataclass(slots=True)
class DonationAggregate:
    """One donation and what this batch does to it. Amounts in fen.

    `status_was` and `refunded_was` are what the database holds; the difference becomes rows and transfers.
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
    transitions: list[Transition] = field(default_factory=list)
    late: bool = False  # no reservation stands for it any more, or ever did: it may ask every pot for match
    ended: bool = False  # the provider expects no payment any more: its reservations are released
    extend_reservation: bool = False
    instrument_learned: bool = False

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
    def match_shrinks(self) -> bool:
        """Whether a refund takes effect on the match. One that arrived before its payment does so with it."""
        return self.paid_at is not None and (
            self.refunded_minor > self.refunded_was or (self.newly_paid and self.refunded_minor > 0)
        )

    @property
    def needs_screening(self) -> bool:
        """Whether something new is known of an earlier payment. Screening finds new payments by itself."""
        return self.paid_at is not None and not self.newly_paid and (self.instrument_learned or self.match_shrinks)

    def apply(self, fact: Fact) -> FactResult:
        """Merge one fact; idempotent."""
        if isinstance(fact, PartnerFact):
            if fact.kind == "paid":
                return self.apply_payment(fact.amount_minor, fact.currency, fact.occurred_at, "partner")
            return self.apply_refund(fact.amount_minor)
        self.link_payment(fact)
        match fact.kind:
            case FactKind.SUCCEEDED:
                return self.apply_payment(fact.amount_minor, fact.currency, fact.occurred_at, "payment_succeeded")
            case FactKind.REFUNDED:
                return self.apply_refund(fact.refunded_total_minor)
            case FactKind.CANCELED:
                return self.end_unpaid("payment_cancelled" if fact.session is None else "payment_expired")
            case FactKind.PROCESSING:
                return self.keep_reservation()
            case FactKind.DISPUTE_OPENED | FactKind.DISPUTE_WON | FactKind.DISPUTE_LOST:
                return self.apply_dispute(fact.kind)
        return DONE

    def link_payment(self, fact: PaymentFact) -> None:
        """Remember the provider's ids and the instrument, once known."""
        self.payment_intent = self.payment_intent or fact.payment_intent
        self.instrument_learned |= self.instrument is None and fact.instrument is not None
        self.instrument = self.instrument or fact.instrument

    def apply_payment(self, amount_minor: int, currency: str, at: datetime, cause: str) -> FactResult:
        """Mark the donation as paid, also after it expired or was cancelled: the money is there.

        A payment of another amount or currency is flagged for review and changes nothing.
        """
        if (amount_minor, currency) != (self.amount_minor, self.currency):
            return FactResult("flagged", f"amount_differs:{amount_minor}:{currency}")
        if self.status not in UNPAID:
            return REPEATED
        self.late = self.late or self.status in ABANDONED
        self.paid_at = at
        self._move(Status.PAID, cause)
        return self._finish_refund()

    def apply_refund(self, total_minor: int) -> FactResult:
        """Set how much has been refunded in all. A refund that arrives before its payment waits in the sum."""
        self.refunded_minor = max(self.refunded_minor, min(total_minor, self.amount_minor))
        return self._finish_refund()

    def end_unpaid(self, cause: str) -> FactResult:
        """Cancel or expire the donation: the provider says that this payment will not come any more."""
        if self.status not in WAITING:
            return FactResult("done", "too_late")
        self.ended = True
        self._move(Status.CANCELLED if cause == "payment_cancelled" else Status.EXPIRED, cause)
        return DONE

    def keep_reservation(self) -> FactResult:
        """The payment is under way: its match stays reserved for as long as a fresh reservation lasts."""
        self.extend_reservation = self.status in WAITING
        return DONE

    def apply_dispute(self, kind: FactKind) -> FactResult:
        """Open, win or lose a dispute. Messages may come in any order: the end of a dispute is final."""
        if self.status in UNPAID:
            return FactResult("waiting", f"before_payment:{self.id}")
        if kind == FactKind.DISPUTE_OPENED:
            if self.dispute == "" and self.status in COUNTED:
                self.dispute = "open"
                self._move(Status.DISPUTED, "dispute_opened")
            return DONE
        if self.dispute in ("won", "lost"):
            return REPEATED
        self.dispute = "won" if kind == FactKind.DISPUTE_WON else "lost"
        if self.dispute == "lost":
            return self.apply_refund(self.amount_minor)
        if self.status == Status.DISPUTED:
            self._move(Status.PAID, "dispute_won")
        return DONE

    def _finish_refund(self) -> FactResult:
        if self.refunded_minor == self.amount_minor and self.status in COUNTED:
            self._move(Status.REFUNDED, "refunded")
        return DONE

    def _move(self, to: Status, cause: str) -> None:
        self.transitions.append(Transition(self.id, self.status, to, cause))
        self.status = to
