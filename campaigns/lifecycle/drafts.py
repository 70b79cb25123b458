"""Create campaigns as drafts, and change them until they are scheduled."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import func, select

from campaigns.audit import changed, record_audit
from campaigns.lifecycle.campaign import lock_campaign
from campaigns.lifecycle.models import SELF_CHECK_S, Campaign, CampaignHistory, CampaignTally
from campaigns.lifecycle.phases import Phase
from campaigns.network.organisations import find as find_organisation
from kernel.clock import parse_time
from kernel.db import Tx
from kernel.errors import Conflict, Fault, Invalid, fault
from kernel.ids import fingerprint
from kernel.money import CURRENCY

FINISHING_S = 30 * 60  # our default: donors who are paying at the end may finish
LATE_S = 25 * 3600  # one large provider repeats its notifications for that long
NOTICE_S = 10 * 24 * 3600  # our default

MOST_SLUG = 60  # characters
OF_PEOPLE = ("responsible", "address")


@dataclass(frozen=True, slots=True)
class NewCampaign:
    """A campaign to create. Durations are seconds; `windows` are the times in which match is given."""

    slug: str
    name: str
    host: str
    opens_at: datetime
    ends_at: datetime
    plan: Mapping[str, Any]
    windows: Sequence[Mapping[str, str]] = ()
    finishing_s: int = FINISHING_S
    late_s: int = LATE_S
    notice_s: int = NOTICE_S
    self_check_s: int = SELF_CHECK_S
    emergency: bool = False


def create(tx: Tx, new: NewCampaign, actor: str) -> Campaign:
    """Create a campaign as a draft.

    Raises Invalid `campaign_invalid` with every wrong field, NotFound `organisation_unknown`, Conflict `slug_used`.
    """
    if faults := _slug_faults(new.slug) | _faults(new):
        raise Invalid("campaign_invalid", fields=faults)
    find_organisation(tx, new.host)
    tx.lock_name(f"campaign:{new.slug.lower()}")
    if tx.first(select(Campaign).where(func.lower(Campaign.slug) == new.slug.lower())):
        raise Conflict("slug_used", fields={"slug": fault("slug_taken")})
    campaign = tx.add(
        Campaign(
            slug=new.slug,
            name=new.name,
            host_code=new.host,
            currency=CURRENCY,
            phase=Phase.DRAFT,
            phase_since=tx.now,
            opens_at=new.opens_at,
            ends_at=new.ends_at,
            windows=[dict(window) for window in new.windows],
            plan=dict(new.plan),
            emergency=new.emergency,
            finishing_s=new.finishing_s,
            late_s=new.late_s,
            notice_s=new.notice_s,
            self_check_s=new.self_check_s,
            created_at=tx.now,
        )
    )
    assert campaign.id is not None
    tx.add(CampaignTally(campaign_id=campaign.id))
    tx.add(CampaignHistory(campaign_id=campaign.id, to_phase=Phase.DRAFT, at=tx.now, actor=actor))
    record_audit(tx, actor, "campaign.create", f"campaign:{campaign.id}", slug=new.slug)
    return campaign


def change(tx: Tx, slug: str, changes: Mapping[str, Any], actor: str) -> Campaign:
    """Change a draft: replace those of name, opens_at, ends_at, windows, emergency, plan and durations that are in
    `changes`.

    Plan and durations are replaced field by field; None removes a field of the plan.

    Raises NotFound `campaign_unknown`, Conflict `campaign_phase`, Invalid `campaign_invalid`.
    """
    campaign = lock_campaign(tx, slug)
    if campaign.phase != Phase.DRAFT:
        raise Conflict("campaign_phase", phase=campaign.phase)
    before = recorded(campaign)
    for name in ("name", "opens_at", "ends_at", "windows", "emergency"):
        if name in changes:
            setattr(campaign, name, changes[name])
    for name, seconds in changes.get("durations", {}).items():
        setattr(campaign, name, seconds)
    merged = {**campaign.plan, **changes.get("plan", {})}
    campaign.plan = {name: value for name, value in merged.items() if value is not None}
    if faults := _faults(campaign):
        raise Invalid("campaign_invalid", fields=faults)
    tx.add(campaign)
    record_audit(tx, actor, "campaign.change", f"campaign:{campaign.id}", **changed(before, recorded(campaign)))
    return campaign


def recorded(campaign: Campaign) -> dict[str, Any]:
    """Return the audit trail's copy of a draft, field by field, with times as text.

    The trail is never erased, so fields that name people are replaced by a hash, which still shows a change.
    """
    times = {name: getattr(campaign, name).isoformat() for name in ("opens_at", "ends_at")}
    names = ("name", "windows", "emergency", "finishing_s", "late_s", "notice_s", "self_check_s")
    kept = {name: getattr(campaign, name) for name in names}
    plan = {
        f"plan.{name}": fingerprint(value)[:12] if name in OF_PEOPLE else value
        for name, value in campaign.plan.items()
    }
    return {**kept, **times, **plan}


def _slug_faults(slug: str) -> dict[str, Fault]:
    if slug and len(slug) <= MOST_SLUG and all(c.isascii() and (c.isalnum() or c == "-") for c in slug):
        return {}
    return {"slug": fault("slug_format", most=MOST_SLUG)}


def _faults(draft: NewCampaign | Campaign) -> dict[str, Fault]:
    faults: dict[str, Fault] = {}
    if not draft.name.strip():
        faults["name"] = fault("required")
    if draft.ends_at <= draft.opens_at:
        faults["ends_at"] = fault("ends_before_start")
    if min(draft.finishing_s, draft.late_s, draft.notice_s, draft.self_check_s) < 0:
        faults["durations"] = fault("negative")
    for index, window in enumerate(draft.windows):
        try:
            opens, closes = parse_time(window["opens_at"]), parse_time(window["closes_at"])
        except (KeyError, ValueError, TypeError):
            faults[f"windows.{index}"] = fault("window_invalid")
            continue
        if closes <= opens:
            faults[f"windows.{index}"] = fault("window_invalid")
    return faults
