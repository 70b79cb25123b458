"""What people of the federation do: money and rules of pots, and cases of screening."""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from campaigns import pots
from campaigns.screening import cases, decide
from campaigns.screening.appeal import answer_appeal, file_appeal
from campaigns.screening.screen import open_cases
from campaigns.screening.signals import Signal
from tests.machine.draws import rules, which
from tests.machine.ground import Ground
from tests.machine.plain import Gift, Pot, Rules
from tests.world import ACTOR

SIGN = (Signal("staff", {"amount_minor": 1}),)  # which sign it is does not matter to the match
BECAUSE = "与捐赠人核实"
BEST = (3_333, 10_000, 15_000, 20_000)


class People(Ground):
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
        a fen of the gift may be shared in more than one way."""
        pot = self._some_pot(n)
        new = best if pot is self._some_pot(0) else other
        new = new.of(pot.kind, pot.versions[-1][1].ratio_bps if self.rising else new.ratio_bps)
        since = self.world.clock.at + timedelta(seconds=later)
        self.world.do(pots.add_rules, pot.id, self.as_json(new), since if later else None, ACTOR)
        pot.versions.append((since, new))

    # Screening

    @precondition(lambda self: self.model.gifts)
    @rule(n=which)
    def a_sign_is_seen(self, n: int) -> None:
        gift = self.any_gift(n)
        opened = self.world.do(open_cases, {gift.id: SIGN})
        assert bool(opened) == self.model.hold(gift.id)

    def _cases(self) -> list[Gift]:
        return [gift for gift in self.model.gifts.values() if gift.case]

    def _case(self, n: int) -> tuple[Gift, int]:
        gift = self._cases()[n % len(self._cases())]
        return gift, self.world.do(cases.case_id_of_donation, gift.id)

    @precondition(lambda self: self._cases())
    @rule(n=which, to=st.sampled_from(["released", "cancelled"]))
    def somebody_decides(self, n: int, to: str) -> None:
        gift, case = self._case(n)
        act = decide.clear if to == "released" else decide.cancel
        assert self.refused(self.world.do, act, case, BECAUSE, ACTOR) == self.model.decide(gift.id, to)

    @precondition(lambda self: self._cases())
    @rule(n=which, to=st.sampled_from([None, "released", "cancelled"]))
    def the_donor_objects(self, n: int, to: str | None) -> None:
        """And is answered, perhaps by another decision."""
        gift, case = self._case(n)
        assert self.refused(self.world.do, file_appeal, case, BECAUSE, ACTOR) == self.model.appeal(gift.id)
        assert self.refused(self.world.do, answer_appeal, case, BECAUSE, ACTOR, to) == self.model.answer(
            gift.id, to
        )
