"""PURE. Where a donation is matched: rules + offers + donation -> parts, with the reason for every cut.

Pots are asked in order of rank, the older first. Every fen of a donation is matched at most once: what an
earlier pot matched is no longer there for a later one (our reading of "1:1 while the pot lasts"; a later pot
fills up what an earlier one, empty or capped, left unmatched).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

from kernel.money import BPS_WHOLE, MAX_MINOR
from matching.rules import Rules, Target

NO_PRIOR: Mapping[int, int] = MappingProxyType({})


class Gift(NamedTuple):
    """The donation as matching sees it. `day` is the calendar day in Shanghai, as an ISO date.

    `matched_base_minor` is what of it is matched already, and `prior` what which pot gave (pot id -> fen):
    both empty for a new pledge, filled when more match is sought for a donation that has some.
    """

    amount_minor: int
    target: Target
    donor: str
    day: str
    matched_base_minor: int = 0
    prior: Mapping[int, int] = NO_PRIOR


class Offer(NamedTuple):
    """A pot with the rules version in force. `order` sorts pots: rank first, then age."""

    pot_id: int
    rules_id: int
    rules: Rules
    order: tuple[int, int]


class Cut(NamedTuple):
    """Something that limited a pot's share. `limit_minor` is its whole, `left_minor` what of it was left."""

    by: str
    limit_minor: int
    left_minor: int


class Considered(NamedTuple):
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

    considered: tuple[Considered, ...]
    matched_minor: int
    short: bool  # some pot held less than its rules would have given

    @property
    def parts(self) -> list[Considered]:
        """The pots that give something."""
        return [one for one in self.considered if one.given_minor]


@dataclass(slots=True)
class Book:
    """What is left in each pot and what was used of each cap, in fen; the memory of a batch.

    `used` is keyed (pot, dimension, whom): dimension is the cap's name, whom the donor, (donor, day),
    project or county. A key that is not there counts as zero.
    """

    available: dict[int, int]
    used: dict[tuple[int, str, object], int] = field(default_factory=dict)

    def take(self, gift: Gift, allocation: Allocation) -> None:
        """Write an allocation down, so that the next donation of the batch finds less."""
        for part in allocation.considered:
            if part.given_minor:
                self.available[part.pot_id] -= part.given_minor
                self._use(part.pot_id, gift, part.given_minor)

    def _use(self, pot_id: int, gift: Gift, amount_minor: int) -> None:
        used = self.used
        for dimension, whom in _whom(gift):
            key = (pot_id, dimension, whom)
            used[key] = used.get(key, 0) + amount_minor


def _whom(gift: Gift) -> tuple[tuple[str, object], ...]:
    target = gift.target
    return (
        ("donor_day_minor", (gift.donor, gift.day)),
        ("donor_minor", gift.donor),
        ("project_minor", target.project_id),
        ("county_minor", target.county_code),
    )


def in_order(offers: Iterable[Offer], target: Target) -> list[Offer]:
    """The pots that serve a project, in the order in which they are asked."""
    serving = [offer for offer in offers if offer.rules.scope.refuses(target) is None]
    return sorted(serving, key=lambda offer: offer.order)


def allocate(gift: Gift, offers: Sequence[Offer], book: Book) -> Allocation:
    """Match one donation from the pots that serve its project (see `in_order`); changes nothing.

    `short` is true when the same rules with bottomless pots would have given more.
    """
    considered, matched, left = _ask(gift, offers, book, bottomless=False)
    short = left > 0 and any(one.given_minor < one.due_minor for one in considered)
    if short:
        short = matched < _ask(gift, offers, book, bottomless=True)[1]
    return Allocation(tuple(considered), matched, short)


def _ask(gift: Gift, offers: Sequence[Offer], book: Book, *, bottomless: bool) -> tuple[list[Considered], int, int]:
    """Ask pot after pot; answers what each said, the match in all, and what stayed unmatched, in fen."""
    left = gift.amount_minor - gift.matched_base_minor
    matched = 0
    considered = []
    for offer in offers:
        one = _consider(gift, left, offer, book, bottomless)
        considered.append(one)
        if one.given_minor:
            matched += one.given_minor
            left -= matched_base(one.given_minor, offer.rules.ratio_bps)
            if left <= 0:
                break
    return considered, matched, left


def matched_base(given_minor: int, ratio_bps: int) -> int:
    """How much of a donation a match uses up, in fen, rounded up: never match the same fen twice."""
    return -(-given_minor * BPS_WHOLE // ratio_bps)


def _consider(gift: Gift, left_minor: int, offer: Offer, book: Book, bottomless: bool) -> Considered:
    rules = offer.rules
    pot_id = offer.pot_id
    before = MAX_MINOR if bottomless else book.available.get(pot_id, 0)
    if gift.amount_minor < rules.minimum_minor:
        below = (Cut("minimum_minor", rules.minimum_minor, gift.amount_minor),)
        return Considered(pot_id, offer.rules_id, left_minor, 0, 0, before, below)
    due = left_minor * rules.ratio_bps // BPS_WHOLE
    due, cuts = _cap(due, gift, offer, book)
    given = due
    if given > before:
        given = max(before, 0)
        cuts = (*cuts, Cut("pot", before, before))
    return Considered(pot_id, offer.rules_id, left_minor, due, given, before, cuts)


def _cap(due: int, gift: Gift, offer: Offer, book: Book) -> tuple[int, tuple[Cut, ...]]:
    """Apply a pot's caps, narrow to wide; each that cuts is named with what was left of it."""
    caps = offer.rules.caps
    cuts: tuple[Cut, ...] = ()
    if caps.donation_minor is not None:
        room = max(caps.donation_minor - gift.prior.get(offer.pot_id, 0), 0)
        if due > room:
            due = room
            cuts = (Cut("donation_minor", caps.donation_minor, room),)
    for dimension, whom in _whom(gift):
        limit = getattr(caps, dimension)
        if limit is None:
            continue
        room = limit - book.used.get((offer.pot_id, dimension, whom), 0)
        if due > room:
            due = max(room, 0)
            cuts = (*cuts, Cut(dimension, limit, max(room, 0)))
    return due, cuts
