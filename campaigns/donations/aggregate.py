"""A donation while facts are merged into it: PURE rules on a small record, loaded and locked in bulk."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from campaigns.donations.states import COUNTED, LAPSED, UNPAID, WAITING, Status
from campaigns.donations.transitions import Transition
from campaigns.lifecycle.campaign import SharedCampaign, lock_shared
from kernel.db import Tx
from payments.facts import FactKind, PaymentFact
from payments.partner_events import PartnerFact

DONE = ("done", "")


@dataclass(slots=True)
class DonationAggregate:
    """One donation and what this batch does to it. Amounts in fen.

    `status_was`, `refunded_was` are what the database holds; the difference becomes rows and postings.
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
    moves: list[Transition] = field(default_factory=list)
    late: bool = False  # paid after its match was let go, or never held: match is what is still free
    ended: bool = False  # will not be paid, as far as we know: what is held is let go
    hold_longer: bool = False
    instrument_came: bool = False

    @property
    def campaign_id(self) -> int:
        return self.campaign.id

    @property
    def newly_paid(self) -> bool:
        return self.paid_at is not None and self.status_was in UNPAID

    @property
    def kept_minor(self) -> int:
        """What of the gift remains."""
        return self.amount_minor - self.refunded_minor

    @property
    def changed(self) -> bool:
        return bool(self.moves) or self.refunded_minor != self.refunded_was

    def move(self, to: Status, cause: str) -> None:
        self.moves.append(Transition(self.id, self.status, to, cause))
        self.status = to

    def link(self, fact: PaymentFact) -> None:
        """Remember the provider's ids and the instrument, once known."""
        self.payment_intent = self.payment_intent or fact.payment_intent
        self.instrument_came |= self.instrument is None and fact.instrument is not None
        self.instrument = self.instrument or fact.instrument

    def succeed(self, amount_minor: int, currency: str, at: datetime, cause: str) -> tuple[str, str]:
        """The money came. Late success is accepted: the money is there, so the donation is paid."""
        if (amount_minor, currency) != (self.amount_minor, self.currency):
            return ("flagged", f"amount_differs:{amount_minor}:{currency}")
        if self.status not in UNPAID:
            return ("done", "repeated")
        self.late = self.late or self.status in LAPSED
        self.paid_at = at
        self.move(Status.PAID, cause)
        return self._refund_to(self.refunded_minor)

    def refund(self, total_minor: int) -> tuple[str, str]:
        """`total_minor` has gone back in all. Sums only grow, so late and repeated messages change nothing; a
        refund that is told before its payment is remembered until the payment is."""
        total = min(total_minor, self.amount_minor)
        self.refunded_minor = max(self.refunded_minor, total)
        return self._refund_to(self.refunded_minor)

    def _refund_to(self, total_minor: int) -> tuple[str, str]:
        if total_minor == self.amount_minor and self.status in COUNTED:
            self.move(Status.REFUNDED, "refunded")
        return DONE

    def lapse(self, cause: str) -> tuple[str, str]:
        """The provider says that this payment will not come any more."""
        if self.status not in WAITING:
            return ("done", "too_late")
        self.ended = True
        self.move(Status.CANCELLED if cause == "payment_cancelled" else Status.EXPIRED, cause)
        return DONE

    def process(self) -> tuple[str, str]:
        """The payment is under way: its match stays held for as long as a fresh hold lasts."""
        self.hold_longer = self.status in WAITING
        return DONE

    def disputed(self, kind: FactKind) -> tuple[str, str]:
        """A dispute opens, is won or lost; told in any order, its end counts."""
        if self.status in UNPAID:
            return ("waiting", f"before_payment:{self.id}")
        if kind == FactKind.DISPUTE_OPENED:
            if self.dispute == "" and self.status in COUNTED:
                self.dispute = "open"
                self.move(Status.DISPUTED, "dispute_opened")
            return DONE
        if self.dispute in ("won", "lost"):
            return ("done", "repeated")
        self.dispute = "won" if kind == FactKind.DISPUTE_WON else "lost"
        if self.dispute == "lost":
            return self.refund(self.amount_minor)
        if self.status == Status.DISPUTED:
            self.move(Status.PAID, "dispute_won")
        return DONE


DonationRef = tuple[UUID, int]  # a donation and its campaign


def find_refs(tx: Tx, facts: Sequence[PaymentFact | PartnerFact]) -> list[DonationRef | None]:
    """Which donation each fact speaks of: by the id that we sent along, else by the provider's references."""
    named = {fact.donation_id for fact in facts if fact.donation_id is not None}
    known: dict[UUID | None, DonationRef] = {place[0]: place for place in refs_of(tx, named)}
    references = {
        reference
        for fact in facts
        if fact.donation_id not in known and isinstance(fact, PaymentFact)
        for reference in (fact.payment_intent, fact.session)
        if reference
    }
    by_reference = _by_reference(tx, sorted(references))
    return [known.get(fact.donation_id) or _referred(fact, by_reference) for fact in facts]


def refs_of(tx: Tx, donation_ids: Iterable[UUID]) -> list[DonationRef]:
    """Those of these donations that are there."""
    rows = tx.rows("SELECT id, campaign_id FROM donation WHERE id = ANY(:ids)", ids=list(donation_ids))
    return [(row[0], row[1]) for row in rows]


def _referred(fact: PaymentFact | PartnerFact, by_reference: dict[str, DonationRef]) -> DonationRef | None:
    if isinstance(fact, PartnerFact):
        return None
    return by_reference.get(fact.payment_intent or "") or by_reference.get(fact.session or "")


def _by_reference(tx: Tx, references: list[str]) -> dict[str, DonationRef]:
    if not references:
        return {}
    rows = tx.rows(
        """SELECT payment_intent, id, campaign_id FROM donation WHERE payment_intent = ANY(:refs)
           UNION ALL
           SELECT payment_reference, id, campaign_id FROM donation WHERE payment_reference = ANY(:refs)""",
        refs=references,
    )
    return {row[0]: (row[1], row[2]) for row in rows}


def load_aggregates(
    tx: Tx, found: Iterable[DonationRef], fresh: Collection[UUID] = ()
) -> dict[UUID, DonationAggregate]:
    """Lock the campaigns shared, then the donations in id order. `fresh` were taken in from a partner in this
    transaction: nothing was ever held for them."""
    campaign_of = {donation_id: campaign_id for donation_id, campaign_id in found}  # noqa: C416
    if not campaign_of:
        return {}
    campaigns = {one.id: one for one in lock_shared(tx, ids=sorted(set(campaign_of.values())))}
    rows = tx.rows(
        """SELECT id, campaign_id, project_id, amount_minor, currency, status, refunded_minor, provider,
                  donor_key, payment_intent, instrument, paid_at, match_until, dispute
             FROM donation WHERE id = ANY(:ids) ORDER BY id FOR UPDATE /* lock:donations */""",
        ids=list(campaign_of),
    )
    return {row.id: _record(row, campaigns[row.campaign_id], row.id in fresh) for row in rows}


def _record(row: Any, campaign: SharedCampaign, fresh: bool) -> DonationAggregate:
    status = Status(row.status)
    return DonationAggregate(
        id=row.id,
        campaign=campaign,
        project_id=row.project_id,
        amount_minor=row.amount_minor,
        currency=row.currency,
        status=status,
        status_was=status,
        refunded_minor=row.refunded_minor,
        refunded_was=row.refunded_minor,
        provider=row.provider,
        donor_key=row.donor_key,
        payment_intent=row.payment_intent,
        instrument=row.instrument,
        paid_at=row.paid_at,
        match_until=row.match_until,
        dispute=row.dispute,
        late=fresh,
    )
