"""A plan of a campaign with which it can be scheduled."""

from typing import Any

from campaigns.lifecycle.plan import PLAN_FIELDS


def complete_plan(**other: Any) -> dict[str, Any]:
    """Each text names its field; cost, dates and the address are what they must be."""
    plan: dict[str, Any] = {name: f"the {name}" for name in PLAN_FIELDS}
    plan |= {"cost_minor": 0, "platform_url": "https://platform.example", "filed_at": "2026-01-01"}
    plan |= {"privacy_assessment": "the assessment", "privacy_assessed_at": "2026-01-01"}
    return plan | {"certificate_until": "2030-01-01"} | other
