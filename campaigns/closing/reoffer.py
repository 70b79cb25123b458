"""After the end, match that became free is offered to paid donations that got less than their rules would give:
oldest payment first, until nothing moves."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from campaigns.donations.screening_queue import queue_for_screening
from campaigns.lifecycle.models import Campaign
from campaigns.projects.projects import neighbours, targets
from kernel.clock import local_day, parse_time
from kernel.db import Tx
from ledger.post import post
from matching.allocate import AllocationRequest, matched_base
from matching.capture import ReservedPart, capture, reserved_parts
from matching.pot_state import PotState, load_pot_states
from matching.reserve import PlannedMatch, PotQuery, ReservationRequest, lock_pots, plan_matches, write_matches

BATCH = 1_000


def reoffer(tx: Tx, campaign: Campaign, only: int | None = None) -> int:
    """Offer free match once more; answers how many donations got some. The campaign is locked exclusively, so
    nobody else posts to its accounts, and this may post more than once a transaction.

    With `only`, that pot alone is asked: a challenge that was just met serves those who came before.

    One pass is enough: what a donation is refused for want of money, a later and younger one may not take
    before it, because donations are asked in the order of their payments and pots only get emptier.
    """
    assert campaign.id is not None
    pots = load_pot_states(tx, [campaign.id])  # not from memory: this transaction may have changed them itself
    if not pots:
        return 0
    rows = _unmatched(tx, campaign)
    where = targets(tx, sorted({row.project_id for row in rows}))
    places = {PotQuery(campaign.id, target, "any") for target in where.values()}
    asked = [pot for pot in pots if only is None or pot.pot_id == only]
    locked = lock_pots(tx, places, {campaign.id: asked})
    requests = _wishes(tx, campaign, rows, where, pots)
    plans = [one for one in plan_matches(tx, locked, requests, neighbours) if one.allocation.matched_minor]
    _write(tx, plans, "reoffer" if only is None else "challenge")
    queue_for_screening(tx, [one.request.donation_id for one in plans])
    return len(plans)


def _write(tx: Tx, plans: Sequence[PlannedMatch], cause: str) -> None:
    transfers = []
    for start in range(0, len(plans), BATCH):
        some = plans[start : start + BATCH]
        transfers += write_matches(tx, some, cause)
        transfers += capture(tx, [one.request.donation_id for one in some])
    post(tx, transfers)


def _unmatched(tx: Tx, campaign: Campaign) -> Sequence[Any]:
    """Paid donations whose match is below what is left of the gift, oldest payment first. Providers tell
    whole seconds: within one, who pledged first. What a person took away, or is looking at, a machine does not
    give again; nor what a payment after the end was refused."""
    return tx.rows(
        """SELECT d.id, d.project_id, d.amount_minor - d.refunded_minor AS kept, d.donor_key, d.paid_at
             FROM donation d
            WHERE d.campaign_id = :campaign AND d.status IN ('paid', 'settled')
              AND d.amount_minor > d.refunded_minor
              AND d.paid_at >= :opens_at AND d.paid_at < :last
              AND NOT EXISTS (SELECT FROM screening_case c
                               WHERE c.donation_id = d.id AND c.state IN ('open', 'cancelled'))
            ORDER BY d.paid_at, d.pledged_at, d.id""",
        campaign=campaign.id,
        opens_at=campaign.opens_at,
        last=campaign.ends_at + timedelta(seconds=campaign.finishing_s),
    )


def _wishes(
    tx: Tx, campaign: Campaign, rows: Sequence[Any], where: dict[int, Any], pots: Sequence[PotState]
) -> list[ReservationRequest]:
    assert campaign.id is not None
    ratios = {version.rules_id: version.rules.ratio_bps for pot in pots for version in pot.versions}
    prior: dict[UUID, list[ReservedPart]] = defaultdict(list)
    for part in reserved_parts(tx, [row.id for row in rows]):
        if part.live_minor:
            prior[part.donation_id].append(part)
    windows = [(parse_time(one["opens_at"]), parse_time(one["closes_at"])) for one in campaign.windows]
    requests = []
    for row in rows:
        parts = prior[row.id]
        used = sum(matched_base(part.live_minor, ratios[part.rules_id]) for part in parts)
        if used >= row.kept:
            continue
        given: dict[int, int] = defaultdict(int)
        for part in parts:
            given[part.pot_id] += part.live_minor
        day = local_day(row.paid_at).isoformat()
        allocation_request = AllocationRequest(
            row.kept, where[row.project_id], row.donor_key, day, used, given, str(row.id)
        )
        in_window = not windows or any(opens <= row.paid_at < closes for opens, closes in windows)
        requests.append(ReservationRequest(row.id, campaign.id, allocation_request, True, in_window, "any"))
    return requests
