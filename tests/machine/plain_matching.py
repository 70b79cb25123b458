"""Matching once more, in plain Python: no locks, no books, no counters. What is used is summed up every time.

Written from the rules of the domain, not from the engine. Amounts are fen.
"""

import hmac
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID

COUNTY = {0: "4101", 1: "4101", 2: "4102"}  # of the three villages of `tests.world`
SHANGHAI_OFFSET = timedelta(hours=8)


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
        """Return only what belongs to this kind of pot, at another ratio."""
        least = min(self.least_bps or 0, ratio_bps) if kind == "random" else None
        donors, raised = (self.donors, self.raised) if kind == "challenge" else (None, None)
        return self._replace(ratio_bps=ratio_bps, least_bps=least, donors=donors, raised=raised)


@dataclass(eq=False)
class Pot:
    """`funded` is what it got less what it returned; `tranches` of that open at their times. Only a random pot
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
    paused: bool = False

    @property
    def order(self) -> tuple[int, int]:
        return self.rank, self.id

    def rules(self, now: datetime) -> Rules:
        """The version in force: the last that has begun."""
        return [rules for since, rules in sorted(self.versions, key=lambda version: version[0]) if since <= now][-1]

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
    """Match of one donation from one pot, under the ratio of that moment."""

    pot: Pot
    ratio_bps: int
    amount: int
    day: date

    @property
    def base(self) -> int:
        return base(self.amount, self.ratio_bps)


def base(match: int, ratio_bps: int) -> int:
    """Return how much of a donation a match uses up: a fen that is matched in part is matched."""
    whole, rest = divmod(match * 10_000, ratio_bps)
    return whole + (1 if rest else 0)


@dataclass(eq=False)
class Donation:
    id: UUID
    amount: int
    project: int
    donor: str
    pledged_at: datetime
    until: datetime | None
    status: str = "pending"
    paid_at: datetime | None = None
    refund_total: int = 0  # as its provider or partner tells it; it only grows
    bounced_total: int = 0  # what a partner says came back of its refunds, in all
    refunds: dict[str, tuple[int, str]] = field(default_factory=dict)  # told by name: fen, state
    disputes: dict[str, tuple[int, str]] = field(default_factory=dict)  # fen, and open, lost or won
    parts: list[Part] = field(default_factory=list)
    case: str = ""  # of screening: open, released or cancelled
    appealed: bool = False
    replied: bool = False

    @property
    def lost(self) -> int:
        return sum(amount for amount, state in self.disputes.values() if state == "lost")

    @property
    def disputed(self) -> int:
        return sum(amount for amount, state in self.disputes.values() if state == "open")

    @property
    def sent_back(self) -> int:
        named = sum(amount for amount, state in self.refunds.values() if state == "succeeded")
        return max(self.refund_total - self.bounced_total, 0) + named

    @property
    def kept(self) -> int:
        return max(self.amount - self.sent_back - self.lost, 0)

    @property
    def refunded(self) -> int:
        return self.amount - self.kept

    def matched(self) -> int:
        return sum(part.amount for part in self.parts)

    def by_pot(self) -> dict[int, int]:
        sums: dict[int, int] = {}
        for part in self.parts:
            sums[part.pot.id] = sums.get(part.pot.id, 0) + part.amount
        return sums


class PlainMatching:
    """All pots and donations, and what a donation can get."""

    def __init__(self, windows: Iterable[tuple[datetime, datetime]]) -> None:
        self.windows = list(windows)
        self.pots: dict[int, Pot] = {}
        self.donations: dict[UUID, Donation] = {}

    def live(self, pot: Pot) -> Iterator[tuple[Donation, Part]]:
        for donation in self.donations.values():
            for part in donation.parts:
                if part.pot is pot:
                    yield donation, part

    def free(self, pot: Pot) -> int:
        return pot.funded - sum(part.amount for _, part in self.live(pot))

    def _room(self, donation: Donation, pot: Pot, rules: Rules, day: date) -> int:
        """Return the least that any cap leaves."""
        used = dict.fromkeys(("donation", "donor_day", "donor", "project", "county"), 0)
        for other, part in self.live(pot):
            used["donation"] += part.amount if other is donation else 0
            used["donor"] += part.amount if other.donor == donation.donor else 0
            used["donor_day"] += part.amount if (other.donor, part.day) == (donation.donor, day) else 0
            used["project"] += part.amount if other.project == donation.project else 0
            used["county"] += part.amount if COUNTY[other.project] == COUNTY[donation.project] else 0
        caps = {name: getattr(rules, name) for name in used}
        return max(min((cap - used[name] for name, cap in caps.items() if cap is not None), default=10**12), 0)

    def allocate(
        self,
        donation: Donation,
        amount: int,
        pots: Iterable[Pot],
        at: datetime,
        now: datetime,
        *,
        bottomless: bool = False,
    ) -> list[Part]:
        """Return what `pots` give, in order, for the part of `amount` that is not matched yet. Changes nothing."""
        left = amount - sum(part.base for part in donation.parts)
        day = (at + SHANGHAI_OFFSET).date()
        parts = []
        for pot in sorted(pots, key=lambda pot: pot.order):
            rules = pot.rules(now)
            if (
                pot.locked
                or pot.paused
                or donation.project not in rules.projects
                or amount < rules.minimum
                or left <= 0
            ):
                continue
            due = min(self._due(donation, pot, rules, left), self._room(donation, pot, rules, day))
            if not bottomless:
                due = min(due, max(self.free(pot) - pot.closed(now), 0))
            if due > 0:
                parts.append(Part(pot, rules.ratio_bps, due, day))
                left -= parts[-1].base
        return parts

    def allocate_in_window(
        self, donation: Donation, amount: int, pots: Iterable[Pot], at: datetime, now: datetime
    ) -> list[Part]:
        """Do the same inside the match windows; outside nothing is matched."""
        return self.allocate(donation, amount, pots, at, now) if self.in_window(at) else []

    def in_window(self, at: datetime) -> bool:
        return any(opens <= at < closes for opens, closes in self.windows)

    def _due(self, donation: Donation, pot: Pot, rules: Rules, left: int) -> int:
        """Return what is due by the ratio. A draw covers the whole donation, with what this pot gave before."""
        if pot.kind != "random":
            return left * rules.ratio_bps // 10_000
        before = sum(part.amount for part in donation.parts if part.pot is pot)
        share = left + base(before, rules.ratio_bps)
        return min(left * rules.ratio_bps // 10_000, share * pot.drawn_bps(donation.id, rules) // 10_000 - before)

    def shrink(self, donation: Donation) -> dict[int, int]:
        """Take back the match that a refunded donation no longer earns, last pot first; return fen by pot."""
        returned: dict[int, int] = {}
        places = {id(part): (part.pot.order, n) for n, part in enumerate(donation.parts)}
        for part in sorted(donation.parts, key=lambda part: places[id(part)], reverse=True):
            excess = sum(matched.base for matched in donation.parts) - donation.kept
            if excess <= 0:
                break
            kept = min(max(part.base - excess, 0) * part.ratio_bps // 10_000, part.amount)
            returned[part.pot.id] = returned.get(part.pot.id, 0) + part.amount - kept
            part.amount = kept
        donation.parts = [part for part in donation.parts if part.amount]
        return returned
