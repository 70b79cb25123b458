"""Correct the public plan of a campaign after it was scheduled. The audit trail keeps each version."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from campaigns.audit import AuditEntry, changed, entries_of, record_audit
from campaigns.lifecycle.campaign import bump_matching_version, lock_campaign
from campaigns.lifecycle.drafts import recorded
from campaigns.lifecycle.models import Campaign
from campaigns.lifecycle.phases import LIVING
from campaigns.lifecycle.plan import FIELDS, plan_faults
from campaigns.reasons import require_reason
from kernel.db import Tx
from kernel.errors import Conflict, Invalid

ACT = "campaign.correct_plan"


class PlanCorrection(NamedTuple):
    """A correction of a public plan: the version that it made, when, why, and the fields that it changed."""

    version: int
    corrected_at: datetime
    reason: str
    fields: list[str]


def plan_corrections_of(tx: Tx, campaign_id: int) -> list[PlanCorrection]:
    """Return the corrections of a campaign's plan, newest first."""
    return [_correction(entry) for entry in entries_of(tx, f"campaign:{campaign_id}", {ACT})]


def _correction(entry: AuditEntry) -> PlanCorrection:
    detail = entry.detail
    names = {name.removeprefix("plan.") for part in ("before", "after") for name in detail[part]}
    fields = [name for name in FIELDS if name in names]
    return PlanCorrection(detail["plan_version"], entry.at, detail["reason"], fields)


def correct_plan(tx: Tx, slug: str, changes: Mapping[str, Any], reason: str, actor: str) -> Campaign:
    """Replace fields of the plan of a campaign that is scheduled, open or closing; None removes a field. Public
    pages show the new version at once. Unchanged values make no version.

    Raises NotFound `campaign_unknown`, Conflict `campaign_phase`, Invalid `reason_missing`, and `plan_incomplete`
    when a changed field would be missing or wrong.
    """
    require_reason(reason)
    campaign = lock_campaign(tx, slug)
    if campaign.phase not in LIVING:
        raise Conflict("campaign_phase", phase=campaign.phase)
    before, old = recorded(campaign), campaign.plan
    merged = {**old, **changes}
    campaign.plan = {name: value for name, value in merged.items() if value is not None}
    differing = {name for name in changes if campaign.plan.get(name) != old.get(name)}
    if not differing:
        return campaign
    if faults := {name: fault for name, fault in plan_faults(campaign).items() if name in differing}:
        raise Invalid("plan_incomplete", fields=faults)
    bump_matching_version(tx, campaign)
    subject = f"campaign:{campaign.id}"
    version = len(entries_of(tx, subject, {ACT})) + 2  # the plan that was scheduled is the first
    detail = {**changed(before, recorded(campaign)), "plan_version": version, "reason": reason}
    record_audit(tx, actor, ACT, subject, **detail)
    return tx.add(campaign)
