"""Free match for those who came before: challenges that are met, and what is shared out after the end."""

from collections.abc import Iterable, Sequence

from tests.machine.gifts import COUNTED, FINISHING, LATE, LIVING, WAITING, Gifts
from tests.machine.plain import Gift, Part, Pot


class Sharing(Gifts):
    """Every verb does what the engine's should, and answers how often it did something."""

    def in_turn(self) -> list[Gift]:
        """Oldest payment first; not those of which a person thinks, or thought, ill."""
        paid = [
            gift for gift in self.gifts.values() if gift.status == "paid" and gift.case not in ("open", "cancelled")
        ]
        return sorted(paid, key=lambda one: (one.paid_at or self.now, one.pledged_at, one.id))

    def reoffer(self, pots: Iterable[Pot] | None = None) -> int:
        """Free match (of all pots) to those who got less; answers how many got some."""
        served = 0
        asked = list(self.pots.values() if pots is None else pots)
        for gift in self.in_turn():
            if self.eligible(gift) and gift.paid_at is not None:
                parts = self.ask_in_time(gift, gift.kept, asked, gift.paid_at, self.now)
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

    # Challenges

    def unlock(self) -> int:
        """Pots whose challenge is met open for good, and serve those who came before; answers how many."""
        if self.phase not in LIVING:
            return 0
        donors, raised = self.donors(), self.raised()
        met = [pot for pot in self.pots.values() if pot.locked and self._met(pot, donors, raised)]
        for pot in met:
            pot.locked = False
        for pot in sorted(met, key=lambda one: one.order):
            self.reoffer([pot])
        return len(met)

    def _met(self, pot: Pot, donors: int, raised: int) -> bool:
        rules = pot.rules(self.now)
        return donors >= rules.donors if rules.donors is not None else raised >= (rules.raised or 0)

    def donors(self) -> int:
        return len({gift.donor for gift in self.gifts.values() if gift.status in COUNTED})

    def raised(self) -> int:
        return sum(gift.kept for gift in self.gifts.values() if gift.paid_at is not None)

    # The end

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
                self.unlock()
                while self.reoffer() + self.redistribute():
                    pass
                self.phase = "reconciling"


def _worst_first(parts: Sequence[Part]) -> list[Part]:
    """The worst pot first, of one pot the newest."""
    places = {id(part): (part.pot.order, n) for n, part in enumerate(parts)}
    return sorted(parts, key=lambda one: places[id(one)], reverse=True)
