"""After the end, match moves to pots of better rank that still have money, and every donation keeps its total.

So the money of the best pots (a village's own pledge) is used first, and what is left over belongs to the pots
of worse rank. Oldest payment first, its worst match first, into the best pot first.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text

from campaigns.donations.looks import look_again
from campaigns.events.models import Campaign
from campaigns.projects.projects import neighbours, targets
from kernel.clock import local_day
from kernel.db import Tx
from ledger.post import post
from matching.allocate import Book, Gift, Offer, in_order
from matching.capture import Part, capture, parts_of
from matching.offers import PotState, load, lock_free
from matching.reserve import Plan, Wish, store
from matching.rules import Target
from matching.shift import Live, Taken, move_away, shift, worst_first
from matching.usage import fill

BATCH = 500

_MATCHED = text(
    """SELECT d.id, d.project_id, d.amount_minor - d.refunded_minor AS kept, d.donor_key, d.paid_at
         FROM donation d
        WHERE d.campaign_id = :campaign AND d.status IN ('paid', 'settled')
          AND EXISTS (SELECT FROM reservation r
                       WHERE r.donation_id = d.id AND r.state = 'captured' AND r.amount_minor > r.returned_minor)
          AND NOT EXISTS (SELECT FROM screening_case c
                           WHERE c.donation_id = d.id AND c.state IN ('open', 'cancelled'))
          AND NOT EXISTS (SELECT FROM project p WHERE p.id = d.project_id AND p.status = 'blacklisted')
        ORDER BY d.paid_at, d.pledged_at, d.id"""
)


def redistribute(tx: Tx, campaign: Campaign) -> int:
    """Move match until nothing moves; answers how many moves were made. Again, it moves nothing.

    The campaign is locked exclusively: nobody else posts to its accounts, so this may post more than once.
    """
    moved = 0
    while some := _pass(tx, campaign):
        moved += some
    return moved


def _pass(tx: Tx, campaign: Campaign) -> int:
    """All donations once. What a move frees may serve an older donation: that is the next pass."""
    assert campaign.id is not None
    pots = load(tx, [campaign.id])  # not from memory: this transaction may have changed them itself
    moved = 0
    for rows in _pages(tx, campaign.id):
        if not _worth_it(tx, pots):
            break
        moved += _page(tx, campaign.id, pots, rows)
    return moved


def _pages(tx: Tx, campaign_id: int) -> Iterator[Sequence[Any]]:
    """Donations with match, oldest payment first, a page at a time from one cursor."""
    streamed = tx.session.execute(_MATCHED, {"campaign": campaign_id}, execution_options={"yield_per": BATCH})
    yield from streamed.partitions()


def _worth_it(tx: Tx, pots: Sequence[PotState]) -> bool:
    """Has a pot money that is not the last in order? Else there is no better pot to move to."""
    free = lock_free(tx, pots)
    return any(free[pot.pot_id] > pot.closed_minor(tx.now) for pot in pots[:-1])


def _page(tx: Tx, campaign_id: int, pots: Sequence[PotState], rows: Sequence[Any]) -> int:
    where = targets(tx, sorted({row.project_id for row in rows}))
    free = lock_free(tx, pots)
    book = Book({pot.pot_id: free[pot.pot_id] - pot.closed_minor(tx.now) for pot in pots})
    gifts = [_gift(row, where[row.project_id]) for row in rows]
    fill(tx, book, pots, gifts, neighbours)
    mover = _Mover(campaign_id, pots, [offer for pot in pots if (offer := pot.offer(tx.now))], book)
    parts: dict[Any, list[Part]] = {row.id: [] for row in rows}
    for part in parts_of(tx, [row.id for row in rows]):
        if part.live_minor:
            parts[part.donation_id].append(part)
    for row, gift in zip(rows, gifts, strict=True):
        mover.move(row.id, gift, parts[row.id])
    _write(tx, mover.plans)
    return len(mover.plans)


def _gift(row: Any, target: Target) -> Gift:
    return Gift(row.kept, target, row.donor_key, local_day(row.paid_at).isoformat(), donation=str(row.id))


def _write(tx: Tx, plans: Sequence[Plan]) -> None:
    """The new reservations under their decisions, and what leaves the old ones, in one posting."""
    decisions, transfers = store(tx, plans, "redistribute")
    transfers += capture(tx, sorted({one.wish.donation_id for one in plans}))
    taken = [
        Taken(one.source, one.wish.donation_id, one.allocation.matched_minor, decision)
        for one, decision in zip(plans, decisions, strict=True)
        if one.source is not None
    ]
    post(tx, transfers + move_away(tx, taken))
    look_again(tx, sorted({one.wish.donation_id for one in plans}))


@dataclass
class _Mover:
    """Plans the moves of one page; `book` sees each, so that the next finds what it left."""

    campaign_id: int
    pots: Sequence[PotState]
    offers: Sequence[Offer]
    book: Book
    plans: list[Plan] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.order = {pot.pot_id: (pot.rank, pot.pot_id) for pot in self.pots}
        self.ratios = {v.rules_id: v.rules.ratio_bps for pot in self.pots for v in pot.versions}

    def move(self, donation_id: Any, gift: Gift, parts: Sequence[Part]) -> None:
        """All moves of one donation."""
        live = {part.reservation_id: self._live(part) for part in parts}
        offers = in_order(self.offers, gift.target)
        for part in worst_first([part for part in parts if part.state == "captured"], self.order):
            for offer in offers:
                if offer.order >= self.order[part.pot_id]:
                    break
                self._try(donation_id, gift, part, offer, live)

    def _live(self, part: Part) -> Live:
        return Live(part.pot_id, self.ratios[part.rules_id], part.live_minor)

    def _try(self, donation_id: Any, gift: Gift, part: Part, offer: Offer, live: dict[int, Live]) -> None:
        moving = live[part.reservation_id]
        others = [one for id_, one in live.items() if id_ != part.reservation_id]
        answer = shift(gift, moving, others, offer, self.book)
        if answer is None:
            return
        given = answer.matched_minor
        self.book.take(gift, answer)
        self.book.give_back(gift, part.pot_id, given)
        live[part.reservation_id] = moving._replace(amount_minor=moving.amount_minor - given)
        live[-len(live)] = Live(offer.pot_id, offer.rules.ratio_bps, given)  # no number of its own yet
        wish = Wish(donation_id, self.campaign_id, gift, True, stage="any")
        self.plans.append(Plan(wish, answer, False, part))
