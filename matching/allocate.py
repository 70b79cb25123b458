"""PURE. Where a donation is matched: rules + offers + donation -> parts, with the reason for every cut.

Pots are asked in order of rank, the older first. Every fen of a donation is matched at most once: what an
earlier pot matched is no longer there for a later one (our reading of "1:1 while the pot lasts"; a later pot
fills up what an earlier one, empty or capped, left unmatched).
"""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple, Self

from kernel.money import BPS_WHOLE
from matching.draw import drawn_bps
from matching.rules import CAPS, Rules, Target


class Cut(NamedTuple):
    """Something that limited a pot's share. `limit_minor` is its whole, `left_minor` what of it was left."""

    by: str
    limit_minor: int
    left_minor: int


_tuple = tuple.__new__  # a NamedTuple's own constructor takes as long as two caps
_EMPTY = (Cut("pot", 0, 0),)  # the normal case, so it is made only once
NO_PRIOR: Mapping[int, int] = MappingProxyType({})
_NOTHING: dict[int, int] = {}  # never written to


class AllocationRequest(NamedTuple):
    """The donation as matching sees it. `day` is the calendar day in Shanghai, as an ISO date.

    `matched_base_minor` is what of it is matched already, and `prior` what which pot gave (pot id -> fen):
    both empty for a new pledge, filled when more match is sought for a donation that has some. `donation` is
    its id as text: what a random pot draws by.
    """

    amount_minor: int
    target: Target
    donor: str
    day: str
    matched_base_minor: int = 0
    prior: Mapping[int, int] = NO_PRIOR
    donation: str = ""


class Offer(NamedTuple):
    """A pot with the rules version in force. `order` sorts pots: rank first, then age; only random pots have a
    `seed`."""

    pot_id: int
    rules_id: int
    rules: Rules
    order: tuple[int, int]
    limits: tuple[tuple[int, str, int], ...]  # `rules.caps.limits()`, worked out once
    seed: bytes | None = None

    @classmethod
    def of(cls, pot_id: int, rules_id: int, rules: Rules, rank: int, seed: bytes | None = None) -> Self:
        """A pot's offer; a smaller id is an older pot."""
        return cls(pot_id, rules_id, rules, (rank, pot_id), rules.caps.limits(), seed)


class PotEvaluation(NamedTuple):
    """One pot's answer: what of the donation was still unmatched, what the rules gave, what the pot had."""

    pot_id: int
    rules_id: int
    base_minor: int
    due_minor: int  # by ratio and caps, before the pot's own emptiness
    given_minor: int
    before_minor: int
    cuts: tuple[Cut, ...]


class Allocation(NamedTuple):
    """The match of one donation: every pot that was asked, in order. Fen."""

    considered: tuple[PotEvaluation, ...]
    matched_minor: int
    short: bool  # some pot held less than its rules would have given

    @property
    def parts(self) -> list[PotEvaluation]:
        """The pots that give something."""
        return [one for one in self.considered if one.given_minor]


class Capacity:
    """What is left in each pot and what was used of each cap, in fen; the memory of a batch."""

    __slots__ = ("available", "used")

    def __init__(self, available: dict[int, int]) -> None:
        self.available = available
        # One table a cap, in the order of `CAPS`: whom it counts for -> pot -> fen used. By whom first: a donor is
        # looked up once, however many pots are asked.
        self.used: tuple[dict[object, dict[int, int]], ...] = tuple({} for _ in CAPS)

    def used_by(self, request: AllocationRequest) -> tuple[Mapping[int, int], ...]:
        """What was used of each cap for whom this gift counts, by pot; of the cap per donation, its own match."""
        _, by_day, by_donor, by_project, by_county = self.used
        day, donor, project, county = _whom(request)
        return (
            request.prior or _NOTHING,
            by_day.get(day, _NOTHING),
            by_donor.get(donor, _NOTHING),
            by_project.get(project, _NOTHING),
            by_county.get(county, _NOTHING),
        )

    def use(self, pot_id: int, cap: str, whom: object, amount_minor: int) -> None:
        """Count `amount_minor` against a cap. `whom` is a donor, (donor, day), project or county."""
        _add(self.used[CAPS.index(cap)], whom, pot_id, amount_minor)

    def take(self, request: AllocationRequest, allocation: Allocation) -> None:
        """Write an allocation down, so that the next donation of the batch finds less."""
        if allocation.matched_minor:
            for part in allocation.considered:
                if part.given_minor:
                    self._move(request, part.pot_id, part.given_minor)

    def give_back(self, request: AllocationRequest, pot_id: int, amount_minor: int) -> None:
        """Match of this gift returned to a pot: money and caps are free again."""
        self._move(request, pot_id, -amount_minor)

    def _move(self, request: AllocationRequest, pot_id: int, amount_minor: int) -> None:
        self.available[pot_id] -= amount_minor
        for table, whom in zip(self.used[1:], _whom(request), strict=True):
            _add(table, whom, pot_id, amount_minor)


def _add(table: dict[object, dict[int, int]], whom: object, pot_id: int, amount_minor: int) -> None:
    by_pot = table.get(whom)
    if by_pot is None:
        table[whom] = {pot_id: amount_minor}
    else:
        by_pot[pot_id] = by_pot.get(pot_id, 0) + amount_minor


def _whom(request: AllocationRequest) -> tuple[object, ...]:
    """For whom each cap but the first counts, in the order of `CAPS`; the first counts `gift.prior`."""
    target = request.target
    return ((request.donor, request.day), request.donor, target.project_id, target.county_code)


def serving_offers(offers: Iterable[Offer], target: Target) -> list[Offer]:
    """The pots that serve a project, in the order in which they are asked."""
    serving = [offer for offer in offers if offer.rules.scope.refuses(target) is None]
    return sorted(serving, key=lambda offer: offer.order)


def allocate(request: AllocationRequest, offers: Sequence[Offer], book: Capacity) -> Allocation:
    """Match one donation from the pots that serve its project (see `in_order`); changes nothing.

    Walks the pots once and keeps two accounts: what the pots give, and what the same rules with bottomless
    pots would give. `short` is true when the second is more.
    """
    amount = request.amount_minor
    left = left_if_full = max(amount - request.matched_base_minor, 0)
    matched = matched_if_full = 0
    considered = []
    available, used = book.available.get, book.used_by(request)
    for pot_id, rules_id, rules, _, limits, seed in offers:
        ratio = rules.ratio_bps
        before = available(pot_id, 0)
        if amount < rules.minimum_minor:
            if left:
                below = (Cut("minimum_minor", rules.minimum_minor, amount),)
                considered.append(PotEvaluation(pot_id, rules_id, left, 0, 0, before, below))
            continue
        due = left * ratio // BPS_WHOLE
        due_if_full = left_if_full * ratio // BPS_WHOLE
        if seed is not None:
            drawn = drawn_bps(seed, request.donation, rules.least_bps or 0, ratio)
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
        given = due
        if given > before:
            given = max(before, 0)
            cuts += (_tuple(Cut, ("pot", before, before)),) if before else _EMPTY
        if left:
            considered.append(_tuple(PotEvaluation, (pot_id, rules_id, left, due, given, before, cuts)))
        if due_if_full:
            matched_if_full += due_if_full
            left_if_full -= -(-due_if_full * BPS_WHOLE // ratio)  # `matched_base`, where it is called most
        if given:
            matched += given
            left -= matched_base(given, ratio)
            if not left and not left_if_full:  # rounding may leave either a fen, that a later pot matches
                break
    return Allocation(tuple(considered), matched, matched < matched_if_full)


def _bonus(request: AllocationRequest, pot_id: int, ratio_bps: int, bps: int, left_minor: int) -> int:
    """What a random pot owes by the drawn `bps`, in fen, beyond what it gave this donation before.

    What it gave used up base by the full ratio, so that a donation's match can be reckoned without its draw.
    That base counts again here: asked twice, a random pot gives no more than asked once.
    """
    before = request.prior.get(pot_id, 0)
    return max((left_minor + matched_base(before, ratio_bps)) * bps // BPS_WHOLE - before, 0)


def matched_base(given_minor: int, ratio_bps: int) -> int:
    """How much of a donation a match uses up, in fen, rounded up: never match the same fen twice."""
    return -(-given_minor * BPS_WHOLE // ratio_bps)
