"""What can happen on a giving day, in any order: each rule does it to the engine and to the plain model."""

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from campaigns.closing.challenges import unlock_challenges
from tests.machine.compare import same_donations, same_explanations, same_pots, same_totals
from tests.machine.desk import Desk
from tests.machine.donors import Donors
from tests.machine.plain_matching import Rules
from tests.machine.staff import BEST, Staff
from tests.machine.strategies import RISING, Commands, commands, rules
from tests.matching.kinds import moved, offered, replayed


class GivingDay(Donors, Desk, Staff):
    """A whole day. `every` is the number of steps between two checks of the books and replays of all decisions."""

    every = 1
    _steps = 0

    @initialize(
        best=rules(BEST),
        others=st.tuples(*[rules()] * 5),
        sums=st.tuples(*[st.sampled_from([20_00, 77_77, 150_00, 400_00])] * 7),
        later=st.integers(60, 3_600),
        special=st.tuples(st.integers(1, 4), st.sampled_from(["reserve", "payment"]), st.integers(2, 4)),
        rising=st.booleans(),
        morning=st.lists(commands, min_size=4, max_size=10),
        evening=st.booleans(),
    )
    def fill(
        self,
        best: Rules,
        others: tuple[Rules, ...],
        sums: tuple[int, ...],
        later: int,
        special: tuple[int, str, int],
        rising: bool,
        morning: Commands,
        evening: bool,
    ) -> None:
        """A village's pledge, two funds of one rank (the second at payment), a top-up fund, a challenge and a
        random bonus; some have given, most have paid. In the evening the day is over, two who paid have money
        back, and the match of one is held."""
        self.rising = rising
        hard, mode, lucky = special
        specs = [
            (1, "ratio", "reserve", best, [sums[0]]),
            (2, "ratio", "reserve", others[0], [sums[1], sums[4]]),
            (2, "ratio", "payment", others[1], [sums[2]]),
            (3, "ratio", "reserve", others[2], [sums[3]]),
            (hard, "challenge", mode, others[3], [sums[5]]),
            (lucky, "random", "payment", others[4], [sums[6]]),
        ]
        ranks = sorted(range(len(specs)), key=lambda n: specs[n][0])
        for n, (rank, kind, mode_, drawn, amounts) in enumerate(specs):
            ratio = RISING[ranks.index(n)] if rising else drawn.ratio_bps
            self.add_pot(rank, kind, mode_, drawn.of(kind, ratio), amounts, later)
        self.create(morning)
        for n in range(len(self.ids) * 3 // 4):
            self.wait(1)
            self.pay(n, 0)
        if evening and self.ids:
            self.refund_a_part(0, 100)
            self.refund_a_part(2, 60)
            self.a_case_is_opened(1)
            self._close_at(self.model.ends_at + timedelta(minutes=30))

    @rule()
    def challenges_are_checked(self) -> None:
        assert unlock_challenges(self.world.deps) == self.model.unlock()

    @precondition(lambda self: self.model.phase == "open")
    @rule(minutes=st.sampled_from([-1, 0, 10, 30]))
    def the_day_ends(self, minutes: int) -> None:
        self._close_at(self.model.ends_at + timedelta(minutes=minutes))

    @precondition(lambda self: self.model.phase in ("ended", "settling"))
    @rule(hours=st.sampled_from([1, 26]))
    def closing_goes_on(self, hours: int) -> None:
        self._close_at(self.model.ends_at + timedelta(hours=hours))

    def _close_at(self, at: Any) -> None:
        self.world.clock.at = self.model.now = max(at, self.world.clock.at)
        self.world.close()
        self.model.close()
        assert self.world.phase() == self.model.phase

    @precondition(lambda self: self.model.phase in ("ended", "settling"))
    @rule()
    def offer_again(self) -> None:
        assert offered(self.world) == self.model.reoffer()

    @precondition(lambda self: self.model.phase in ("ended", "settling"))
    @rule()
    def move_to_better_pots(self) -> None:
        assert moved(self.world) == self.model.redistribute()

    # What must hold

    @invariant()
    def the_engine_agrees_with_the_model(self) -> None:
        self._steps += 1
        with self.world.db.snapshot() as tx:
            same_donations(tx, self.model)
            same_pots(tx, self.model, self.campaign_id)
            same_totals(tx, self.model, self.campaign_id, self.world.projects)
        if self._steps % self.every == 0:
            self.world.check()
            self.every_decision_comes_out_again()

    def every_decision_comes_out_again(self) -> None:
        """From the stored rules alone; and every donor can be told it."""
        assert replayed(self.world).differences == ()
        with self.world.db.snapshot() as tx:
            same_explanations(tx, self.model)

    def teardown(self) -> None:
        """Every day ends: the last match is shared out, and all decisions come out again."""
        with self.stack:
            self._close_at(self.model.ends_at + timedelta(hours=26))
            self.the_engine_agrees_with_the_model()
            self.world.check()
            self.every_decision_comes_out_again()
