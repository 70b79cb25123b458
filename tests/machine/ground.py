"""Where random days happen: a world, the plain model beside it, and the pots with which a day begins."""

from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import UUID

from hypothesis.stateful import RuleBasedStateMachine

from campaigns import pots
from campaigns.lifecycle.campaign import find_campaign
from kernel.clock import parse_time
from kernel.db import Tx
from kernel.errors import Refusal
from matching.pots import Tranche
from tests.machine.draws import CAPS, SCOPES
from tests.machine.model import Model
from tests.machine.plain import Gift, Pot, Rules
from tests.world import ACTOR, World


class Ground(RuleBasedStateMachine):
    """`open_world` (given by the test) makes an empty giving day in a database of its own."""

    open_world: Callable[[ExitStack], World]
    rising = False  # does each pot match at a higher ratio than the better ones?

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.world = type(self).open_world(self.stack)
        campaign = self.world.do(find_campaign, self.world.slug)
        self.campaign_id = campaign.id or 0
        windows = [(parse_time(one["opens_at"]), parse_time(one["closes_at"])) for one in campaign.windows]
        self.model = Model(self.world.clock.at, campaign.opens_at, campaign.ends_at, windows)
        self.ids: list[UUID] = []  # given here, and paid through the provider
        self.theirs: dict[UUID, str] = {}  # told by a partner, and how the partner calls them
        self.numbers = count(1)

    def add_pot(self, rank: int, kind: str, mode: str, rules: Rules, sums: list[int], later: int = 0) -> None:
        """A tranche for each of the sums, `later` seconds after the one before."""
        now = self.world.clock.at
        tranches = [(now + timedelta(seconds=later * n), amount) for n, amount in enumerate(sums)]

        def make(tx: Tx) -> tuple[int, bytes]:
            made = pots.create(
                tx,
                campaign=self.world.slug,
                fund=self.world.fund,
                name=f"{kind} pot",
                rank=rank,
                kind=kind,
                mode=mode,
                rules=self.as_json(rules),
                tranches=[Tranche(*one) for one in tranches],
                actor=ACTOR,
            )
            return made, bytes(tx.scalar("SELECT seed FROM pot_draw WHERE pot_id = :pot", pot=made) or b"")

        made, seed = self.world.do(make)
        pot = Pot(made, rank, kind, mode, [(now, rules)], tranches, sum(sums), seed, kind == "challenge")
        self.model.pots[made] = pot

    def as_json(self, rules: Rules) -> dict[str, Any]:
        """Rules as a manager sends them."""
        scope = SCOPES[rules.projects]
        if scope is None:
            scope = {"projects": [self.world.projects[n] for n in rules.projects]}
        told: dict[str, Any] = {"ratio_bps": rules.ratio_bps, "scope": scope, "minimum_minor": rules.minimum}
        told["caps"] = {f"{cap}_minor": value for cap in CAPS if (value := getattr(rules, cap)) is not None}
        if rules.least_bps is not None:
            told["random"] = {"least_bps": rules.least_bps}
        if rules.donors is not None:
            told["challenge"] = {"donors": rules.donors}
        if rules.raised is not None:
            told["challenge"] = {"raised_minor": rules.raised}
        return told

    def refused(self, act: Callable[..., Any], *args: Any) -> str | None:
        """The code of a refusal, or None."""
        try:
            act(*args)
        except Refusal as refused:
            return refused.code
        return None

    def wait(self, seconds: int) -> None:
        self.world.clock.advance(seconds=seconds)
        self.model.now = self.world.clock.at

    def gift(self, n: int) -> Gift:
        """One of those that are paid through the provider."""
        return self.model.gifts[self.ids[n % len(self.ids)]]

    def any_gift(self, n: int) -> Gift:
        every = list(self.model.gifts.values())
        return every[n % len(every)]

    def tell(self, type_: str, thing: dict[str, Any], at: Any = None) -> None:
        """The provider's event arrives, and is worked off."""
        self.world.tell(type_, thing, at)
        self.world.settle()
