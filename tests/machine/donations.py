"""A giving day in dictionaries: the course of each donation, written from the rules of the domain."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from tests.machine.plain_matching import Donation, Part, PlainMatching

RESERVATION_PERIOD, LONGEST = timedelta(minutes=15), timedelta(minutes=30)
FINISHING, LATE = timedelta(minutes=30), timedelta(hours=25)
WAITING, ENDED_UNPAID, COUNTED = ("pending",), ("cancelled", "expired"), ("paid", "disputed")
LIVING = ("open", "ended", "settling")


class Donations(PlainMatching):
    """Each method does what the engine should do, and returns the code of the refusal, or None."""

    def __init__(
        self, now: datetime, opens_at: datetime, ends_at: datetime, windows: Iterable[tuple[datetime, datetime]]
    ) -> None:
        super().__init__(windows)
        self.now, self.opens_at, self.ends_at = now, opens_at, ends_at
        self.phase = "open"

    # Creating and paying

    def create(self, id_: UUID, amount: int, project: int, donor: str, accept: bool) -> str | None:
        """Reserve match at the pledge, from pots in mode reserve. If they fall short, the donor must accept it."""
        if self.phase != "open" or self.now >= self.ends_at:
            return "campaign_not_open"
        donation = Donation(id_, amount, project, donor, self.now, self.now + RESERVATION_PERIOD)
        pots = [pot for pot in self.pots.values() if pot.mode == "reserve"]
        parts = self.allocate_in_window(donation, amount, pots, self.now, self.now)
        due = self.allocate(donation, amount, pots, self.now, self.now, bottomless=True)
        if self.in_window(self.now) and _sum(parts) < _sum(due) and not accept:
            return "match_short"
        donation.parts = parts
        self.donations[id_] = donation
        return None

    def partner(self, id_: UUID, amount: int, project: int, donor: str, at: datetime) -> None:
        """A partner platform reports a payment: matched from all pots, as a late payment is, by the platform's time
        of payment. A payment from before the campaign, or after its end and its half hour, waits."""
        if id_ not in self.donations and self.opens_at <= at < self.ends_at + FINISHING:
            self.donations[id_] = Donation(id_, amount, project, donor, at, None, "expired")
            self.pay(id_, at)

    def pay(self, id_: UUID, at: datetime) -> None:
        """The payment arrived: reserved match is captured. A late payment may be matched by all pots, others by
        those in mode payment. Payments after the end and its half hour get nothing new."""
        donation = self.donations[id_]
        if donation.paid_at is not None:
            return
        pots = [pot for pot in self.pots.values() if donation.status in ENDED_UNPAID or pot.mode == "payment"]
        donation.status, donation.paid_at = "paid", at
        if self.phase in LIVING and self.eligible(donation) and donation.kept:
            donation.parts += self.allocate_in_window(donation, donation.amount, pots, at, self.now)
        self.refund(id_, donation.refunded)
        disputes, donation.early_disputes = donation.early_disputes, []
        for kind in disputes:
            self.dispute(id_, kind)

    def eligible(self, donation: Donation) -> bool:
        """Whether it was paid in time, by the provider's time of payment."""
        return donation.paid_at is not None and self.opens_at <= donation.paid_at < self.ends_at + FINISHING

    def processing(self, id_: UUID) -> None:
        donation = self.donations[id_]
        if donation.status in WAITING:
            assert donation.until is not None
            donation.until = max(donation.until, self.now + RESERVATION_PERIOD)

    def keep_alive(self, id_: UUID) -> str | None:
        donation = self.donations[id_]
        if donation.status not in WAITING:
            return "promise_lapsed"
        assert donation.until is not None
        donation.until = max(donation.until, min(self.now + RESERVATION_PERIOD, donation.pledged_at + LONGEST))
        return None

    # Not paying

    def end(self, id_: UUID, status: str) -> None:
        """End an unpaid donation as cancelled or expired. Paid donations are left alone."""
        donation = self.donations[id_]
        if donation.status in WAITING:
            donation.status, donation.parts = status, []

    def cancel(self, id_: UUID) -> str | None:
        """The donor changes their mind."""
        if self.donations[id_].paid_at is not None:
            return "already_paid"
        self.end(id_, "cancelled")
        return None

    def expire(self) -> None:
        for donation in self.donations.values():
            if donation.until is not None and donation.until <= self.now:
                self.end(donation.id, "expired")

    # Refunds and disputes

    def refund(self, id_: UUID, total: int) -> None:
        """`total` was refunded in all; it only grows. Match returns to its pot while the campaign lives, else to
        the fund."""
        donation = self.donations[id_]
        donation.refunded = max(donation.refunded, total)
        if donation.paid_at is None:
            return
        if not donation.kept and donation.status in COUNTED:
            donation.status = "refunded"
        self.return_to_source(self.shrink(donation))

    def return_to_source(self, returned: Mapping[int, int]) -> None:
        """Return match (pot -> fen): it is free in its pot again, or after the campaign belongs to the fund."""
        if self.phase not in LIVING:
            for pot_id, amount in returned.items():
                self.pots[pot_id].funded -= amount

    def dispute(self, id_: UUID, kind: str) -> None:
        """`kind`: open, won or lost. The outcome counts, even if it is reported before the opening."""
        donation = self.donations[id_]
        if donation.paid_at is None:
            donation.early_disputes.append(kind)
        elif kind == "open":
            if not donation.dispute and donation.status in COUNTED:
                donation.dispute, donation.status = "open", "disputed"
        elif donation.dispute in ("", "open"):
            donation.dispute = kind
            if kind == "lost":
                self.refund(id_, donation.amount)
            elif donation.status == "disputed":
                donation.status = "paid"


def _sum(parts: Sequence[Part]) -> int:
    return sum(part.amount for part in parts)
