"""After the end, offer free match to paid donations that got less than the rules give, oldest payment first."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from campaigns.donations.screening_queue import queue_for_screening
from campaigns.lifecycle.models import Campaign
from campaigns.lifecycle.windows import Windows
from campaigns.projects.targets import projects_of_counties, targets
from kernel.db import Tx
from ledger.post import post
from matching.capture import reserved_parts
from matching.pot_state import PotState, load_pot_states, lock_free_accounts, ratios_by_rules
from matching.requests import MatchableDonation, PotQuery, ReservationRequest, live_match
from matching.reservations import ReservedPart
from matching.reserve import lock_pots, plan_matches, write_matches
from matching.rules import Target

BATCH = 1_000


def reoffer(
    tx: Tx, campaign: Campaign, only: int | None = None, restoring: Collection[UUID] = (), cause: str = ""
) -> int:
    """Offer free match again; return how many donations got some.

    The campaign is locked exclusively, so no other transaction posts to its accounts and this may post more than
    once per transaction. With `only`, just that pot is queried, for a challenge that was just met. With
    `restoring`, only these donations are served, because their money came back, or for another reason (`cause`).

    One pass is enough: donations are served in the order of their payments and pots only get emptier, so no later
    donation can take what an earlier one was refused for lack of money.
    """
    assert campaign.id is not None
    pots = load_pot_states(tx, [campaign.id])  # not cached: this transaction may have changed them itself
    eligible = [pot for pot in pots if only is None or pot.pot_id == only]
    cause = cause or ("restore" if restoring else "reoffer" if only is None else "challenge")
    offered = 0
    for page in _pages(tx, campaign, pots, restoring) if eligible else ():
        with tx.by_key():
            if not have_money(tx, eligible):
                break
            offered += _offer(tx, campaign, pots, eligible, page, cause)
    return offered


def have_money(tx: Tx, pots: Sequence[PotState]) -> bool:
    """Lock pots and return whether any of them has free money."""
    free = lock_free_accounts(tx, pots)
    return any(free[pot.pot_id] > pot.closed_minor(tx.now) for pot in pots)


class PaidDonation(NamedTuple):
    """A paid donation that may get match; `kept` is its amount less refunds (fen)."""

    id: UUID
    project_id: int
    kept: int
    donor_key: str
    paid_at: datetime


def _pages(
    tx: Tx, campaign: Campaign, pots: Sequence[PotState], only: Collection[UUID]
) -> Iterator[list[PaidDonation]]:
    """Read the donations that were paid in time (`pays_in_time`), oldest payment first, a page at a time, except
    those with an open or cancelled case.

    Providers report whole seconds; within one, the earlier pledge comes first. Most donations are matched in full.
    They are excluded here by the least amount that their match uses up (`matched_base` rounds up).
    """
    ratios = ratios_by_rules(pots)
    return tx.pages(
        PaidDonation,
        BATCH,
        """SELECT d.id, d.project_id, d.amount_minor - d.refunded_minor AS kept, d.donor_key, d.paid_at
             FROM donation d
             LEFT JOIN (SELECT r.donation_id, sum(r.live_minor * 10000 / u.ratio) AS base_minor
                          FROM reservation r
                          JOIN unnest(CAST(:rules AS bigint[]), CAST(:ratios AS bigint[])) AS u(rules_id, ratio)
                            ON u.rules_id = r.rules_id
                         GROUP BY r.donation_id) AS matched ON matched.donation_id = d.id
            WHERE d.campaign_id = :campaign AND d.status IN ('paid', 'settled')
              AND d.amount_minor - d.refunded_minor > coalesce(matched.base_minor, 0)
              AND (NOT :some OR d.id = ANY(:only))
              AND d.paid_at < :last
              AND NOT EXISTS (SELECT FROM screening_case c
                               WHERE c.donation_id = d.id AND c.state IN ('open', 'cancelled'))
            ORDER BY d.paid_at, d.pledged_at, d.id""",
        rules=list(ratios),
        ratios=list(ratios.values()),
        campaign=campaign.id,
        some=bool(only),
        only=list(only),
        last=campaign.ends_at + timedelta(seconds=campaign.finishing_s),
    )


def _offer(
    tx: Tx,
    campaign: Campaign,
    pots: Sequence[PotState],
    eligible: Sequence[PotState],
    page: Sequence[PaidDonation],
    cause: str,
) -> int:
    """Offer match to one page of donations; return how many got some."""
    assert campaign.id is not None
    target_of = targets(tx, sorted({donation.project_id for donation in page}))
    queries = {PotQuery(campaign.id, target, "any") for target in target_of.values()}
    locked = lock_pots(tx, queries, {campaign.id: eligible})
    requests = _requests(tx, campaign, page, target_of, pots)
    planned = plan_matches(tx, locked, requests, projects_of_counties)
    plans = [plan for plan in planned if plan.allocation.matched_minor]
    post(tx, write_matches(tx, plans, cause, state="captured"))
    queue_for_screening(tx, [plan.request.donation_id for plan in plans])
    return len(plans)


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
