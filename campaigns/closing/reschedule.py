"""Change a campaign that is scheduled or open: extend it, end it early, or take it back to draft."""

from datetime import datetime, timedelta

from campaigns.audit import changed, record_audit
from campaigns.lifecycle.campaign import bump_matching_version, lock_campaign
from campaigns.lifecycle.models import Campaign
from campaigns.lifecycle.phases import Phase
from campaigns.lifecycle.plan import certificate_fault
from campaigns.lifecycle.transitions import transition
from campaigns.reasons import require_reason
from kernel.db import Tx
from kernel.errors import Conflict, Invalid, fault

_INSTANT = timedelta(microseconds=1)  # the resolution of times in the database


def extend(tx: Tx, slug: str, ends_at: datetime, reason: str, actor: str) -> Campaign:
    """Let a scheduled or open campaign end later.

    Donors may give until the new end, and the waiting times of the closing count from it. Match windows, tranches
    and rules stay unchanged.

    Raises NotFound `campaign_unknown`, Invalid `reason_missing`, `end_not_later`, or `plan_incomplete` when the
    plan's certificate expires before the new end, Conflict `campaign_phase` once the campaign has ended.
    """
    require_reason(reason)
    campaign = lock_campaign(tx, slug)
    _require_running(tx, campaign, Phase.SCHEDULED, Phase.OPEN)
    if ends_at <= campaign.ends_at:
        raise Invalid("end_not_later", fields={"ends_at": fault("end_not_later")})
    was, campaign.ends_at = campaign.ends_at, ends_at
    if expires := certificate_fault(campaign):
        raise Invalid("plan_incomplete", fields={"certificate_until": expires})
    return _changed(tx, campaign, "campaign.extend", was, reason, actor)


def end_early(tx: Tx, slug: str, reason: str, actor: str) -> Campaign:
    """Let an open campaign end now. Donors who are paying may finish; the closing continues by itself.

    Raises NotFound `campaign_unknown`, Invalid `reason_missing`, Conflict `campaign_phase`.
    """
    require_reason(reason)
    campaign = lock_campaign(tx, slug)
    _require_running(tx, campaign, Phase.OPEN)
    # Choose an end after every donation accepted so far. No donation comes in while the campaign is locked.
    last = tx.scalar(
        "SELECT max(pledged_at) FROM donation WHERE campaign_id = :id AND channel <> 'offline'", id=campaign.id
    )
    was = campaign.ends_at
    earliest = max(campaign.opens_at, last or campaign.opens_at) + _INSTANT
    campaign.ends_at = min(was, max(tx.now, earliest))
    return _changed(tx, campaign, "campaign.end_early", was, reason, actor)


def unschedule(tx: Tx, slug: str, reason: str, actor: str) -> Campaign:
    """Take a scheduled campaign without donations back to draft, so that it can be corrected and scheduled again.

    Raises NotFound `campaign_unknown`, Invalid `reason_missing`, Conflict `campaign_phase` once it may have opened,
    `campaign_has_donations`.
    """
    require_reason(reason)
    campaign = lock_campaign(tx, slug)
    if campaign.phase != Phase.SCHEDULED:
        raise Conflict("campaign_phase", phase=campaign.phase)
    if campaign.opens_at <= tx.now:
        raise Conflict("campaign_phase", phase=str(Phase.OPEN))  # donors may give before the scheduler has run
    if tx.scalar("SELECT EXISTS (SELECT FROM donation WHERE campaign_id = :id)", id=campaign.id):
        raise Conflict("campaign_has_donations")
    transition(tx, campaign, Phase.DRAFT, actor)
    bump_matching_version(tx, campaign)
    record_audit(tx, actor, "campaign.unschedule", f"campaign:{campaign.id}", reason=reason)
    return campaign


def _require_running(tx: Tx, campaign: Campaign, *phases: Phase) -> None:
    """Raise Conflict `campaign_phase` unless the campaign is in one of these phases and has not ended by the clock.
    The scheduler may notice the end later."""
    if campaign.phase not in phases:
        raise Conflict("campaign_phase", phase=campaign.phase)
    if campaign.ends_at <= tx.now:
        raise Conflict("campaign_phase", phase=str(Phase.ENDED))


def _changed(tx: Tx, campaign: Campaign, action: str, was: datetime, reason: str, actor: str) -> Campaign:
    bump_matching_version(tx, campaign)
    times = changed({"ends_at": was.isoformat()}, {"ends_at": campaign.ends_at.isoformat()})
    record_audit(tx, actor, action, f"campaign:{campaign.id}", **times, reason=reason)
    return campaign
