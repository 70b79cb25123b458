"""Entries: projects that take part in campaigns. Add them, and read what matching needs of them."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from sqlmodel import col, select

from campaigns.audit import record_audit
from campaigns.lifecycle.campaign import bump_matching_version, lock_campaign
from campaigns.lifecycle.models import Campaign, CampaignEntry
from campaigns.lifecycle.phases import Phase
from campaigns.projects.models import Project
from campaigns.projects.projects import find as find_project
from campaigns.projects.states import ELIGIBLE
from kernel.bulk import insert_rows, unnest
from kernel.db import Tx
from kernel.errors import Conflict, NotFound
from matching.rules import Target


def add_entry(tx: Tx, slug: str, project_id: int, actor: str) -> None:
    """Enter a project into a campaign. Idempotent.

    Raises Conflict `project_not_approved` or `campaign_phase` (no project enters after the end).
    """
    campaign = _lock_before_end(tx, slug)
    project = find_project(tx, project_id)
    if project.status not in ELIGIBLE:
        raise Conflict("project_not_approved", projects=[project.name])
    assert campaign.id is not None
    if tx.get(CampaignEntry, (campaign.id, project_id)) is None:
        tx.add(CampaignEntry(campaign_id=campaign.id, project_id=project_id, created_at=tx.now))
        bump_matching_version(tx, campaign)
        record_audit(tx, actor, "campaign.enter", f"campaign:{campaign.id}", project=project_id)


def add_entries(tx: Tx, slug: str, project_ids: Collection[int], actor: str) -> int:
    """Enter projects into a campaign, all or none; return how many are new.

    Raises NotFound `project_unknown`, Conflict `project_not_approved` (names those that are not) or
    `campaign_phase` (no project enters after the end).
    """
    campaign = _lock_before_end(tx, slug)
    ids = sorted(set(project_ids))
    projects = tx.all(select(Project).where(col(Project.id).in_(ids)))
    if len(projects) != len(ids):
        raise NotFound("project_unknown")
    if refused := [project.name for project in projects if project.status not in ELIGIBLE]:
        raise Conflict("project_not_approved", projects=refused)
    values = {"project_id": ids, "campaign_id": campaign.id, "created_at": tx.now}
    entered = insert_rows(tx, CampaignEntry, values, conflict="any", returning="project_id")
    if entered:
        bump_matching_version(tx, campaign)
        new = sorted(row.project_id for row in entered)
        record_audit(tx, actor, "campaign.enter", f"campaign:{campaign.id}", projects=new)
    return len(entered)


def has_entries(tx: Tx, campaign: Campaign) -> bool:
    """Return whether any project takes part in a campaign."""
    return tx.first(select(CampaignEntry).where(CampaignEntry.campaign_id == campaign.id)) is not None


def _lock_before_end(tx: Tx, slug: str) -> Campaign:
    campaign = lock_campaign(tx, slug)
    if campaign.phase not in (Phase.DRAFT, Phase.SCHEDULED, Phase.OPEN):
        raise Conflict("campaign_phase", phase=campaign.phase)
    return campaign


class Entry(NamedTuple):
    """A project that raises money in a campaign: its name, and what matching needs to know of it."""

    project_name: str
    target: Target


def entries(tx: Tx, pairs: Sequence[tuple[int, int]]) -> dict[tuple[int, int], Entry]:
    """Return those of these (campaign, project) pairs that are entries of projects that may raise money now."""
    rows = tx.rows(
        f"""SELECT e.campaign_id, p.id, p.name, p.level, p.tier, p.lineage, p.county_code, p.rating
              FROM {unnest(CampaignEntry, "campaign_id", "project_id")}
              JOIN campaign_entry e USING (campaign_id, project_id)
              JOIN project p ON p.id = e.project_id AND p.status = ANY(:eligible)""",
        campaign_id=[campaign_id for campaign_id, _ in pairs],
        project_id=[project_id for _, project_id in pairs],
        eligible=list(ELIGIBLE),
    )
    return {
        (row.campaign_id, row.id): Entry(
            row.name, Target(row.id, row.level, row.tier, tuple(row.lineage), row.county_code, row.rating)
        )
        for row in rows
    }
