"""The public plan of a campaign (慈善法: 募捐方案): what it must state before the campaign may open."""

from campaigns.lifecycle.models import Campaign
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
WARN_FILED_DAYS = 10


def plan_faults(campaign: Campaign) -> dict[str, Fault]:
    """Return the plan fields that are missing or expired, each with its fault; empty when the plan is complete."""
    faults = {name: fault("required") for name in PLAN_FIELDS if campaign.plan.get(name) in (None, "")}
    if expired := _certificate_fault(campaign):
        faults["certificate_until"] = expired
    return faults


def _certificate_fault(campaign: Campaign) -> Fault | None:
    """The certificate must last to the end of the campaign (慈善法 on public fundraising)."""
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
    try:
        filed = read_moment(str(campaign.plan.get("filed_at"))).at
    except Unreadable:
        return []
    return ["filed_late"] if (campaign.opens_at - filed).days < WARN_FILED_DAYS else []
