"""After the end, match moves to pots of better rank that still have money, and every donation keeps its total.

So the money of the best pots (a village's own pledge) is used first, and what is left over belongs to the pots
of worse rank. Oldest payment first, its worst match first, into the best pot first.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text

from campaigns.donations.screening_queue import queue_for_screening
from campaigns.lifecycle.models import Campaign
from campaigns.projects.targets import projects_of_counties, targets
from kernel.db import Tx
from ledger.post import post
from matching.allocate import AllocationRequest, Capacity, Offer, serving_offers
from matching.cap_usage import fill_cap_usage
from matching.capture import capture, reserved_parts
from matching.pot_state import PotState, load_pot_states, lock_free_accounts, ratios_by_rules
from matching.reallocate import MovedMatch, reallocate, return_moved
from matching.requests import LiveMatch, MatchableDonation, ReservationRequest
from matching.reservations import ReservedPart, worst_first
from matching.reserve import PlannedMatch, write_decided_matches

BATCH = 500

_MATCHED = text(
    """SELECT d.id, d.project_id, d.amount_minor - d.refunded_minor AS kept, d.donor_key, d.paid_at
         FROM donation d
        WHERE d.campaign_id = :campaign AND d.status IN ('paid', 'settled')
          AND EXISTS (SELECT FROM reservation r
                       WHERE r.donation_id = d.id AND r.state = 'captured' AND r.live_minor > 0)
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
    pots = load_pot_states(tx, [campaign.id])  # not from memory: this transaction may have changed them itself
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
    free = lock_free_accounts(tx, pots)
    return any(free[pot.pot_id] > pot.closed_minor(tx.now) for pot in pots[:-1])


def _page(tx: Tx, campaign_id: int, pots: Sequence[PotState], rows: Sequence[Any]) -> int:
    where = targets(tx, sorted({row.project_id for row in rows}))
    free = lock_free_accounts(tx, pots)
    book = Capacity({pot.pot_id: free[pot.pot_id] - pot.closed_minor(tx.now) for pot in pots})
    donations = [
        MatchableDonation(row.id, campaign_id, row.kept, where[row.project_id], row.donor_key, row.paid_at)
        for row in rows
    ]
    allocation_requests = [donation.allocation_request() for donation in donations]
    fill_cap_usage(tx, book, pots, allocation_requests, projects_of_counties)
    mover = _Mover(campaign_id, pots, [offer for pot in pots if (offer := pot.offer(tx.now))], book)
    parts: dict[Any, list[ReservedPart]] = {row.id: [] for row in rows}
    for part in reserved_parts(tx, [row.id for row in rows]):
        if part.live_minor:
            parts[part.donation_id].append(part)
    for row, allocation_request in zip(rows, allocation_requests, strict=True):
        mover.move(row.id, allocation_request, parts[row.id])
    _write(tx, mover.plans)
    return len(mover.plans)


def _write(tx: Tx, plans: Sequence[PlannedMatch]) -> None:
    """The new reservations under their decisions, and what leaves the old ones, in one posting."""
    decisions, transfers = write_decided_matches(tx, plans, "redistribute")
    transfers += capture(tx, sorted({one.request.donation_id for one in plans}))
    taken = [
        MovedMatch(one.source, one.request.donation_id, one.allocation.matched_minor, decision)
        for one, decision in zip(plans, decisions, strict=True)
        if one.source is not None
    ]
    post(tx, transfers + return_moved(tx, taken))
    queue_for_screening(tx, sorted({one.request.donation_id for one in plans}))


@dataclass
class _Mover:
    """Plans the moves of one page; `book` sees each, so that the next finds what it left."""

    campaign_id: int
    pots: Sequence[PotState]
    offers: Sequence[Offer]
    book: Capacity
    plans: list[PlannedMatch] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.order = {pot.pot_id: pot.order for pot in self.pots}
        self.ratios = ratios_by_rules(self.pots)

    def move(self, donation_id: Any, allocation_request: AllocationRequest, parts: Sequence[ReservedPart]) -> None:
        """All moves of one donation."""
        live = {part.reservation_id: self._live(part) for part in parts}
        offers = serving_offers(self.offers, allocation_request.target)
        for part in worst_first([part for part in parts if part.state == "captured"], self.order):
            for offer in offers:
                if offer.order >= self.order[part.pot_id]:
                    break
                self._try(donation_id, allocation_request, part, offer, live)

    def _live(self, part: ReservedPart) -> LiveMatch:
        return LiveMatch(part.pot_id, self.ratios[part.rules_id], part.live_minor)

    def _try(
        self,
        donation_id: Any,
        allocation_request: AllocationRequest,
        part: ReservedPart,
        offer: Offer,
        live: dict[int, LiveMatch],
    ) -> None:
        moving = live[part.reservation_id]
        others = [one for id_, one in live.items() if id_ != part.reservation_id]
        answer = reallocate(allocation_request, moving, others, offer, self.book)
        if answer is None:
            return
        given = answer.matched_minor
        self.book.take(allocation_request, answer)
        self.book.give_back(allocation_request, part.pot_id, given)
        live[part.reservation_id] = moving._replace(amount_minor=moving.amount_minor - given)
        live[-len(live)] = LiveMatch(offer.pot_id, offer.rules.ratio_bps, given)  # no number of its own yet
        request = ReservationRequest(donation_id, self.campaign_id, allocation_request, True, stage="any")
        self.plans.append(PlannedMatch(request, answer, False, part))
