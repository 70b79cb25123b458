"""PURE. What pots would give a day of donations, computed by the function that matches real ones. Nothing is
written.

Every gift counts as paid at once: reservations that are never paid are not simulated, and challenges stay locked.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from kernel.clock import local_day
from matching.allocate import Allocation, AllocationRequest, Capacity, Offer, allocate, serving_offers
from matching.pot_state import PotState
from matching.rules import Rules, Target


class Gift(NamedTuple):
    """A donation of the simulated day. Without a `donor` it is the only one of its donor. `line`: its place in a
    typed list."""

    at: datetime
    amount_minor: int
    target: Target
    donor: str
    line: int | None = None


class GiftRun(NamedTuple):
    """A gift of the simulated day, its match (fen), and whether an empty pot, a cap or a minimum cut it."""

    gift: Gift
    matched_minor: int
    short: bool


class PotRun(NamedTuple):
    """The result of a pot: what it had and gave (fen), for how many gifts, and when a gift first found it empty
    although it would have given more (None: never)."""

    pot_id: int
    name: str
    funded_minor: int
    given_minor: int
    gifts: int
    dry_at: datetime | None

    @property
    def left_minor(self) -> int:
        return self.funded_minor - self.given_minor


class Simulation(NamedTuple):
    """A simulated day: its gifts and their match (fen).

    `short` counts gifts that an empty pot, a cap or a minimum left partly unmatched, `unmatched` those that got
    nothing. `matches` has each gift with its match, in the order of their times.
    """

    gifts: int
    raised_minor: int
    matched_minor: int
    short: int
    unmatched: int
    pots: list[PotRun]
    matches: Sequence[GiftRun] = ()


class PotChange(NamedTuple):
    """A pot's other rules (None: its own), from the beginning on, and how much more or less money it has from then
    on (fen)."""

    rules: Rules | None = None
    added_minor: int = 0


class Comparison(NamedTuple):
    """How many gifts would get more match under changed rules, how many less, and the match of all (fen)."""

    more: int
    less: int
    delta_minor: int


def with_changes(pots: Sequence[PotState], changes: Mapping[int, PotChange]) -> list[PotState]:
    """Return the pots with these changes applied, which are keyed by pot id."""
    return [_changed(pot, changes[pot.pot_id]) if pot.pot_id in changes else pot for pot in pots]


def _changed(pot: PotState, change: PotChange) -> PotState:
    first = min((at for at, _ in pot.funding), default=pot.versions[0].valid_from)
    funding = ((first, change.added_minor), *pot.funding) if change.added_minor else pot.funding
    if change.rules is None:
        return replace(pot, funding=funding)
    rules = change.rules
    return replace(pot, funding=funding, versions=tuple(replace(each, rules=rules) for each in pot.versions))


def compare(now: Simulation, changed: Simulation) -> Comparison:
    """Compare two simulations of the same gifts."""
    matches = zip(now.matches, changed.matches, strict=True)
    pairs = [(before.matched_minor, after.matched_minor) for before, after in matches]
    more, less = sum(after > before for before, after in pairs), sum(after < before for before, after in pairs)
    return Comparison(more, less, changed.matched_minor - now.matched_minor)


def simulate(pots: Sequence[PotState], gifts: Iterable[Gift]) -> Simulation:
    """Match gifts in the order of their times. Tranches open at their times; the rules are those in force then."""
    capacity = Capacity({pot.pot_id: 0 for pot in pots})
    coming = sorted((at, pot.pot_id, amount) for pot in pots for at, amount in pot.funding)
    runs = {pot.pot_id: PotRun(pot.pot_id, pot.name, pot.funded_minor(), 0, 0, None) for pot in pots}
    count = raised = matched = short = unmatched = 0
    matches: list[GiftRun] = []
    for number, gift in enumerate(sorted(gifts, key=lambda gift: gift.at)):
        while coming and coming[0][0] <= gift.at:
            _at, pot_id, amount = coming.pop(0)
            capacity.available[pot_id] += amount
        day = local_day(gift.at).isoformat()
        donor = f"donor:{gift.donor}" if gift.donor else f"gift:{number}"
        request = AllocationRequest(gift.amount_minor, gift.target, donor, day, donation=str(number))
        allocation = allocate(request, serving_offers(_offers(pots, gift.at), gift.target), capacity)
        capacity.consume(request, allocation)
        for part in allocation.evaluations:
            run = runs[part.pot_id]
            dry = run.dry_at or (gift.at if any(cut.by == "pot" for cut in part.cuts) else None)
            more = run.given_minor + part.given_minor
            runs[part.pot_id] = run._replace(given_minor=more, gifts=run.gifts + bool(part.given_minor), dry_at=dry)
        matches.append(GiftRun(gift, allocation.matched_minor, _is_short(allocation)))
        count, raised, matched = count + 1, raised + gift.amount_minor, matched + allocation.matched_minor
        short, unmatched = short + matches[-1].short, unmatched + (not allocation.matched_minor)
    return Simulation(count, raised, matched, short, unmatched, list(runs.values()), matches)


def _is_short(allocation: Allocation) -> bool:
    """Return whether a pot would have given more if it had had more money, or the last pot cut what was left."""
    return allocation.short or bool(allocation.evaluations and allocation.evaluations[-1].cuts)


def _offers(pots: Iterable[PotState], at: datetime) -> list[Offer]:
    return [offer for pot in pots if (offer := pot.offer(at)) is not None]
