"""The public plan of a campaign (慈善法: 募捐方案): what it must state before the campaign may open."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from campaigns.lifecycle.models import Campaign
from campaigns.lifecycle.windows import Windows
from kernel.clock import local_day
from kernel.errors import Fault, fault
from kernel.human_input import Unreadable, read_moment

# The public plan (慈善法: 募捐方案) and what the domain adds; a campaign cannot open while one is missing.
PLAN_FIELDS = (
    "purpose",
    "area",
    "responsible",
    "address",
    "ways_to_give",
    "bank_account",
    "beneficiaries",
    "use_of_funds",
    "cost_minor",
    "surplus_rule",
    "certificate_no",
    "certificate_until",
    "filing_no",
    "filed_at",
    "platform_name",
    "platform_url",
)
# The legal name of the certificate's holder, which the public pages name as the organisation that raises the money.
# This field was added when programs were already running: without it the name of the host's node is shown, with a
# warning.
HOLDER = "certificate_holder"
# Number and day of the assessment that precedes publishing donors' names and passing data on (个人信息保护法
# art. 55, 56). They may be stated later; the calendar of duties reminds of them.
ASSESSMENT = ("privacy_assessment", "privacy_assessed_at")
FIELDS = (*PLAN_FIELDS, HOLDER, *ASSESSMENT)
WARN_FILED_DAYS = 10
FILING = ("filing_no", "filed_at")
_ADDRESS = re.compile(r"https?://[^\s/?#@]+\.[^\s/?#@]+(?:[/?#]\S*)?", re.IGNORECASE)


def missing_fields(campaign: Campaign) -> list[str]:
    """Return the empty plan fields.

    In an emergency the plan may be filed within ten days after the start (慈善法 art. 73); the calendar of duties
    reminds of it.
    """
    needed = (name for name in PLAN_FIELDS if not (campaign.emergency and name in FILING))
    return [name for name in needed if not str(campaign.plan.get(name, "") or _zero(campaign, name)).strip()]


def plan_faults(campaign: Campaign) -> dict[str, Fault]:
    """Return the fields of the plan that are missing, expired or contradictory, each with its fault; empty when the
    plan is complete."""
    faults = {name: fault("required") for name in missing_fields(campaign)}
    if expired := certificate_fault(campaign):
        faults["certificate_until"] = expired
    if late := _filing_fault(campaign):
        faults["filed_at"] = late
    assessed_at = ASSESSMENT[1]
    if str(campaign.plan.get(assessed_at) or "").strip() and day_of(campaign, assessed_at) is None:
        faults[assessed_at] = fault("not_a_date")
    if "platform_url" not in faults and not _is_address(str(campaign.plan["platform_url"])):
        faults["platform_url"] = fault("not_a_page_address")
    return faults | _window_faults(campaign)


def holder_name(plan: Mapping[str, Any], host: str) -> str:
    """Return who raises the money, as the public pages name them: the holder of the certificate, otherwise the
    host."""
    return str(plan.get(HOLDER) or "").strip() or host


def day_of(campaign: Campaign, name: str) -> date | None:
    """Return the day that a field of the plan states; None if it states none."""
    try:
        return local_day(read_moment(str(campaign.plan.get(name))).at)
    except Unreadable:
        return None


def _zero(campaign: Campaign, name: str) -> str:
    """Return '0' for a cost of zero, which is not an empty field."""
    return "0" if campaign.plan.get(name) == 0 else ""


def _is_address(text: str) -> bool:
    """Return whether a text is the address of a page that a browser can open."""
    return bool(_ADDRESS.fullmatch(text.strip()))


def _filing_fault(campaign: Campaign) -> Fault | None:
    """Check that the plan is filed before the campaign begins (慈善法: 十日前)."""
    value = campaign.plan.get("filed_at")
    if not value or not str(value).strip():
        return None
    try:
        filed = read_moment(str(value)).at
    except Unreadable:
        return fault("not_a_date")
    return fault("filed_after_start") if filed > campaign.opens_at and not campaign.emergency else None


def _window_faults(campaign: Campaign) -> dict[str, Fault]:
    """Check that windows are within the campaign; match outside it would be promised to nobody."""
    return {
        f"windows.{index}": fault("window_outside")
        for index, window in enumerate(Windows.parse(campaign.windows).spans)
        if window.opens_at >= campaign.ends_at or window.closes_at <= campaign.opens_at
    }


def certificate_fault(campaign: Campaign) -> Fault | None:
    """Check that the certificate lasts to the end of the campaign (慈善法 on public fundraising)."""
    value = campaign.plan.get("certificate_until")
    if not value:
        return None
    try:
        until = read_moment(str(value)).until
    except Unreadable:
        return fault("not_a_date")
    return fault("certificate_expires") if until < campaign.ends_at else None


def warnings(campaign: Campaign) -> list[str]:
    """Return the codes of problems that a manager should know of but that do not block scheduling."""
    nameless = [] if str(campaign.plan.get(HOLDER) or "").strip() else ["holder_missing"]
    try:
        filed = read_moment(str(campaign.plan.get("filed_at"))).at
    except Unreadable:
        return nameless
    return nameless + (["filed_late"] if (campaign.opens_at - filed).days < WARN_FILED_DAYS else [])
