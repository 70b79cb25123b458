"""The public listing of a campaign (慈善法 第27条). While its filing or its listing on the designated platform is
withdrawn, the campaign accepts no money; donations already made stay."""

from campaigns.audit import record_audit
from campaigns.lifecycle.campaign import bump_matching_version, lock_campaign
from campaigns.lifecycle.models import Campaign
from campaigns.lifecycle.phases import Phase
from campaigns.reasons import require_one_line_reason
from kernel.db import Tx
from kernel.errors import Conflict

_STOPPABLE = (Phase.SCHEDULED, Phase.OPEN)


def withdraw_listing(tx: Tx, slug: str, reason: str, actor: str) -> Campaign:
    """Stop a campaign from accepting donations, with a reason that the public can read. Donors who are paying now
    may finish.

    Raises NotFound `campaign_unknown`, Invalid `reason_invalid`, Conflict `campaign_phase` and `listing_withdrawn`.
    """
    require_one_line_reason(reason)
    campaign = _lock(tx, slug)
    if campaign.withdrawn_reason:
        raise Conflict("listing_withdrawn", reason=campaign.withdrawn_reason)
    return _set(tx, campaign, "campaign.withdraw_listing", reason, reason, actor)


def restore_listing(tx: Tx, slug: str, reason: str, actor: str) -> Campaign:
    """Let a campaign accept donations again, which needs two people. Raises as `withdraw_listing`, and Conflict
    `listing_in_force`."""
    require_one_line_reason(reason)
    campaign = _lock(tx, slug)
    if not campaign.withdrawn_reason:
        raise Conflict("listing_in_force")
    return _set(tx, campaign, "campaign.restore_listing", "", reason, actor)


def _lock(tx: Tx, slug: str) -> Campaign:
    campaign = lock_campaign(tx, slug)
    if campaign.phase not in _STOPPABLE:
        raise Conflict("campaign_phase", phase=campaign.phase)
    return campaign


def _set(tx: Tx, campaign: Campaign, action: str, withdrawn: str, reason: str, actor: str) -> Campaign:
    campaign.withdrawn_reason = withdrawn
    bump_matching_version(tx, campaign)
    record_audit(tx, actor, action, f"campaign:{campaign.id}", reason=reason)
    return campaign
