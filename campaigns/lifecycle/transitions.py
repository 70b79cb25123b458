"""How a campaign moves from phase to phase: schedule, cancel, and the one setter of its phase."""

from campaigns.audit import record_audit
from campaigns.lifecycle.campaign import lock_campaign
from campaigns.lifecycle.entries import has_entries
from campaigns.lifecycle.models import Campaign, CampaignHistory
from campaigns.lifecycle.phases import MOVES, Phase
from campaigns.lifecycle.plan import plan_faults
from kernel.db import Tx
from kernel.errors import Conflict, Invalid, fault
from payments import outgoing
from payments.outgoing_models import OutgoingType


def schedule(tx: Tx, slug: str, actor: str) -> Campaign:
    """Schedule a campaign with a complete plan. It opens at `opens_at`, or at once if that has passed.

    Raises Invalid `plan_incomplete` with the fields that are missing, expired or contradictory (`entries`: no
    project takes part), `campaign_over` when `ends_at` has passed, Conflict `campaign_phase`.
    """
    campaign = lock_campaign(tx, slug)
    faults = plan_faults(campaign)
    if not has_entries(tx, campaign):
        faults["entries"] = fault("no_project")
    if faults:
        raise Invalid("plan_incomplete", fields=faults)
    if campaign.ends_at <= tx.now:
        raise Invalid("campaign_over", fields={"ends_at": fault("in_the_past")})
    transition(tx, campaign, Phase.SCHEDULED, actor)
    if campaign.opens_at <= tx.now:
        transition(tx, campaign, Phase.OPEN, actor)
    return campaign


def cancel(tx: Tx, slug: str, actor: str) -> Campaign:
    """Cancel a campaign before its end. Raises Conflict `campaign_phase`."""
    campaign = lock_campaign(tx, slug)
    transition(tx, campaign, Phase.CANCELLED, actor)
    return campaign


def transition(tx: Tx, campaign: Campaign, to: Phase, actor: str) -> None:
    """Move a locked campaign to another phase: the only place that sets it. Raises Conflict `campaign_phase`."""
    if to not in MOVES[Phase(campaign.phase)]:
        raise Conflict("campaign_phase", phase=campaign.phase, wanted=str(to))
    assert campaign.id is not None
    tx.add(CampaignHistory(campaign_id=campaign.id, from_phase=campaign.phase, to_phase=to, at=tx.now, actor=actor))
    campaign.phase = to
    campaign.phase_since = tx.now
    tx.add(campaign)
    record_audit(tx, actor, f"campaign.{to}", f"campaign:{campaign.id}")
    if to is not Phase.DRAFT:
        outgoing.queue(tx, OutgoingType.CAMPAIGN_PHASE, {"campaign": campaign.slug, "phase": to.value}, None)
