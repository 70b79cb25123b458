"""After the end, move match to pots of better rank that still have money. Every donation keeps its total.

The money of the best pots (a village's own pledge) is used first, so pots of worse rank keep what is left over. The
order is oldest payment first, its worst match first, into the best pot first.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from campaigns.closing.reoffer import PaidDonation, have_money
from campaigns.donations.screening_queue import queue_for_screening
from campaigns.lifecycle.models import Campaign
from campaigns.projects.targets import projects_of_counties, targets
from kernel.db import Tx
from ledger.post import post
from matching.allocate import AllocationRequest, Capacity, Offer, serving_offers
from matching.cap_usage import fill_cap_usage
from matching.capture import reserved_parts
from matching.pot_state import PotState, load_pot_states, lock_free_accounts, ratios_by_rules
from matching.reallocate import reallocate
from matching.requests import LiveMatch, MatchableDonation, ReservationRequest
from matching.reservations import ReservedPart, worst_first
from matching.reserve import PlannedMatch, write_decided_matches
from matching.return_match import MovedMatch, return_moved

BATCH = 500

_MATCHED = """
    SELECT d.id, d.project_id, d.amount_minor - d.refunded_minor AS kept, d.donor_key, d.paid_at
      FROM donation d
     WHERE d.campaign_id = :campaign AND d.status IN ('paid', 'settled')
       AND EXISTS (SELECT FROM reservation r
                    WHERE r.donation_id = d.id AND r.state = 'captured' AND r.live_minor > 0)
       AND NOT EXISTS (SELECT FROM screening_case c
                        WHERE c.donation_id = d.id AND c.state IN ('open', 'cancelled'))
       AND NOT EXISTS (SELECT FROM project p WHERE p.id = d.project_id AND p.status = 'blacklisted')
     ORDER BY d.paid_at, d.pledged_at, d.id"""


def redistribute(tx: Tx, campaign: Campaign) -> int:
    """Repeat moves until no match moves any more; return how many moves were made. Idempotent.

    The campaign is locked exclusively, so no other transaction posts to its accounts and this may post more than
    once per transaction.
    """
    total = 0
    while moves := _move_all(tx, campaign):
        total += moves
    return total


def _move_all(tx: Tx, campaign: Campaign) -> int:
    """Try all donations once; return how many moves were made. Money freed by a move may serve an older donation in
    the next pass."""
    assert campaign.id is not None
    pots = load_pot_states(tx, [campaign.id])  # not cached: this transaction may have changed them itself
    moves = 0
    for page in tx.pages(PaidDonation, BATCH, _MATCHED, campaign=campaign.id) if pots[:-1] else ():
        with tx.by_key():
            if not have_money(tx, pots[:-1]):
                break  # no better pot has money
            moves += _move_page(tx, campaign.id, pots, page)
    return moves


def _move_page(tx: Tx, campaign_id: int, pots: Sequence[PotState], page: Sequence[PaidDonation]) -> int:
    target_of = targets(tx, sorted({paid.project_id for paid in page}))
    free = lock_free_accounts(tx, pots)
    capacity = Capacity({pot.pot_id: free[pot.pot_id] - pot.closed_minor(tx.now) for pot in pots})
    donations = [
        MatchableDonation(paid.id, campaign_id, paid.kept, target_of[paid.project_id], paid.donor_key, paid.paid_at)
        for paid in page
    ]
    allocation_requests = [donation.allocation_request() for donation in donations]
    fill_cap_usage(tx, capacity, pots, allocation_requests, projects_of_counties)
    mover = _Mover(campaign_id, pots, [offer for pot in pots if (offer := pot.offer(tx.now))], capacity)
    parts: dict[UUID, list[ReservedPart]] = {paid.id: [] for paid in page}
    for part in reserved_parts(tx, list(parts)):
        if part.live_minor:
            parts[part.donation_id].append(part)
    for paid, allocation_request in zip(page, allocation_requests, strict=True):
        mover.move(paid.id, allocation_request, parts[paid.id])
    _write(tx, mover.plans)
    return len(mover.plans)


def _write(tx: Tx, plans: Sequence[PlannedMatch]) -> None:
    """Write the new reservations with their decisions, and return the moved match of the old ones, in one
    posting."""
    decisions, transfers = write_decided_matches(tx, plans, "redistribute", state="captured")
    moved = [
        MovedMatch(plan.source, plan.request.donation_id, plan.allocation.matched_minor, decision)
        for plan, decision in zip(plans, decisions, strict=True)
        if plan.source is not None
    ]
    post(tx, transfers + return_moved(tx, moved))
    queue_for_screening(tx, sorted({plan.request.donation_id for plan in plans}))


@dataclass
class _Mover:
    """The planned moves of one page. Each move is taken off `capacity`, so that the next one sees what is left."""

    campaign_id: int
    pots: Sequence[PotState]
    offers: Sequence[Offer]
    capacity: Capacity
    plans: list[PlannedMatch] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.order = {pot.pot_id: pot.order for pot in self.pots}
        self.ratios = ratios_by_rules(self.pots)

    def move(self, donation_id: UUID, allocation_request: AllocationRequest, parts: Sequence[ReservedPart]) -> None:
        """Plan all moves of one donation."""
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
        donation_id: UUID,
        allocation_request: AllocationRequest,
        part: ReservedPart,
        offer: Offer,
        live: dict[int, LiveMatch],
    ) -> None:
        moving = live[part.reservation_id]
        others = [match for id_, match in live.items() if id_ != part.reservation_id]
        allocation = reallocate(allocation_request, moving, others, offer, self.capacity)
        if allocation is None:
            return
        moved_minor = allocation.matched_minor
        self.capacity.consume(allocation_request, allocation)
        self.capacity.restore(allocation_request, part.pot_id, moved_minor)
        live[part.reservation_id] = moving._replace(amount_minor=moving.amount_minor - moved_minor)
        live[-len(live)] = LiveMatch(offer.pot_id, offer.rules.ratio_bps, moved_minor)  # has no reservation id yet
        request = ReservationRequest(
            donation_id, self.campaign_id, allocation_request, accept_unmatched=True, stage="any"
        )
        self.plans.append(PlannedMatch(request, allocation, refused=False, source=part))
