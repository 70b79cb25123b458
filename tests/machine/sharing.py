"""Free match for earlier donations: challenges that are met, re-offer and redistribution after the end."""

from collections.abc import Container, Iterable, Sequence
from uuid import UUID

from tests.machine.donations import COUNTED, FINISHING, LATE, LIVING, WAITING, Donations
from tests.machine.plain_matching import Donation, Part, Pot


class Sharing(Donations):
    """Each method does what the engine should do, and returns how often it changed something."""

    def in_turn(self) -> list[Donation]:
        """Return paid donations, oldest payment first, without those on hold or cancelled by a reviewer."""
        paid = [
            donation
            for donation in self.donations.values()
            if donation.status == "paid" and donation.case not in ("open", "cancelled")
        ]
        return sorted(paid, key=lambda donation: (donation.paid_at or self.now, donation.pledged_at, donation.id))

    def reoffer(self, pots: Iterable[Pot] | None = None, only: Container[UUID] | None = None) -> int:
        """Offer free match (of all pots) to donations (all) that got less; return how many got some."""
        served = 0
        offered = list(self.pots.values() if pots is None else pots)
        for donation in self.in_turn():
            if only is not None and donation.id not in only:
                continue
            if self.eligible(donation) and donation.paid_at is not None:
                parts = self.allocate_in_window(donation, donation.kept, offered, donation.paid_at, self.now)
                donation.parts += parts
                served += bool(parts)
        return served

    def restore(self) -> int:
        """Offer match again where money came back; return how many donations waited for it."""
        waiting, self.restoring = self.restoring, set()
        if self.phase in LIVING and waiting:
            self.reoffer(only=waiting)
        return len(waiting)

    def redistribute(self) -> int:
        """Move match to better pots until nothing moves; return the number of moves."""
        total = 0
        while moves := sum(
            self._better(donation, part) for donation in self.in_turn() for part in _worst_first(donation.parts)
        ):
            total += moves
        return total

    def _better(self, donation: Donation, part: Part) -> int:
        """Move one part to better pots whose ratio is not lower, as much of it as they would give for its base."""
        moves = 0
        for pot in sorted(self.pots.values(), key=lambda pot: pot.order):
            if pot.order >= part.pot.order or pot.rules(self.now).ratio_bps < part.ratio_bps:
                continue
            assert donation.paid_at is not None
            whole, donation.parts = donation.parts, [other for other in donation.parts if other is not part]
            better = self.allocate(donation, donation.kept, [pot], donation.paid_at, self.now)
            donation.parts = whole
            if better and part.amount:
                moved = min(better[0].amount, part.amount)
                part.amount -= moved
                donation.parts.append(Part(pot, better[0].ratio_bps, moved, better[0].day))
                moves += 1
        donation.parts = [part for part in donation.parts if part.amount]
        return moves

    # Challenges

    def unlock(self) -> int:
        """Unlock pots whose challenge is met, and offer their match to earlier donations; return how many."""
        if self.phase not in LIVING:
            return 0
        donors, raised = self.donors(), self.raised()
        met = [pot for pot in self.pots.values() if pot.locked and self._met(pot, donors, raised)]
        for pot in met:
            pot.locked = False
        for pot in sorted(met, key=lambda pot: pot.order):
            self.reoffer([pot])
        return len(met)

    def _met(self, pot: Pot, donors: int, raised: int) -> bool:
        rules = pot.rules(self.now)
        return donors >= rules.donors if rules.donors is not None else raised >= (rules.raised or 0)

    def donors(self) -> int:
        return len({donation.donor for donation in self.donations.values() if donation.status in COUNTED})

    def raised(self) -> int:
        return sum(donation.kept for donation in self.donations.values() if donation.paid_at is not None)

    # The end

    def close(self) -> None:
        """Go through all phases that are due, up to the provider's statement, which never comes here."""
        last = self.ends_at + FINISHING
        if self.phase == "open" and self.now >= self.ends_at:
            self.phase = "ended"
        if self.phase == "ended" and self.now >= last:
            self.phase = "settling"
        if self.phase == "settling":
            self.expire()
            if self.now >= last + LATE and not any(
                donation.status in WAITING for donation in self.donations.values()
            ):
                self.unlock()
                self.restoring.clear()
                while self.reoffer() + self.redistribute():
                    pass
                self.phase = "reconciling"


def _worst_first(parts: Sequence[Part]) -> list[Part]:
    """Sort parts: the worst pot's first, of one pot the newest."""
    places = {id(part): (part.pot.order, n) for n, part in enumerate(parts)}
    return sorted(parts, key=lambda part: places[id(part)], reverse=True)
