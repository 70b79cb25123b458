"""PURE. Move match to a pot of better rank while its donation keeps its total.

Only a pot whose ratio is not lower can take over match. It uses up no more of the donation for the same fen, so
what moves always fits where it was.
"""

from collections.abc import Sequence

from kernel.money import BPS_WHOLE
from matching.allocate import Allocation, AllocationRequest, Capacity, Offer, allocate, matched_base
from matching.requests import LiveMatch, with_prior_match

MAX_ATTEMPTS = 8  # how often a move that does not fit is reduced before it is given up


def reallocate(
    request: AllocationRequest, moving: LiveMatch, others: Sequence[LiveMatch], offer: Offer, capacity: Capacity
) -> Allocation | None:
    """Return how much of `moving` moves to the pot of `offer`, by its rules and caps; None if nothing does.

    `others` is the rest of the donation's match. The cut `moved` means that there was no more to move.
    """
    if offer.rules.ratio_bps < moving.ratio_bps or not moving.amount_minor:
        return None
    request = with_prior_match(request, others)
    room = request.amount_minor - request.matched_base_minor
    most = moving.amount_minor
    for _ in range(MAX_ATTEMPTS):
        limit = (0, "moved", request.prior.get(offer.pot_id, 0) + most)
        allocation = allocate(request, [offer._replace(limits=(*offer.limits, limit))], capacity)
        moved = allocation.matched_minor
        if not moved:
            return None
        if _fits(moving, moved, offer.rules.ratio_bps, room):
            return allocation
        most = _smaller(moving, moved)
        if most <= 0:
            return None
    return None


def _fits(moving: LiveMatch, moved_minor: int, ratio_bps: int, room_minor: int) -> bool:
    """Return whether both parts fit. Each rounds up its base, so together they may need a fen more than the whole
    did."""
    left = matched_base(moving.amount_minor - moved_minor, moving.ratio_bps)
    return left + matched_base(moved_minor, ratio_bps) <= room_minor


def _smaller(moving: LiveMatch, moved_minor: int) -> int:
    """Return the next smaller amount to move for which the rest is everything that its base of the donation
    earns."""
    rest = moving.amount_minor - moved_minor
    base = matched_base(rest, moving.ratio_bps)
    full = base * moving.ratio_bps // BPS_WHOLE
    if full <= rest:
        full = (base + 1) * moving.ratio_bps // BPS_WHOLE
    return moving.amount_minor - max(full, rest + 1)
