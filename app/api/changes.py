"""Changing what is still a draft. Whatever has been reviewed or announced is changed by verbs of its own."""

from datetime import datetime
from typing import Any

from campaigns.events.campaigns import Campaign, lock
from campaigns.events.phases import Phase
from campaigns.network.audit import record
from campaigns.projects.models import Project
from campaigns.projects.projects import find as find_project
from campaigns.projects.states import Status
from kernel.clock import parse_time
from kernel.db import Tx
from kernel.errors import Conflict, Invalid


def change_project(tx: Tx, project_id: int, given: dict[str, Any], actor: str) -> Project:
    """Replace name, summary or target of a draft.

    Raises NotFound `project_unknown`, Conflict `project_state`, Invalid `project_invalid`.
    """
    find_project(tx, project_id)
    project = tx.get(Project, project_id, lock=True)
    assert project is not None
    if project.status != Status.DRAFT:
        raise Conflict("project_state", "only a draft can be changed", facts={"from": project.status})
    if not given.get("name", "x").strip():
        raise Invalid("project_invalid", fields={"name": "must not be empty"})
    for name in ("name", "summary", "target_minor"):
        if name in given:
            setattr(project, name, given[name].strip() if isinstance(given[name], str) else given[name])
    tx.add(project)
    record(tx, actor, "project.change", f"project:{project_id}", fields=sorted(given))
    return project


def change_campaign(tx: Tx, slug: str, given: dict[str, Any], actor: str) -> Campaign:
    """Replace what is given; plan and durations field by field, a null takes a plan field out.

    Raises NotFound `campaign_unknown`, Conflict `campaign_phase`, Invalid `campaign_invalid`.
    """
    campaign = lock(tx, slug)
    if campaign.phase != Phase.DRAFT:
        raise Conflict("campaign_phase", "only a draft can be changed", facts={"phase": campaign.phase})
    for name in ("name", "opens_at", "ends_at", "windows"):
        if name in given:
            setattr(campaign, name, given[name])
    for name, seconds in given.get("durations", {}).items():
        setattr(campaign, name, seconds)
    merged = {**campaign.plan, **given.get("plan", {})}
    campaign.plan = {name: value for name, value in merged.items() if value is not None}
    if wrong := _faults(campaign.name, campaign.opens_at, campaign.ends_at, campaign.windows):
        raise Invalid("campaign_invalid", "the campaign cannot be like this", fields=wrong)
    tx.add(campaign)
    record(tx, actor, "campaign.change", f"campaign:{campaign.id}", fields=sorted(given))
    return campaign


def _faults(name: str, opens_at: datetime, ends_at: datetime, windows: list[dict[str, str]]) -> dict[str, str]:
    wrong = {}
    if not name.strip():
        wrong["name"] = "must not be empty"
    if ends_at <= opens_at:
        wrong["ends_at"] = "must be after opens_at"
    for index, window in enumerate(windows):
        if parse_time(window["closes_at"]) <= parse_time(window["opens_at"]):
            wrong[f"windows.{index}"] = "closes before it opens"
    return wrong
