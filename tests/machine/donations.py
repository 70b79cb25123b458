"""A giving day in dictionaries: the course of each donation, written from the rules of the domain."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from tests.machine.plain_matching import Donation, Part, PlainMatching

RESERVATION_PERIOD, LONGEST = timedelta(minutes=15), timedelta(minutes=30)
FINISHING, LATE = timedelta(minutes=30), timedelta(hours=25)
WAITING, ENDED_UNPAID, COUNTED = ("pending",), ("cancelled", "expired"), ("paid", "disputed")
LIVING = ("open", "ended", "settling")
DISPUTE = ("open", "lost", "won")


class Donations(PlainMatching):
    """Each method does what the engine should do, and returns the code of the refusal, or None."""

    def __init__(
        self, now: datetime, opens_at: datetime, ends_at: datetime, windows: Iterable[tuple[datetime, datetime]]
    ) -> None:
        super().__init__(windows)
        self.now, self.opens_at, self.ends_at = now, opens_at, ends_at
        self.phase = "open"
        self.restoring: set[UUID] = set()  # whose money came back, until match was offered again

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
        self._follow(donation, donation.amount)

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
        """`total` was refunded in all; it only grows."""
        donation = self.donations[id_]
        kept = donation.kept
        donation.refund_total = max(donation.refund_total, total)
        self._follow(donation, kept)

    def bounce(self, id_: UUID, total: int) -> None:
        """`total` of a partner's refunds came back, by its newest message."""
        donation = self.donations[id_]
        kept = donation.kept
        donation.bounced_total = total
        self._follow(donation, kept)

    def refund_by_name(self, id_: UUID, name: str, amount: int, state: str) -> None:
        """One refund: succeeded, or failed after all."""
        donation = self.donations[id_]
        kept = donation.kept
        donation.refunds[name] = (amount, state)
        self._follow(donation, kept)

    def dispute(self, id_: UUID, name: str, amount: int, state: str) -> None:
        """`state`: open, lost or won. The later of them counts, whichever is told first: a lost dispute may be won
        after all."""
        donation = self.donations[id_]
        kept = donation.kept
        before = donation.disputes.get(name, (amount, "open"))[1]
        donation.disputes[name] = (amount, max(before, state, key=DISPUTE.index))
        self._follow(donation, kept)

    def _follow(self, donation: Donation, kept_before: int) -> None:
        """Let status and match follow from what is left. Match returns to its pot while the campaign lives, else to
        the fund; where money came back, match is offered again."""
        if donation.paid_at is None:
            return
        if not donation.kept:
            donation.status = "refunded"
        else:
            donation.status = "disputed" if donation.disputed else "paid"
        if donation.kept > kept_before and self.phase in LIVING:
            self.restoring.add(donation.id)
        self.return_to_source(self.shrink(donation))

    def return_to_source(self, returned: Mapping[int, int]) -> None:
        """Return match (pot -> fen): it is free in its pot again, or after the campaign belongs to the fund."""
        if self.phase not in LIVING:
            for pot_id, amount in returned.items():
                self.pots[pot_id].funded -= amount


def _sum(parts: Sequence[Part]) -> int:
    return sum(part.amount for part in parts)
