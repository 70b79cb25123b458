"""PURE. Match a donation: offers and a donation become parts, with the reason for every cut.

Pots are evaluated in order of rank, older pots first. Every fen of a donation is matched at most once: a later pot
matches only what an earlier one, empty or capped, left unmatched. That is our reading of "1:1 while the pot lasts".
"""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple, Self
from uuid import UUID

from kernel.money import BPS_WHOLE
from matching.draw import drawn_bps
from matching.rules import CAPS, Rules, Target


class Cut(NamedTuple):
    """A limit that reduced a pot's part: its full amount and how much of it was left, in fen."""

    by: str
    limit_minor: int
    left_minor: int


_tuple = tuple.__new__  # the constructor of a NamedTuple takes as long as evaluating two caps
_POT_EMPTY = (Cut("pot", 0, 0),)  # the most frequent cut, built once
NO_PRIOR: Mapping[int, int] = MappingProxyType({})
_UNUSED: dict[int, int] = {}  # never written to


class AllocationRequest(NamedTuple):
    """A donation as matching sees it. `day` is the calendar day in Shanghai, as an ISO date.

    `matched_base_minor` is how much of the donation is matched already, and `prior` is the match it has (pot id ->
    fen). Both are empty for a new pledge and set when more match is requested later. `donation` is its id, from
    whose text a random pot draws.
    """

    amount_minor: int
    target: Target
    donor: str
    day: str
    matched_base_minor: int = 0
    prior: Mapping[int, int] = NO_PRIOR
    donation: UUID | str = ""


class Offer(NamedTuple):
    """A pot with the rules version in force. `order` sorts pots by rank, then age. Only random pots have a
    `seed`."""

    pot_id: int
    rules_id: int
    rules: Rules
    order: tuple[int, int]
    limits: tuple[tuple[int, str, int], ...]  # `rules.caps.limits()`, computed once
    seed: bytes | None = None

    @classmethod
    def of(cls, pot_id: int, rules_id: int, rules: Rules, rank: int, seed: bytes | None = None) -> Self:
        """Build a pot's offer. A smaller id is an older pot."""
        return cls(pot_id, rules_id, rules, (rank, pot_id), rules.caps.limits(), seed)


class PotEvaluation(NamedTuple):
    """What one pot gives a donation, and why, in fen.

    `base_minor` is the part of the donation that was still unmatched, `before_minor` what the pot had. The field
    names are those of the stored trace.
    """

    pot_id: int
    rules_id: int
    base_minor: int
    due_minor: int  # by ratio and caps, regardless of what the pot has
    given_minor: int
    before_minor: int
    cuts: tuple[Cut, ...]


class Allocation(NamedTuple):
    """The match of one donation, pot by pot in order, in fen."""

    evaluations: tuple[PotEvaluation, ...]
    matched_minor: int
    short: bool  # some pot had less than its rules would have given

    @property
    def parts(self) -> list[PotEvaluation]:
        """The evaluations of the pots that give something."""
        return [evaluation for evaluation in self.evaluations if evaluation.given_minor]


class Capacity:
    """What is available in each pot and used of each cap, in fen. It carries over within a batch."""

    __slots__ = ("available", "used")

    def __init__(self, available: dict[int, int]) -> None:
        self.available = available
        # One table per cap, in the order of `CAPS`: subject -> pot -> fen used. Subjects come first, so that a
        # donor is looked up once, however many pots are evaluated.
        self.used: tuple[dict[object, dict[int, int]], ...] = tuple({} for _ in CAPS)

    def used_by(self, request: AllocationRequest) -> tuple[Mapping[int, int], ...]:
        """Return the usage, by pot, of each cap that this donation counts against. For the cap per donation that is
        its own match."""
        _, by_day, by_donor, by_project, by_county = self.used
        day, donor, project, county = _subjects(request)
        return (
            request.prior or _UNUSED,
            by_day.get(day, _UNUSED),
            by_donor.get(donor, _UNUSED),
            by_project.get(project, _UNUSED),
            by_county.get(county, _UNUSED),
        )

    def add_usage(self, pot_id: int, cap: str, subject: object, amount_minor: int) -> None:
        """Count match against a cap. The subject is a donor, (donor, day), project or county."""
        _add(self.used[CAPS.index(cap)], subject, pot_id, amount_minor)

    def consume(self, request: AllocationRequest, allocation: Allocation) -> None:
        """Subtract an allocation, so that the next donation of the batch gets what is left."""
        if allocation.matched_minor:
            for part in allocation.evaluations:
                if part.given_minor:
                    self._change(request, part.pot_id, part.given_minor)

    def restore(self, request: AllocationRequest, pot_id: int, amount_minor: int) -> None:
        """Return match of this donation to its pot: the money and the caps are free again."""
        self._change(request, pot_id, -amount_minor)

    def _change(self, request: AllocationRequest, pot_id: int, amount_minor: int) -> None:
        self.available[pot_id] -= amount_minor
        for table, subject in zip(self.used[1:], _subjects(request), strict=True):
            _add(table, subject, pot_id, amount_minor)


def _add(table: dict[object, dict[int, int]], subject: object, pot_id: int, amount_minor: int) -> None:
    by_pot = table.get(subject)
    if by_pot is None:
        table[subject] = {pot_id: amount_minor}
    else:
        by_pot[pot_id] = by_pot.get(pot_id, 0) + amount_minor


def _subjects(request: AllocationRequest) -> tuple[object, ...]:
    """Return the subjects that a donation counts against, in the order of `CAPS` but without the first cap, which
    is per donation."""
    target = request.target
    return ((request.donor, request.day), request.donor, target.project_id, target.county_code)


def serving_offers(offers: Iterable[Offer], target: Target) -> list[Offer]:
    """Return the offers of the pots that serve a project, in the order in which they are evaluated."""
    serving = [offer for offer in offers if offer.rules.scope.excludes(target) is None]
    return sorted(serving, key=lambda offer: offer.order)


def allocate(request: AllocationRequest, offers: Sequence[Offer], capacity: Capacity) -> Allocation:
    """Match one donation from the pots that serve its project (see `serving_offers`). Changes nothing.

    Evaluates the pots once and keeps two sums: what the pots give, and (`..._if_full`) what the same rules would
    give if the pots never ran out. The allocation is short when the second is more.
    """
    amount = request.amount_minor
    left = left_if_full = max(amount - request.matched_base_minor, 0)
    matched = matched_if_full = 0
    evaluations = []
    available, used = capacity.available.get, capacity.used_by(request)
    for pot_id, rules_id, rules, _, limits, seed in offers:
        ratio = rules.ratio_bps
        before = available(pot_id, 0)
        if amount < rules.minimum_minor:
            if left:
                below = (Cut("minimum_minor", rules.minimum_minor, amount),)
                evaluations.append(PotEvaluation(pot_id, rules_id, left, 0, 0, before, below))
            continue
        due = left * ratio // BPS_WHOLE
        due_if_full = left_if_full * ratio // BPS_WHOLE
        if seed is not None:
            drawn = drawn_bps(seed, str(request.donation), rules.least_bps or 0, ratio)
            due = min(due, _bonus(request, pot_id, ratio, drawn, left))
            due_if_full = min(due_if_full, _bonus(request, pot_id, ratio, drawn, left_if_full))
        cuts: tuple[Cut, ...] = ()
        for index, name, limit in limits:
            room = limit - used[index].get(pot_id, 0)
            if due > room:
                due = room = max(room, 0)
                cuts += (_tuple(Cut, (name, limit, room)),)
            if due_if_full > room:
                due_if_full = max(room, 0)
        share = due
        if share > before:
            share = max(before, 0)
            cuts += (_tuple(Cut, ("pot", before, before)),) if before else _POT_EMPTY
        if left:
            evaluations.append(_tuple(PotEvaluation, (pot_id, rules_id, left, due, share, before, cuts)))
        if due_if_full:
            matched_if_full += due_if_full
            left_if_full -= -(-due_if_full * BPS_WHOLE // ratio)  # `matched_base`, inlined where it is called most
        if share:
            matched += share
            left -= matched_base(share, ratio)
            if not left and not left_if_full:  # rounding may leave a fen of either; a later pot matches it
                break
    return Allocation(tuple(evaluations), matched, matched < matched_if_full)


def _bonus(request: AllocationRequest, pot_id: int, ratio_bps: int, bps: int, left_minor: int) -> int:
    """Return what a random pot gives at the drawn `bps`, in fen, beyond what it gave this donation before.

    What it gave used up base at the full ratio, so that a donation's base can be computed without its draw. That
    base counts again here, so two requests to a random pot give no more than one.
    """
    prior = request.prior.get(pot_id, 0)
    return max((left_minor + matched_base(prior, ratio_bps)) * bps // BPS_WHOLE - prior, 0)


def matched_base(match_minor: int, ratio_bps: int) -> int:
    """Return how much of a donation a match uses up, in fen, rounded up: no fen is matched twice."""
    return -(-match_minor * BPS_WHOLE // ratio_bps)
