"""After the end, offer free match to paid donations that got less than the rules give, oldest payment first."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
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
from matching.rules import Target

BATCH = 1_000


def reoffer(tx: Tx, campaign: Campaign, only: int | None = None, restoring: Collection[UUID] = ()) -> int:
    """Offer free match again; return how many donations got some.

    The campaign is locked exclusively: nobody else posts to its accounts, so this may post more than once per
    transaction. With `only`, that pot alone is asked, for a challenge that was just met; with `restoring`, only for
    these donations, whose money came back.

    One pass is enough: donations are asked in the order of their payments and pots only get emptier, so no later
    donation can take what an earlier one was refused for want of money.
    """
    assert campaign.id is not None
    pots = load_pot_states(tx, [campaign.id])  # not from memory: this transaction may have changed them itself
    if not pots:
        return 0
    donations = _load_paid_donations(tx, campaign)
    if restoring:
        donations = [donation for donation in donations if donation.id in restoring]
    target_of = targets(tx, sorted({donation.project_id for donation in donations}))
    queries = {PotQuery(campaign.id, target, "any") for target in target_of.values()}
    eligible = [pot for pot in pots if only is None or pot.pot_id == only]
    locked = lock_pots(tx, queries, {campaign.id: eligible})
    requests = _requests(tx, campaign, donations, target_of, pots)
    planned = plan_matches(tx, locked, requests, projects_of_counties)
    plans = [plan for plan in planned if plan.allocation.matched_minor]
    _write(tx, plans, "restore" if restoring else "reoffer" if only is None else "challenge")
    queue_for_screening(tx, [plan.request.donation_id for plan in plans])
    return len(plans)


def _write(tx: Tx, plans: Sequence[PlannedMatch], cause: str) -> None:
    transfers = []
    for start in range(0, len(plans), BATCH):
        batch = plans[start : start + BATCH]
        transfers += write_matches(tx, batch, cause)
        transfers += capture(tx, [plan.request.donation_id for plan in batch])
    post(tx, transfers)


class PaidDonation(NamedTuple):
    """A paid donation that may get match; `kept` is its amount less refunds (fen)."""

    id: UUID
    project_id: int
    kept: int
    donor_key: str
    paid_at: datetime


def _load_paid_donations(tx: Tx, campaign: Campaign) -> list[PaidDonation]:
    """Load the donations that were paid in time, oldest payment first, without those of open and cancelled cases.

    Providers report whole seconds: within one, the earlier pledge comes first.
    """
    return tx.rows_as(
        PaidDonation,
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
    tx: Tx,
    campaign: Campaign,
    paid_donations: Sequence[PaidDonation],
    target_of: Mapping[int, Target],
    pots: Sequence[PotState],
) -> list[ReservationRequest]:
    assert campaign.id is not None
    ratios = ratios_by_rules(pots)
    parts: dict[UUID, list[ReservedPart]] = defaultdict(list)
    for part in reserved_parts(tx, [paid.id for paid in paid_donations]):
        parts[part.donation_id].append(part)
    windows = Windows.parse(campaign.windows)
    requests = []
    for paid in paid_donations:
        live = live_match(parts[paid.id], ratios)
        if sum(match.base_minor for match in live) >= paid.kept:
            continue
        target = target_of[paid.project_id]
        donation = MatchableDonation(paid.id, campaign.id, paid.kept, target, paid.donor_key, paid.paid_at)
        window_open = windows.open_at(paid.paid_at)
        requests.append(donation.reservation_request(live, stage="any", window_open=window_open))
    return requests
