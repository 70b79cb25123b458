"""A giving day in dictionaries: what should become of each donation, written from the rules of the domain."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from tests.machine.plain import Gift, Matchbook, Part

HOLD, LONGEST = timedelta(minutes=15), timedelta(minutes=30)
FINISHING, LATE = timedelta(minutes=30), timedelta(hours=25)
WAITING, LAPSED, COUNTED = ("pending",), ("cancelled", "expired"), ("paid", "disputed")
LIVING = ("open", "ended", "settling")


class Model(Matchbook):
    """Every verb does what the engine's should, and answers the code of the refusal, or None."""

    def __init__(self, now: datetime, opens_at: datetime, ends_at: datetime) -> None:
        super().__init__()
        self.now, self.opens_at, self.ends_at = now, opens_at, ends_at
        self.phase = "open"

    # Giving and paying

    def give(self, id_: UUID, amount: int, project: int, donor: str, accept: bool) -> str | None:
        """Reserved at the pledge, from pots that promise; short of what their rules give, the donor is asked."""
        if self.phase != "open" or self.now >= self.ends_at:
            return "campaign_not_open"
        gift = Gift(id_, amount, project, donor, self.now, self.now + HOLD)
        pots = [pot for pot in self.pots.values() if pot.mode == "reserve"]
        parts = self.ask(gift, amount, pots, self.now, self.now)
        due = self.ask(gift, amount, pots, self.now, self.now, bottomless=True)
        if _sum(parts) < _sum(due) and not accept:
            return "match_short"
        gift.parts = parts
        self.gifts[id_] = gift
        return None

    def pay(self, id_: UUID, at: datetime) -> None:
        """The money came: what was promised is earned; late money asks every pot, the rest those that match at
        payment. Who paid after the end and its half hour gets nothing new."""
        gift = self.gifts[id_]
        if gift.paid_at is not None:
            return
        pots = [pot for pot in self.pots.values() if gift.status in LAPSED or pot.mode == "payment"]
        gift.status, gift.paid_at = "paid", at
        if self.phase in LIVING and self.eligible(gift) and gift.kept:
            gift.parts += self.ask(gift, gift.amount, pots, at, self.now)
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
            gift.until = max(gift.until, self.now + HOLD)

    def keep_alive(self, id_: UUID) -> str | None:
        gift = self.gifts[id_]
        if gift.status not in WAITING:
            return "promise_lapsed"
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
            if gift.until <= self.now:
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
        for pot_id, amount in self.shrink(gift).items():
            if self.phase not in LIVING:
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

    # Pots

    def top_up(self, pot_id: int, amount: int) -> str | None:
        if self.phase not in LIVING:
            return "campaign_phase"
        self.pots[pot_id].funded += amount
        return None

    def reduce(self, pot_id: int, amount: int) -> str | None:
        """Only what is free, and open."""
        pot = self.pots[pot_id]
        if self.phase not in LIVING:
            return "campaign_phase"
        if amount > self.free(pot) - pot.closed(self.now):
            return "pot_short"
        pot.funded -= amount
        return None

    # After the end

    def in_turn(self) -> list[Gift]:
        """Oldest payment first."""
        paid = [gift for gift in self.gifts.values() if gift.paid_at is not None and gift.status == "paid"]
        return sorted(paid, key=lambda one: (one.paid_at or self.now, one.pledged_at, one.id))

    def reoffer(self) -> int:
        """Free match to those who got less; answers how many got some."""
        served = 0
        for gift in self.in_turn():
            if self.eligible(gift) and gift.paid_at is not None:
                parts = self.ask(gift, gift.kept, self.pots.values(), gift.paid_at, self.now)
                gift.parts += parts
                served += bool(parts)
        return served

    def redistribute(self) -> int:
        """Match to better pots until nothing moves; answers the moves."""
        total = 0
        while moves := sum(
            self._better(gift, part) for gift in self.in_turn() for part in _worst_first(gift.parts)
        ):
            total += moves
        return total

    def _better(self, gift: Gift, part: Part) -> int:
        """One part to better pots whose ratio is not lower, as much of it as they would give for its share."""
        moves = 0
        for pot in sorted(self.pots.values(), key=lambda one: one.order):
            if pot.order >= part.pot.order or pot.rules(self.now).ratio_bps < part.ratio_bps:
                continue
            assert gift.paid_at is not None
            whole, gift.parts = gift.parts, [one for one in gift.parts if one is not part]
            found = self.ask(gift, gift.kept, [pot], gift.paid_at, self.now)  # for its own share of the gift
            gift.parts = whole
            if found and part.amount:
                moved = min(found[0].amount, part.amount)
                part.amount -= moved
                gift.parts.append(Part(pot, found[0].ratio_bps, moved, found[0].day))
                moves += 1
        gift.parts = [one for one in gift.parts if one.amount]
        return moves

    def close(self) -> None:
        """All phases that are due, up to the provider's statement: here, nobody answers for it."""
        last = self.ends_at + FINISHING
        if self.phase == "open" and self.now >= self.ends_at:
            self.phase = "ended"
        if self.phase == "ended" and self.now >= last:
            self.phase = "settling"
        if self.phase == "settling":
            self.lapse()
            if self.now >= last + LATE and not any(gift.status in WAITING for gift in self.gifts.values()):
                while self.reoffer() + self.redistribute():
                    pass
                self.phase = "reconciling"


def _sum(parts: Sequence[Part]) -> int:
    return sum(part.amount for part in parts)


def _worst_first(parts: Sequence[Part]) -> list[Part]:
    """The worst pot first, of one pot the newest."""
    places = {id(part): (part.pot.order, n) for n, part in enumerate(parts)}
    return sorted(parts, key=lambda one: places[id(one)], reverse=True)
