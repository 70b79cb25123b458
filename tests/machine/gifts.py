"""A giving day in dictionaries: what becomes of each donation, written from the rules of the domain."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from tests.machine.plain import Gift, Matchbook, Part

HOLD, LONGEST = timedelta(minutes=15), timedelta(minutes=30)
FINISHING, LATE = timedelta(minutes=30), timedelta(hours=25)
WAITING, LAPSED, COUNTED = ("pending",), ("cancelled", "expired"), ("paid", "disputed")
LIVING = ("open", "ended", "settling")


class Gifts(Matchbook):
    """Every verb does what the engine's should, and answers the code of the refusal, or None."""

    def __init__(
        self, now: datetime, opens_at: datetime, ends_at: datetime, windows: Iterable[tuple[datetime, datetime]]
    ) -> None:
        super().__init__(windows)
        self.now, self.opens_at, self.ends_at = now, opens_at, ends_at
        self.phase = "open"

    # Giving and paying

    def give(self, id_: UUID, amount: int, project: int, donor: str, accept: bool) -> str | None:
        """Reserved at the pledge, from pots that promise; short of what their rules give, the donor is asked."""
        if self.phase != "open" or self.now >= self.ends_at:
            return "campaign_not_open"
        gift = Gift(id_, amount, project, donor, self.now, self.now + HOLD)
        pots = [pot for pot in self.pots.values() if pot.mode == "reserve"]
        parts = self.ask_in_time(gift, amount, pots, self.now, self.now)
        due = self.ask(gift, amount, pots, self.now, self.now, bottomless=True)
        if self.in_window(self.now) and _sum(parts) < _sum(due) and not accept:
            return "match_short"
        gift.parts = parts
        self.gifts[id_] = gift
        return None

    def partner(self, id_: UUID, amount: int, project: int, donor: str, at: datetime) -> None:
        """A platform tells of money that it took: matched from every pot, as late money is, by its own time of
        payment. Told of a time at which there was no campaign, it waits for a person."""
        if id_ not in self.gifts and self.opens_at <= at < self.ends_at:
            self.gifts[id_] = Gift(id_, amount, project, donor, at, None, "expired")
            self.pay(id_, at)

    def pay(self, id_: UUID, at: datetime) -> None:
        """The money came: what was promised is earned; late money asks every pot, the rest those that match at
        payment. Who paid after the end and its half hour gets nothing new."""
        gift = self.gifts[id_]
        if gift.paid_at is not None:
            return
        pots = [pot for pot in self.pots.values() if gift.status in LAPSED or pot.mode == "payment"]
        gift.status, gift.paid_at = "paid", at
        if self.phase in LIVING and self.eligible(gift) and gift.kept:
            gift.parts += self.ask_in_time(gift, gift.amount, pots, at, self.now)
        self.refund(id_, gift.refunded)
        told, gift.told = gift.told, []
        for kind in told:
            self.dispute(id_, kind)

    def eligible(self, gift: Gift) -> bool:
        """By the provider's payment time, whenever we heard of it."""
        return gift.paid_at is not None and self.opens_at <= gift.paid_at < self.ends_at + FINISHING

    def processing(self, id_: UUID) -> None:
        gift = self.gifts[id_]
        if gift.status in WAITING:
            assert gift.until is not None
            gift.until = max(gift.until, self.now + HOLD)

    def keep_alive(self, id_: UUID) -> str | None:
        gift = self.gifts[id_]
        if gift.status not in WAITING:
            return "promise_lapsed"
        assert gift.until is not None
        gift.until = max(gift.until, min(self.now + HOLD, gift.pledged_at + LONGEST))
        return None

    # Not paying

    def end(self, id_: UUID, status: str) -> None:
        """Cancelled or lapsed, as the provider or the clock says; too late for one that is paid."""
        gift = self.gifts[id_]
        if gift.status in WAITING:
            gift.status, gift.parts = status, []

    def cancel(self, id_: UUID) -> str | None:
        """The donor changes his mind."""
        if self.gifts[id_].paid_at is not None:
            return "already_paid"
        self.end(id_, "cancelled")
        return None

    def lapse(self) -> None:
        for gift in self.gifts.values():
            if gift.until is not None and gift.until <= self.now:
                self.end(gift.id, "expired")

    # Money back

    def refund(self, id_: UUID, total: int) -> None:
        """`total` has gone back in all; sums only grow. Match returns to its pot while the campaign lives, else
        to the fund."""
        gift = self.gifts[id_]
        gift.refunded = max(gift.refunded, total)
        if gift.paid_at is None:
            return
        if not gift.kept and gift.status in COUNTED:
            gift.status = "refunded"
        self.send_home(self.shrink(gift))

    def send_home(self, back: Mapping[int, int]) -> None:
        """Match that left its gift (pot -> fen) is free in its pot again; after the campaign it is the fund's."""
        if self.phase not in LIVING:
            for pot_id, amount in back.items():
                self.pots[pot_id].funded -= amount

    def dispute(self, id_: UUID, kind: str) -> None:
        """`kind`: open, won or lost. The end counts, whenever the beginning is told."""
        gift = self.gifts[id_]
        if gift.paid_at is None:
            gift.told.append(kind)
        elif kind == "open":
            if not gift.dispute and gift.status in COUNTED:
                gift.dispute, gift.status = "open", "disputed"
        elif gift.dispute in ("", "open"):
            gift.dispute = kind
            if kind == "lost":
                self.refund(id_, gift.amount)
            elif gift.status == "disputed":
                gift.status = "paid"


def _sum(parts: Sequence[Part]) -> int:
    return sum(part.amount for part in parts)
