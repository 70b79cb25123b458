"""Matching once more, plainly: no locks, no books, no counters. What is used is summed up anew at every question.

Written from the rules, not from the engine; amounts are fen.
"""

import hmac
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID

COUNTY = {0: "4101", 1: "4101", 2: "4102"}  # of the three villages of `tests.world`
EIGHT = timedelta(hours=8)


class Rules(NamedTuple):
    """A pot's rules; `projects` are the villages that it serves. `least_bps` is a random pot's; `donors` or
    `raised` (one of them) is what a challenge pot waits for."""

    ratio_bps: int
    projects: frozenset[int] = frozenset(COUNTY)
    minimum: int = 0
    donation: int | None = None
    donor_day: int | None = None
    donor: int | None = None
    project: int | None = None
    county: int | None = None
    least_bps: int | None = None
    donors: int | None = None
    raised: int | None = None

    def of(self, kind: str, ratio_bps: int) -> "Rules":
        """Only what belongs to this kind of pot, at another ratio."""
        least = min(self.least_bps or 0, ratio_bps) if kind == "random" else None
        donors, raised = (self.donors, self.raised) if kind == "challenge" else (None, None)
        return self._replace(ratio_bps=ratio_bps, least_bps=least, donors=donors, raised=raised)


@dataclass(eq=False)
class Pot:
    """`funded` is what it got less what it gave back; `tranches` of that open at their times. Only a random pot
    has a `seed`."""

    id: int
    rank: int
    kind: str
    mode: str
    versions: list[tuple[datetime, Rules]]
    tranches: list[tuple[datetime, int]]
    funded: int
    seed: bytes = b""
    locked: bool = False

    @property
    def order(self) -> tuple[int, int]:
        return self.rank, self.id

    def rules(self, now: datetime) -> Rules:
        """The version in force: the last that has begun."""
        return [rules for since, rules in sorted(self.versions, key=lambda one: one[0]) if since <= now][-1]

    def closed(self, now: datetime) -> int:
        return sum(amount for opens_at, amount in self.tranches if opens_at > now)

    def drawn_bps(self, donation: UUID, rules: Rules) -> int:
        """By the published formula; other pots draw nothing."""
        if rules.least_bps is None:
            return rules.ratio_bps
        mac = hmac.new(self.seed, str(donation).encode(), sha256).digest()
        return rules.least_bps + int.from_bytes(mac, "big") % (rules.ratio_bps - rules.least_bps + 1)


@dataclass(eq=False)
class Part:
    """Match of one gift from one pot, under the ratio of that moment."""

    pot: Pot
    ratio_bps: int
    amount: int
    day: date

    @property
    def base(self) -> int:
        return base(self.amount, self.ratio_bps)


def base(match: int, ratio_bps: int) -> int:
    """How much of a gift a match uses up: a fen that is matched in part is matched."""
    whole, rest = divmod(match * 10_000, ratio_bps)
    return whole + (1 if rest else 0)


@dataclass(eq=False)
class Gift:
    id: UUID
    amount: int
    project: int
    donor: str
    pledged_at: datetime
    until: datetime | None
    status: str = "pending"
    paid_at: datetime | None = None
    refunded: int = 0
    dispute: str = ""
    told: list[str] = field(default_factory=list)  # disputes that came before the payment
    parts: list[Part] = field(default_factory=list)
    case: str = ""  # of screening: open, released or cancelled
    appealed: bool = False
    answered: bool = False

    @property
    def kept(self) -> int:
        return self.amount - self.refunded

    def matched(self) -> int:
        return sum(part.amount for part in self.parts)

    def by_pot(self) -> dict[int, int]:
        sums: dict[int, int] = {}
        for part in self.parts:
            sums[part.pot.id] = sums.get(part.pot.id, 0) + part.amount
        return sums


class Matchbook:
    """All pots and gifts, and what a gift can get."""

    def __init__(self, windows: Iterable[tuple[datetime, datetime]]) -> None:
        self.windows = list(windows)
        self.pots: dict[int, Pot] = {}
        self.gifts: dict[UUID, Gift] = {}

    def live(self, pot: Pot) -> Iterator[tuple[Gift, Part]]:
        for gift in self.gifts.values():
            for part in gift.parts:
                if part.pot is pot:
                    yield gift, part

    def free(self, pot: Pot) -> int:
        return pot.funded - sum(part.amount for _, part in self.live(pot))

    def _room(self, gift: Gift, pot: Pot, rules: Rules, day: date) -> int:
        """The least that any cap leaves."""
        used = dict.fromkeys(("donation", "donor_day", "donor", "project", "county"), 0)
        for other, part in self.live(pot):
            used["donation"] += part.amount if other is gift else 0
            used["donor"] += part.amount if other.donor == gift.donor else 0
            used["donor_day"] += part.amount if (other.donor, part.day) == (gift.donor, day) else 0
            used["project"] += part.amount if other.project == gift.project else 0
            used["county"] += part.amount if COUNTY[other.project] == COUNTY[gift.project] else 0
        caps = {name: getattr(rules, name) for name in used}
        return max(min((cap - used[name] for name, cap in caps.items() if cap is not None), default=10**12), 0)

    def ask(
        self, gift: Gift, amount: int, pots: Iterable[Pot], at: datetime, now: datetime, *, bottomless: bool = False
    ) -> list[Part]:
        """What `pots` give in their order for what of `amount` is not matched yet; changes nothing."""
        left = amount - sum(part.base for part in gift.parts)
        day = (at + EIGHT).date()
        parts = []
        for pot in sorted(pots, key=lambda one: one.order):
            rules = pot.rules(now)
            if pot.locked or gift.project not in rules.projects or amount < rules.minimum or left <= 0:
                continue
            due = min(self._owed(gift, pot, rules, left), self._room(gift, pot, rules, day))
            if not bottomless:
                due = min(due, max(self.free(pot) - pot.closed(now), 0))
            if due > 0:
                parts.append(Part(pot, rules.ratio_bps, due, day))
                left -= parts[-1].base
        return parts

    def ask_in_time(self, gift: Gift, amount: int, pots: Iterable[Pot], at: datetime, now: datetime) -> list[Part]:
        """The same; outside the hours of the campaign nothing is matched."""
        return self.ask(gift, amount, pots, at, now) if self.in_window(at) else []

    def in_window(self, at: datetime) -> bool:
        return any(opens <= at < closes for opens, closes in self.windows)

    def _owed(self, gift: Gift, pot: Pot, rules: Rules, left: int) -> int:
        """By the ratio. A draw is for the whole of a gift: what this pot gave before is part of it."""
        if pot.kind != "random":
            return left * rules.ratio_bps // 10_000
        before = sum(part.amount for part in gift.parts if part.pot is pot)
        share = left + base(before, rules.ratio_bps)
        return min(left * rules.ratio_bps // 10_000, share * pot.drawn_bps(gift.id, rules) // 10_000 - before)

    def shrink(self, gift: Gift) -> dict[int, int]:
        """A refund was made: match that the rest does not earn goes back, last pot first; pot -> fen."""
        back: dict[int, int] = {}
        places = {id(part): (part.pot.order, n) for n, part in enumerate(gift.parts)}
        for part in sorted(gift.parts, key=lambda one: places[id(one)], reverse=True):
            over = sum(one.base for one in gift.parts) - gift.kept
            if over <= 0:
                break
            stays = min(max(part.base - over, 0) * part.ratio_bps // 10_000, part.amount)
            back[part.pot.id] = back.get(part.pot.id, 0) + part.amount - stays
            part.amount = stays
        gift.parts = [part for part in gift.parts if part.amount]
        return back
