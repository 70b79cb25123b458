"""After the end, match that became free is offered to paid donations that got less than their rules would give:
oldest payment first, until nothing moves."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from campaigns.donations.screening_queue import queue_for_screening
from campaigns.lifecycle.models import Campaign
from campaigns.lifecycle.windows import Windows
from campaigns.projects.targets import projects_of_counties, targets
from kernel.db import Tx
from ledger.post import post
from matching.capture import capture, reserved_parts
from matching.pot_state import PotState, load_pot_states, ratios_by_rules
from matching.requests import MatchableDonation, PotQuery, ReservationRequest, live_match
from matching.reservations import ReservedPart
from matching.reserve import PlannedMatch, lock_pots, plan_matches, write_matches

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
    requests = _requests(tx, campaign, rows, where, pots)
    planned = plan_matches(tx, locked, requests, projects_of_counties)
    plans = [plan for plan in planned if plan.allocation.matched_minor]
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


def _requests(
    tx: Tx, campaign: Campaign, rows: Sequence[Any], where: dict[int, Any], pots: Sequence[PotState]
) -> list[ReservationRequest]:
    assert campaign.id is not None
    ratios = ratios_by_rules(pots)
    parts: dict[UUID, list[ReservedPart]] = defaultdict(list)
    for part in reserved_parts(tx, [row.id for row in rows]):
        parts[part.donation_id].append(part)
    windows = Windows.parse(campaign.windows)
    requests = []
    for row in rows:
        live = live_match(parts[row.id], ratios)
        if sum(match.base_minor for match in live) >= row.kept:
            continue
        target = where[row.project_id]
        donation = MatchableDonation(row.id, campaign.id, row.kept, target, row.donor_key, row.paid_at)
        window_open = windows.open_at(row.paid_at)
        requests.append(donation.reservation_request(live, stage="any", window_open=window_open))
    return requests
