"""Withdraw a project from a campaign in which no donor has paid for it."""

from campaigns.audit import record_audit
from campaigns.donations.states import WAITING
from campaigns.donations.unpaid.cancel_unpaid import cancel_unpaid
from campaigns.lifecycle.campaign import bump_matching_version, lock_campaign
from campaigns.lifecycle.models import CampaignEntry
from campaigns.lifecycle.phases import Phase
from campaigns.reasons import require_reason
from kernel.db import Tx
from kernel.errors import Conflict, NotFound

_BEFORE_END = (Phase.DRAFT, Phase.SCHEDULED, Phase.OPEN)


def withdraw_entry(tx: Tx, slug: str, project_id: int, reason: str, actor: str) -> int:
    """Take a project out of a campaign; return how many unpaid donations were cancelled with it.

    Raises NotFound `campaign_unknown`, `project_not_entered`, Invalid `reason_missing`, Conflict `campaign_phase`
    after the end, `entry_has_donations` when a donation was ever paid.
    """
    require_reason(reason)
    campaign = lock_campaign(tx, slug)
    if campaign.phase not in _BEFORE_END:
        raise Conflict("campaign_phase", phase=campaign.phase)
    entry = tx.get(CampaignEntry, (campaign.id, project_id))
    if entry is None:
        raise NotFound("project_not_entered")
    donations = tx.rows(
        """SELECT id, status, paid_at FROM donation WHERE campaign_id = :campaign AND project_id = :project
            ORDER BY id""",
        campaign=campaign.id,
        project=project_id,
    )
    paid = sum(donation.paid_at is not None for donation in donations)
    if paid:
        raise Conflict("entry_has_donations", count=paid)
    waiting = [donation.id for donation in donations if donation.status in WAITING]
    cancelled = cancel_unpaid(tx, waiting, "entry_withdrawn") if waiting else 0
    tx.session.delete(entry)
    bump_matching_version(tx, campaign)
    tx.session.flush()
    record_audit(
        tx,
        actor,
        "campaign.withdraw_entry",
        f"campaign:{campaign.id}",
        project=project_id,
        cancelled=cancelled,
        reason=reason,
    )
    return cancelled
