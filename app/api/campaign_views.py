"""Campaigns as the public and managers see them."""

from collections.abc import Sequence
from typing import Any

from campaigns.disclosure.totals import pot_views, totals
from campaigns.lifecycle.campaign import find_campaign, list_campaigns
from campaigns.lifecycle.drafts import FINISHING_S, LATE_S, NOTICE_S
from campaigns.lifecycle.models import SELF_CHECK_S, Campaign
from campaigns.lifecycle.phases import PHASES, PUBLIC
from campaigns.lifecycle.plan import warnings
from campaigns.network.organisations import names_of
from campaigns.network.roles import Caller
from kernel.db import Tx
from kernel.errors import NotFound
from kernel.paging import Page

DURATIONS = {"finishing_s": FINISHING_S, "late_s": LATE_S, "notice_s": NOTICE_S, "self_check_s": SELF_CHECK_S}


def public(tx: Tx, slug: str, *, drafts: bool = False) -> Campaign:
    """Return a campaign that the caller may see. Raises NotFound `campaign_unknown`."""
    campaign = find_campaign(tx, slug)
    if not drafts and campaign.phase not in PUBLIC:
        raise NotFound("campaign_unknown")
    return campaign


def listed(tx: Tx, page: Page, *, manager: Caller | None) -> tuple[list[dict[str, Any]], int]:
    """Return one page of campaigns, newest first, and their total number. A manager also gets the drafts of their
    branch."""
    everything = manager is not None and manager.branch_code is None
    branch = manager.branch_code if manager else None
    campaigns, total = list_campaigns(tx, PHASES if everything else PUBLIC, page, branch)
    return views(tx, campaigns), total


def views(tx: Tx, campaigns: Sequence[Campaign]) -> list[dict[str, Any]]:
    """Return campaigns with their legal block, totals and pots."""
    ids = [campaign.id for campaign in campaigns if campaign.id is not None]
    sums = totals(tx, ids)
    hosts = names_of(tx, [campaign.host_code for campaign in campaigns])
    return [
        _view(tx, campaign, sums[campaign.id], hosts[campaign.host_code])
        for campaign in campaigns
        if campaign.id is not None
    ]


def view(tx: Tx, campaign: Campaign) -> dict[str, Any]:
    return views(tx, [campaign])[0]


def _view(tx: Tx, campaign: Campaign, sums: Any, host: str) -> dict[str, Any]:
    assert campaign.id is not None
    return {
        **{name: getattr(campaign, name) for name in ("slug", "name", "phase", "opens_at", "ends_at", "windows")},
        "currency": campaign.currency,
        "emergency": campaign.emergency,
        "withdrawn_reason": campaign.withdrawn_reason,
        "host": {"code": campaign.host_code, "name": host},
        "legal": {"host_name": host, **campaign.plan},
        "totals": {**sums._asdict(), "currency": campaign.currency},
        "pots": pot_views(tx, campaign.id),
        "durations": {name: getattr(campaign, name) for name in DURATIONS},
        "warnings": warnings(campaign),
    }
