"""The whole plain model: what donors, providers and the clock do, and on top of it what people decide."""

from uuid import UUID

from tests.machine.gifts import COUNTED, LIVING
from tests.machine.plain import Gift
from tests.machine.sharing import Sharing


class Model(Sharing):
    """Every verb does what the engine's should, and answers the code of the refusal, or None."""

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

    # Screening

    def hold(self, id_: UUID) -> bool:
        """A sign was seen: earned match waits for a person. Once a donation; answers whether a case opened."""
        gift = self.gifts[id_]
        if gift.case or gift.status not in COUNTED or not gift.parts:
            return False
        gift.case = "open"
        return True

    def decide(self, id_: UUID, to: str) -> str | None:
        """`to`: released or cancelled."""
        gift = self.gifts[id_]
        if gift.case not in ("open", to):
            return "case_decided"
        self._set(gift, to)
        return None

    def appeal(self, id_: UUID) -> str | None:
        gift = self.gifts[id_]
        if not gift.appealed and gift.case == "released":
            return "nothing_to_appeal"
        gift.appealed = True
        return None

    def answer(self, id_: UUID, to: str | None) -> str | None:
        """With another decision, or none. The same again is no second answer."""
        gift = self.gifts[id_]
        if not gift.appealed:
            return "appeal_missing"
        if gift.answered:
            return None if to in (None, gift.case) else "appeal_answered"
        gift.answered = True
        self._set(gift, to or gift.case)
        return None

    def _set(self, gift: Gift, to: str) -> None:
        """Cancelled, all match goes back: to its pot while the campaign lives, else to the fund. Released after
        that, it is what is free now."""
        was, gift.case = gift.case, to
        if to == "cancelled":
            self.send_home(gift.by_pot())
            gift.parts = []
        elif was == "cancelled" and to == "released" and gift.status == "paid" and gift.paid_at is not None:
            gift.parts += self.ask_in_time(gift, gift.kept, self.pots.values(), gift.paid_at, self.now)
