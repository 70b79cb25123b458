"""The base of the state machine: a world, the plain model beside it, and the pots with which a day begins."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
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
from tests.machine.model import Model
from tests.machine.plain_matching import Donation, Pot, Rules
from tests.machine.strategies import CAPS, SCOPES
from tests.world import ACTOR, World


class Base(RuleBasedStateMachine):
    """`open_world` (given by the test) makes an empty giving day in a database of its own."""

    open_world: Callable[[ExitStack], World]
    rising = False  # whether each pot matches at a higher ratio than the better ones

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.world = type(self).open_world(self.stack)
        # Few donors give all day: whether each is asked, or held back, is shown elsewhere.
        limits = {"ask_hour_count": 10_000, "pause_hour_count": 10_000, "unpaid_limits": False}
        unasked = replace(self.world.deps.limits, **limits)
        self.world.deps = replace(self.world.deps, limits=unasked)
        campaign = self.world.do(find_campaign, self.world.slug)
        self.campaign_id = campaign.id or 0
        windows = [(parse_time(span["opens_at"]), parse_time(span["closes_at"])) for span in campaign.windows]
        self.model = Model(self.world.clock.at, campaign.opens_at, campaign.ends_at, windows)
        self.ids: list[UUID] = []  # created here, and paid through the provider
        self.partner_ids: dict[UUID, str] = {}  # reported by a partner, with the partner's ids
        self.numbers = count(1)

    def add_pot(self, rank: int, kind: str, mode: str, rules: Rules, sums: list[int], later: int = 0) -> None:
        """Add a pot with a tranche per sum, each `later` seconds after the one before."""
        now = self.world.clock.at
        tranches = [(now + timedelta(seconds=later * n), amount) for n, amount in enumerate(sums)]

        def make(tx: Tx) -> tuple[int, bytes]:
            pot_id = pots.create(
                tx,
                campaign=self.world.slug,
                fund=self.world.fund,
                name=f"{kind} pot",
                rank=rank,
                kind=kind,
                mode=mode,
                rules=self.as_json(rules),
                tranches=[Tranche(*tranche) for tranche in tranches],
                actor=ACTOR,
            )
            return pot_id, bytes(tx.scalar("SELECT seed FROM pot_draw WHERE pot_id = :pot", pot=pot_id) or b"")

        pot_id, seed = self.world.do(make)
        pot = Pot(pot_id, rank, kind, mode, [(now, rules)], tranches, sum(sums), seed, kind == "challenge")
        self.model.pots[pot_id] = pot

    def as_json(self, rules: Rules) -> dict[str, Any]:
        """Rules as a manager sends them."""
        scope = SCOPES[rules.projects]
        if scope is None:
            scope = {"projects": [self.world.projects[n] for n in rules.projects]}
        data: dict[str, Any] = {"ratio_bps": rules.ratio_bps, "scope": scope, "minimum_minor": rules.minimum}
        data["caps"] = {f"{cap}_minor": value for cap in CAPS if (value := getattr(rules, cap)) is not None}
        if rules.least_bps is not None:
            data["random"] = {"least_bps": rules.least_bps}
        if rules.donors is not None:
            data["challenge"] = {"donors": rules.donors}
        if rules.raised is not None:
            data["challenge"] = {"raised_minor": rules.raised}
        return data

    def refused(self, act: Callable[..., Any], *args: Any) -> str | None:
        """The code of a refusal, or None."""
        try:
            act(*args)
        except Refusal as refusal:
            return refusal.code
        return None

    def wait(self, seconds: int) -> None:
        self.world.clock.advance(seconds=seconds)
        self.model.now = self.world.clock.at

    def donation(self, n: int) -> Donation:
        """Return a donation that is paid through the provider."""
        return self.model.donations[self.ids[n % len(self.ids)]]

    def any_donation(self, n: int) -> Donation:
        donations = list(self.model.donations.values())
        return donations[n % len(donations)]

    def tell(self, type_: str, subject: dict[str, Any], at: Any = None) -> None:
        """Let an event of the provider arrive, and process it."""
        self.world.tell(type_, subject, at)
        self.world.settle()
