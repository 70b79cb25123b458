"""What people of the federation do: money and rules of pots, and cases of screening."""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from campaigns import pots
from campaigns.screening import cases, decide
from campaigns.screening.appeal import answer_appeal, file_appeal
from campaigns.screening.screen import open_cases
from campaigns.screening.signals import Signal
from matching.tranches import tranches
from tests.machine.base import Base
from tests.machine.donations import FINISHING, LATE
from tests.machine.plain_matching import Donation, Pot, Rules
from tests.machine.strategies import rules, which
from tests.world import ACTOR

SIGNAL = (Signal("staff", {"amount_minor": 1}),)  # which signal it is does not matter to the match
REASON = "与捐赠人核实"
BEST = (3_333, 10_000, 15_000, 20_000)


class Staff(Base):
    """Managers of pots, and those who decide on held match."""

    def _some_pot(self, n: int) -> Pot:
        return list(self.model.pots.values())[n % len(self.model.pots)]

    @rule(n=which, amount=st.integers(1, 100_00))
    def top_up(self, n: int, amount: int) -> None:
        pot = self._some_pot(n)
        refused = self.refused(self.world.do, pots.top_up, pot.id, amount, ACTOR)
        assert refused == self.model.top_up(pot.id, amount)

    @rule(n=which, amount=st.integers(1, 100_00))
    def reduce(self, n: int, amount: int) -> None:
        pot = self._some_pot(n)
        refused = self.refused(self.world.do, pots.reduce, pot.id, amount, ACTOR)
        assert refused == self.model.reduce(pot.id, amount)

    @precondition(lambda self: self.model.phase != "reconciling")
    @rule(n=which, best=rules(BEST), other=rules(), later=st.sampled_from([0, 0, 600]))
    def change_rules(self, n: int, best: Rules, other: Rules, later: int) -> None:
        """Odd ratios stay the best pot's, or rise from pot to pot: nothing then moves between two such pots, where
        a fen of the donation may be shared in more than one way."""
        pot = self._some_pot(n)
        new = best if pot is self._some_pot(0) else other
        new = new.of(pot.kind, pot.versions[-1][1].ratio_bps if self.rising else new.ratio_bps)
        later = later if self._matches_after(later) else 0
        since = self.world.clock.at + timedelta(seconds=later)
        self.world.do(pots.add_rules, pot.id, self.as_json(new), since if later else None, ACTOR)
        pot.versions.append((since, new))

    @precondition(lambda self: self.model.phase != "reconciling")
    @rule(n=which)
    def pause_or_resume(self, n: int) -> None:
        pot = self._some_pot(n)
        self.world.do(pots.resume if pot.paused else pots.pause, pot.id, REASON, ACTOR)
        pot.paused = not pot.paused

    def _matches_after(self, seconds: int) -> bool:
        """Whether the campaign still gives match then: nothing may begin later."""
        return self.model.now + timedelta(seconds=seconds) < self.model.ends_at + FINISHING + LATE

    def _closed_tranches(self) -> list[tuple[Pot, int]]:
        return [
            (pot, index)
            for pot in self.model.pots.values()
            for index, (opens_at, _) in enumerate(pot.tranches)
            if opens_at > self.model.now
        ]

    @precondition(lambda self: self.model.phase != "reconciling" and self._closed_tranches())
    @rule(n=which, later=st.sampled_from([0, 0, 60, 3_600, None]))
    def move_or_withdraw_a_tranche(self, n: int, later: int | None) -> None:
        """None takes it back."""
        pot, index = self._closed_tranches()[n % len(self._closed_tranches())]
        opens_at, amount = pot.tranches[index]
        parts = self.world.do(tranches, self.campaign_id)[pot.id]
        tranche = next(part.id for part in parts if (part.opens_at, part.amount_minor) == (opens_at, amount))
        if later is None:
            self.world.do(pots.withdraw_tranche, pot.id, tranche, REASON, ACTOR)
            del pot.tranches[index]
            pot.funded -= amount
        elif self._matches_after(later):
            to = self.model.now + timedelta(seconds=later)
            self.world.do(pots.move_tranche, pot.id, tranche, to, REASON, ACTOR)
            pot.tranches[index] = (to, amount)

    # Screening

    @precondition(lambda self: self.model.donations)
    @rule(n=which)
    def a_case_is_opened(self, n: int) -> None:
        donation = self.any_donation(n)
        opened = self.world.do(open_cases, {donation.id: SIGNAL})
        assert bool(opened) == self.model.hold(donation.id)

    def _cases(self) -> list[Donation]:
        return [donation for donation in self.model.donations.values() if donation.case]

    def _case(self, n: int) -> tuple[Donation, int]:
        donation = self._cases()[n % len(self._cases())]
        return donation, self.world.do(cases.case_id_of_donation, donation.id)

    @precondition(lambda self: self._cases())
    @rule(n=which, to=st.sampled_from(["released", "cancelled"]))
    def a_reviewer_decides(self, n: int, to: str) -> None:
        donation, case = self._case(n)
        act = decide.clear if to == "released" else decide.cancel
        assert self.refused(self.world.do, act, case, REASON, ACTOR) == self.model.decide(donation.id, to)

    @precondition(lambda self: self._cases())
    @rule(n=which, to=st.sampled_from([None, "released", "cancelled"]))
    def the_donor_appeals(self, n: int, to: str | None) -> None:
        """And is answered, perhaps by another decision."""
        donation, case = self._case(n)
        assert self.refused(
            self.world.do, file_appeal, self.world.deps.keys, case, REASON, ACTOR
        ) == self.model.appeal(donation.id)
        assert self.refused(self.world.do, answer_appeal, case, REASON, ACTOR, to) == self.model.reply(
            donation.id, to
        )
