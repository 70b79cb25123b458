"""The whole plain model: what donors, providers and the clock do, and what managers and reviewers decide."""

from uuid import UUID

from tests.machine.donations import COUNTED, LIVING
from tests.machine.plain_matching import Donation
from tests.machine.sharing import Sharing


class Model(Sharing):
    """Each method does what the engine should do, and returns the code of the refusal, or None."""

    # Pots

    def top_up(self, pot_id: int, amount: int) -> str | None:
        if self.phase not in LIVING:
            return "campaign_phase"
        self.pots[pot_id].funded += amount
        return None

    def reduce(self, pot_id: int, amount: int) -> str | None:
        """Return only what is free, and in opened tranches."""
        pot = self.pots[pot_id]
        if self.phase not in LIVING:
            return "campaign_phase"
        if amount > self.free(pot) - pot.closed(self.now):
            return "pot_short"
        pot.funded -= amount
        return None

    # Screening

    def hold(self, id_: UUID) -> bool:
        """Put captured match on hold, once per donation; return whether a case was opened."""
        donation = self.donations[id_]
        if donation.case or donation.status not in COUNTED or not donation.parts:
            return False
        donation.case = "open"
        return True

    def decide(self, id_: UUID, to: str) -> str | None:
        """`to`: released or cancelled."""
        donation = self.donations[id_]
        if donation.case not in ("open", to):
            return "case_decided"
        self._set(donation, to)
        return None

    def appeal(self, id_: UUID) -> str | None:
        donation = self.donations[id_]
        if not donation.appealed and donation.case == "released":
            return "nothing_to_appeal"
        donation.appealed = True
        return None

    def reply(self, id_: UUID, to: str | None) -> str | None:
        """Reply to the appeal, with another decision or none. The same reply again changes nothing."""
        donation = self.donations[id_]
        if not donation.appealed:
            return "appeal_missing"
        if donation.replied:
            return None if to in (None, donation.case) else "appeal_answered"
        donation.replied = True
        self._set(donation, to or donation.case)
        return None

    def _set(self, donation: Donation, to: str) -> None:
        """Cancelling returns all match: to its pot while the campaign lives, else to the fund. Clearing after that
        matches again, from what is free now."""
        was, donation.case = donation.case, to
        if to == "cancelled":
            self.return_to_source(donation.by_pot())
            donation.parts = []
        elif was == "cancelled" and to == "released" and donation.status == "paid" and donation.paid_at is not None:
            donation.parts += self.allocate_in_window(
                donation, donation.kept, self.pots.values(), donation.paid_at, self.now
            )
