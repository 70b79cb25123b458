"""Cancel a campaign before its end: what it takes back is worked off page by page afterwards (`wind_up`)."""

from typing import Any, NamedTuple

from campaigns.audit import record_audit
from campaigns.closing.models import Cancellation
from campaigns.lifecycle import transitions
from campaigns.lifecycle.campaign import find_campaign, lock_campaign
from campaigns.lifecycle.models import Campaign
from campaigns.lifecycle.phases import Phase
from campaigns.reasons import require_reason
from kernel.db import Tx
from ledger.chart import MATCHED
from ledger.statements import pot_balances
from matching.pot_state import load_pot_states


class GivingBack(NamedTuple):
    """How far the money of a campaign is on its way back. Counts of donations, amounts in fen.

    `paid`: still with us, of so many `donors`. Of these, `outside` came through partners or offline, so that we
    cannot refund them; of `failed` a refund did not arrive or was refused; `disputed` are decided by a bank; the
    rest is `refunding`. `returned` have all of their money back.
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
        """Whether nothing is left to give back and nobody is paying."""
        return not self.unpaid and not self.paid


# A refund that ended without the money arriving, and none that is under way.
FAILED_REFUND = """EXISTS (SELECT FROM refund r WHERE r.donation_id = d.id AND r.state IN ('failed', 'refused'))
               AND NOT EXISTS (SELECT FROM refund r
                                WHERE r.donation_id = d.id AND r.state IN ('requested', 'sent'))"""


def cancel(tx: Tx, slug: str, reason: str, actor: str) -> GivingBack:
    """Cancel a campaign that has not ended, and return what is to be given back.

    From now on it takes no donation. The job `close` cancels the unpaid ones, requests the refunds of the paid ones
    in pages, returns the match to the funds, compares the statement and writes the report. A campaign that was
    cancelled before there was this way out is wound up by cancelling it again.

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
    figures: dict[str, Any] = {name: getattr(left, name) for name in ("unpaid", "paid", "paid_minor", "outside")}
    record_audit(tx, actor, "campaign.cancel", f"campaign:{campaign.id}", **figures, reason=reason)
    return left


def find_cancellation(tx: Tx, slug: str) -> tuple[Campaign, Cancellation | None, GivingBack]:
    """Return a campaign, its cancellation if there is one, and what is to be given back.

    Raises NotFound `campaign_unknown`.
    """
    campaign = find_campaign(tx, slug)
    return campaign, tx.get(Cancellation, campaign.id), giving_back(tx, campaign)


def giving_back(tx: Tx, campaign: Campaign) -> GivingBack:
    """Return how far the money of a campaign is on its way back; before it is cancelled, what would be."""
    assert campaign.id is not None
    row = tx.row(
        f"""SELECT count(*) FILTER (WHERE status IN ('pending', 'paying')) AS unpaid,
                   count(*) FILTER (WHERE counted) AS paid,
                   coalesce(sum(kept) FILTER (WHERE counted), 0) AS paid_minor,
                   count(DISTINCT donor_key) FILTER (WHERE counted) AS donors,
                   count(*) FILTER (WHERE with_us = 'refunding') AS refunding,
                   coalesce(sum(kept) FILTER (WHERE with_us = 'refunding'), 0) AS refunding_minor,
                   count(*) FILTER (WHERE with_us = 'outside') AS outside,
                   coalesce(sum(kept) FILTER (WHERE with_us = 'outside'), 0) AS outside_minor,
                   count(*) FILTER (WHERE with_us = 'failed') AS failed,
                   coalesce(sum(kept) FILTER (WHERE with_us = 'failed'), 0) AS failed_minor,
                   count(*) FILTER (WHERE with_us = 'disputed') AS disputed,
                   count(*) FILTER (WHERE status = 'refunded') AS returned,
                   coalesce(sum(refunded_minor) FILTER (WHERE paid_at IS NOT NULL), 0) AS returned_minor
              FROM (SELECT d.*, d.amount_minor - d.refunded_minor AS kept,
                           d.status IN ('paid', 'settled', 'disputed') AS counted,
                           CASE WHEN d.status = 'disputed' THEN 'disputed'
                                WHEN d.status NOT IN ('paid', 'settled') THEN ''
                                WHEN d.payment_intent IS NULL THEN 'outside'
                                WHEN {FAILED_REFUND} THEN 'failed'
                                ELSE 'refunding' END AS with_us
                      FROM donation d WHERE d.campaign_id = :campaign) AS donations""",
        campaign=campaign.id,
    )
    assert row is not None
    pots = [pot.pot_id for pot in load_pot_states(tx, [campaign.id])]
    match_minor = sum(pot_balances(tx, pots, MATCHED).values()) if pots else 0
    return GivingBack(**{name: int(value) for name, value in row._asdict().items()}, match_minor=match_minor)
