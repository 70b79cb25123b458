"""Cancel a campaign before its end. Refunds and the return of match follow page by page (`wind_up`)."""

from collections.abc import Iterable
from typing import NamedTuple

from campaigns.audit import record_audit
from campaigns.closing.models import Cancellation
from campaigns.donations.states import WAITING
from campaigns.donations.whole_campaign import counting_donations
from campaigns.lifecycle import transitions
from campaigns.lifecycle.campaign import find_campaign, lock_campaign
from campaigns.lifecycle.models import Campaign, CampaignTally
from campaigns.lifecycle.phases import Phase
from campaigns.reasons import require_reason
from kernel.db import Tx, one_of
from ledger.chart import MATCHED
from ledger.statements import pot_balances
from matching.pot_state import load_pot_states


class GivingBack(NamedTuple):
    """How much of a campaign's money has been returned. Counts of donations, amounts in fen.

    `paid` donations are still with us, from so many `donors`. Of these, `outside` came through partners or offline,
    so we cannot refund them. `failed`: a refund did not arrive or was refused. `disputed`: a bank decides. The rest
    is `refunding`. The `returned` donations were refunded in full.
    """

    unpaid: int
    paid: int
    paid_minor: int
    donors: int
    refunding: int
    refunding_minor: int
    outside: int
    outside_minor: int
    failed: int
    failed_minor: int
    disputed: int
    returned: int
    returned_minor: int
    match_minor: int

    @property
    def finished(self) -> bool:
        """Return whether nothing is left to give back and no donor is paying."""
        return not self.unpaid and not self.paid


# A refund failed or was refused, and no other is under way.
FAILED_REFUND = """EXISTS (SELECT FROM refund r WHERE r.donation_id = d.id AND r.state IN ('failed', 'refused'))
               AND NOT EXISTS (SELECT FROM refund r
                                WHERE r.donation_id = d.id AND r.state IN ('requested', 'sent'))"""


def cancel(tx: Tx, slug: str, reason: str, actor: str) -> GivingBack:
    """Cancel a campaign that has not ended, and return what must be given back.

    It takes no donations from now on. The job `close` cancels the unpaid ones, requests refunds of the paid ones
    page by page, returns match to the funds, compares the statement and writes the report. To wind up a campaign
    that was cancelled before this procedure existed, cancel it again.

    Raises NotFound `campaign_unknown`, Invalid `reason_missing` (an open campaign needs one), Conflict
    `campaign_phase`.
    """
    campaign = lock_campaign(tx, slug)
    assert campaign.id is not None
    if campaign.phase == Phase.OPEN or reason:
        require_reason(reason)
    if campaign.phase != Phase.CANCELLED or tx.get(Cancellation, campaign.id) is not None:
        transitions.cancel(tx, slug, actor)
    left = giving_back(tx, campaign)
    tx.add(
        Cancellation(
            campaign_id=campaign.id,
            reason=reason,
            actor=actor,
            cancelled_at=tx.now,
            donations=left.paid,
            donors=left.donors,
            raised_minor=left.paid_minor,
        )
    )
    figures = {"unpaid": left.unpaid, "paid": left.paid, "paid_minor": left.paid_minor, "outside": left.outside}
    record_audit(tx, actor, "campaign.cancel", f"campaign:{campaign.id}", **figures, reason=reason)
    return left


def find_cancellation(tx: Tx, slug: str) -> tuple[Campaign, Cancellation | None, GivingBack]:
    """Return a campaign, its cancellation if there is one, and what must be given back.

    Raises NotFound `campaign_unknown`.
    """
    campaign = find_campaign(tx, slug)
    return campaign, tx.get(Cancellation, campaign.id), giving_back(tx, campaign)


class _Share(NamedTuple):
    """A group of paid donations of a campaign that are given back in the same way; amounts in fen."""

    disputed: bool
    returned: bool
    outside: bool
    donations: int
    kept_minor: int
    returned_minor: int


# Count over all campaigns: unpaid donations are few and indexed. With a filter on the campaign, a planner without
# statistics would read all of its donations.
_UNPAID = f"""
    SELECT count(*) FILTER (WHERE campaign_id = :campaign) FROM donation
     WHERE {one_of("status", sorted(WAITING))}"""
# Few groups, and the planner can tell, so it counts the table in parallel.
_SHARES = """
    SELECT status = 'disputed' AS disputed, status = 'refunded' AS returned, payment_intent IS NULL AS outside,
           count(*) AS donations, CAST(sum(amount_minor - refunded_minor) AS bigint) AS kept_minor,
           CAST(sum(refunded_minor) AS bigint) AS returned_minor
      FROM donation WHERE campaign_id = :campaign AND paid_at IS NOT NULL GROUP BY 1, 2, 3"""


def giving_back(tx: Tx, campaign: Campaign) -> GivingBack:
    """Return how much of a campaign's money has been given back; before it is cancelled, what would be."""
    assert campaign.id is not None
    tally = tx.get(CampaignTally, campaign.id)
    with counting_donations(tx, campaign.id):
        shares = tx.rows_as(_Share, _SHARES, campaign=campaign.id)
    unpaid = tx.scalar(_UNPAID, campaign=campaign.id)
    failed, failed_minor = _failed(tx, campaign.id)
    pots = [pot.pot_id for pot in load_pot_states(tx, [campaign.id])]
    with_us = [share for share in shares if not share.returned]
    outside = [share for share in with_us if share.outside and not share.disputed]
    ours = [share for share in with_us if not share.outside and not share.disputed]
    return GivingBack(
        unpaid=unpaid,
        paid=_donations(with_us),
        paid_minor=_kept(with_us),
        donors=tally.donors if tally else 0,
        refunding=_donations(ours) - failed,
        refunding_minor=_kept(ours) - failed_minor,
        outside=_donations(outside),
        outside_minor=_kept(outside),
        failed=failed,
        failed_minor=failed_minor,
        disputed=_donations(share for share in shares if share.disputed),
        returned=_donations(share for share in shares if share.returned),
        returned_minor=sum(share.returned_minor for share in shares),
        match_minor=sum(pot_balances(tx, pots, MATCHED).values()) if pots else 0,
    )


def _donations(shares: Iterable[_Share]) -> int:
    return sum(share.donations for share in shares)


def _kept(shares: Iterable[_Share]) -> int:
    return sum(share.kept_minor for share in shares)


def _failed(tx: Tx, campaign_id: int) -> tuple[int, int]:
    """Return the number of donations still with us because their refund failed, and their amount in fen."""
    row = tx.row(
        f"""SELECT count(*) AS donations,
                   CAST(coalesce(sum(d.amount_minor - d.refunded_minor), 0) AS bigint) AS kept_minor
              FROM donation d
             WHERE d.id IN (SELECT donation_id FROM refund WHERE state IN ('failed', 'refused'))
               AND d.campaign_id = :campaign AND d.status IN ('paid', 'settled')
               AND d.payment_intent IS NOT NULL AND {FAILED_REFUND}""",
        campaign=campaign_id,
    )
    assert row is not None
    return row.donations, row.kept_minor
