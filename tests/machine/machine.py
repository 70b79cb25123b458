"""What can happen on a giving day, in any order: each rule does it to the engine and to the plain model."""

from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from campaigns import pots
from campaigns.check import check_books
from campaigns.donations.lapse import cancel, expire, keep_alive
from campaigns.events.campaigns import find
from kernel.errors import Refusal
from matching.pots import Tranche
from tests.machine.compare import same_gifts, same_pots
from tests.machine.draws import CAPS, SCOPES, Wishes, rules, seconds, which, wishes
from tests.machine.model import Model
from tests.machine.plain import Gift, Pot, Rules
from tests.matching.kinds import moved, offered, replayed
from tests.world import ACTOR, World


class Giving(RuleBasedStateMachine):
    """`open_world` (given by the test) makes an empty giving day in a database of its own."""

    open_world: Callable[[ExitStack], World]

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.world = type(self).open_world(self.stack)
        campaign = self.world.do(find, self.world.slug)
        self.model = Model(self.world.clock.at, campaign.opens_at, campaign.ends_at)
        self.ids: list[UUID] = []
        self.numbers = count(1)

    @initialize(
        best=rules((10_000, 20_000)),
        others=st.tuples(rules(), rules(), rules()),
        sums=st.tuples(*[st.sampled_from([20_00, 77_77, 150_00, 400_00])] * 5),
        later=st.integers(60, 3_600),
        morning=st.lists(wishes, min_size=4, max_size=10),
        evening=st.booleans(),
    )
    def fill(
        self,
        best: Rules,
        others: tuple[Rules, ...],
        sums: tuple[int, ...],
        later: int,
        morning: Wishes,
        evening: bool,
    ) -> None:
        """A village's pledge, two funds of one rank (the second at payment), and a top-up fund; some have given,
        most have paid. In the evening the day is over, and two who paid have money back."""
        self._pot(1, "reserve", best, [sums[0]])
        self._pot(2, "reserve", others[0], [sums[1], sums[4]], later)
        self._pot(2, "payment", others[1], [sums[2]])
        self._pot(3, "reserve", others[2], [sums[3]])
        self.give(morning)
        for n in range(len(self.ids) * 3 // 4):
            self._wait(1)
            self.pay(n, 0)
        if evening and self.ids:
            self.refund_a_part(0, 100)
            self.refund_a_part(2, 60)
            self._close_at(self.model.ends_at + timedelta(minutes=30))

    def _pot(self, rank: int, mode: str, rules: Rules, sums: list[int], later: int = 0) -> None:
        now = self.world.clock.at
        tranches = [(now + timedelta(seconds=later * n), amount) for n, amount in enumerate(sums)]
        caps = {cap: value for cap in CAPS if (value := getattr(rules, cap)) is not None}
        made = self.world.pot(
            0,
            rank=rank,
            mode=mode,
            ratio_bps=rules.ratio_bps,
            scope=self._scope(rules),
            minimum_minor=rules.minimum,
            tranches=[Tranche(*one) for one in tranches],
            **caps,
        )
        self.model.pots[made] = Pot(made, rank, mode, [(now, rules)], tranches, sum(sums))

    def _scope(self, rules: Rules) -> dict[str, Any]:
        scope = SCOPES[rules.projects]
        return {"projects": [self.world.projects[n] for n in rules.projects]} if scope is None else scope

    def _told(self, act: Callable[..., Any], *args: Any) -> str | None:
        """The code of a refusal, or None."""
        try:
            act(*args)
        except Refusal as refused:
            return refused.code
        return None

    def _wait(self, seconds: int) -> None:
        self.world.clock.advance(seconds=seconds)
        self.model.now = self.world.clock.at

    def _gift(self, n: int) -> Gift:
        return self.model.gifts[self.ids[n % len(self.ids)]]

    # Giving and paying

    @rule(wishes=st.lists(wishes, min_size=1, max_size=4))
    def give(self, wishes: Wishes) -> None:
        """Donors who meet share a transaction; the first is served first."""
        asked = []
        for amount, project, donor, accept in wishes:
            id_ = UUID(int=next(self.numbers))
            self.ids.append(id_)
            email = f"{donor}@example.org" if donor else None
            asked.append(self.world.wish(amount, project, id=id_, email=email, accept_unmatched=accept))
        answers = self.world.try_give(*asked)
        due = [
            self.model.give(w.id, w.amount_minor, *_rest(one, w.id)) for w, one in zip(asked, wishes, strict=True)
        ]
        assert [one.code if isinstance(one, Refusal) else None for one in answers] == due
        self.ids = [id_ for id_ in self.ids if id_ in self.model.gifts]

    @precondition(lambda self: self.ids)
    @rule(n=which, ago=st.one_of(st.just(0), seconds))
    def pay(self, n: int, ago: int) -> None:
        """In time, late or again; the message may come later than the money."""
        gift = self._gift(n)
        at = max(gift.pledged_at, self.world.clock.at - timedelta(seconds=ago))
        self._tell("payment_intent.succeeded", self.world.intent(gift.id), at)
        self.model.pay(gift.id, at)

    def _tell(self, type_: str, thing: dict[str, Any], at: Any = None) -> None:
        self.world.tell(type_, thing, at)
        self.world.settle()

    @precondition(lambda self: self.ids)
    @rule(n=which)
    def pay_now(self, n: int) -> None:
        self.pay(n, 0)

    @precondition(lambda self: self.ids)
    @rule(n=which)
    def hold_longer(self, n: int) -> None:
        gift = self._gift(n)
        assert self._told(keep_alive, self.world.engine, gift.id) == self.model.keep_alive(gift.id)

    @precondition(lambda self: self.ids)
    @rule(n=which, type_=st.sampled_from(["processing", "payment_failed", "canceled"]))
    def the_provider_tells_of_the_payment(self, n: int, type_: str) -> None:
        gift = self._gift(n)
        self._tell(f"payment_intent.{type_}", self.world.intent(gift.id))
        if type_ == "processing":
            self.model.processing(gift.id)
        if type_ == "canceled":
            self.model.end(gift.id, "cancelled")

    @precondition(lambda self: self.ids)
    @rule(n=which)
    def the_cashier_closes(self, n: int) -> None:
        gift = self._gift(n)
        session = {"id": f"cs_{gift.id.hex}", "object": "checkout.session", "amount_total": gift.amount}
        session |= {"currency": "cny", "metadata": {"donation_id": str(gift.id)}, "payment_intent": None}
        self._tell("checkout.session.expired", session)
        self.model.end(gift.id, "expired")

    @precondition(lambda self: self.ids)
    @rule(n=which)
    def the_donor_cancels(self, n: int) -> None:
        gift = self._gift(n)
        assert self._told(cancel, self.world.engine, gift.id) == self.model.cancel(gift.id)

    @rule(later=seconds, tick=st.booleans())
    def time_passes(self, later: int, tick: bool) -> None:
        self._wait(later)
        if tick:
            expire(self.world.engine)
            self.model.lapse()

    # Money back

    @precondition(lambda self: self.ids)
    @rule(n=which, share=st.integers(1, 100))
    def refund_a_part(self, n: int, share: int) -> None:
        gift = self._gift(n)
        total = max(gift.amount * share // 100, 1)
        self._tell("charge.refunded", self.world.charge(gift.id, total))
        self.model.refund(gift.id, total)

    @precondition(lambda self: self.ids)
    @rule(n=which)
    def refund_all(self, n: int) -> None:
        self.refund_a_part(n, 100)

    @precondition(lambda self: self.ids)
    @rule(n=which, kind=st.sampled_from(["open", "open", "won", "lost"]))
    def dispute(self, n: int, kind: str) -> None:
        gift = self._gift(n)
        self.world.dispute(gift.id, None if kind == "open" else kind)
        self.world.settle()
        self.model.dispute(gift.id, kind)

    # Managers

    def _some_pot(self, n: int) -> Pot:
        return list(self.model.pots.values())[n % len(self.model.pots)]

    @rule(n=which, amount=st.integers(1, 100_00))
    def top_up(self, n: int, amount: int) -> None:
        pot = self._some_pot(n)
        assert self._told(self.world.do, pots.top_up, pot.id, amount, ACTOR) == self.model.top_up(pot.id, amount)

    @rule(n=which, amount=st.integers(1, 100_00))
    def reduce(self, n: int, amount: int) -> None:
        pot = self._some_pot(n)
        assert self._told(self.world.do, pots.reduce, pot.id, amount, ACTOR) == self.model.reduce(pot.id, amount)

    @precondition(lambda self: self.model.phase != "reconciling")
    @rule(n=which, best=rules((10_000, 20_000)), other=rules(), later=st.sampled_from([0, 0, 600]))
    def change_rules(self, n: int, best: Rules, other: Rules, later: int) -> None:
        """Match at more than 1:1 stays the best pot's: nothing then moves between two such pots, where a fen of
        the gift may be shared in more than one way."""
        pot = self._some_pot(n)
        new = best if pot.rank == 1 else other
        since = self.world.clock.at + timedelta(seconds=later)
        caps = {f"{cap}_minor": value for cap in CAPS if (value := getattr(new, cap)) is not None}
        as_json = {
            "ratio_bps": new.ratio_bps,
            "scope": self._scope(new),
            "minimum_minor": new.minimum,
            "caps": caps,
        }
        self.world.do(pots.add_rules, pot.id, as_json, since if later else None, ACTOR)
        pot.versions.append((since, new))

    # The end

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
        with self.world.db.snapshot() as tx:
            assert check_books(tx) == []
            same_gifts(tx, self.model)
            same_pots(tx, self.model, find(tx, self.world.slug).id or 0)

    def teardown(self) -> None:
        """Every day ends: the last match is shared out, and all decisions come out again."""
        with self.stack:
            self._close_at(self.model.ends_at + timedelta(hours=26))
            self.the_engine_agrees_with_the_model()
            assert replayed(self.world).differences == ()


def _rest(wish: tuple[int, int, str, bool], id_: UUID) -> tuple[int, str, bool]:
    _, project, donor, accept = wish
    return project, donor or str(id_), accept
