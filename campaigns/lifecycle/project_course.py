"""The course of a project after its campaigns: executed, evaluated, closed."""

from sqlmodel import col, select

from campaigns.lifecycle.models import Campaign, CampaignEntry
from campaigns.lifecycle.phases import Phase
from campaigns.projects.models import Project
from campaigns.projects.rating import rate
from campaigns.projects.states import Status
from campaigns.projects.transitions import lock_project, state_conflict, transition
from campaigns.reasons import require_one_line_reason
from kernel.db import Tx
from kernel.errors import Conflict

# Phases that still bring money in or decide on match: a project that no longer raises money would lose it.
_RAISING = (Phase.SCHEDULED, Phase.OPEN, Phase.ENDED, Phase.SETTLING, Phase.RECONCILING, Phase.NOTICE)
# The statuses through which the next step leads, by the present status.
STEPS: dict[Status, tuple[Status, ...]] = {
    Status.APPROVED: (Status.FUNDRAISING, Status.EXECUTING),
    Status.FUNDRAISING: (Status.EXECUTING,),
    Status.EXECUTING: (Status.EVALUATED,),
    Status.EVALUATED: (Status.CLOSED,),
}


def advance(tx: Tx, project_id: int, reason: str, actor: str, rating: int | None = None) -> Project:
    """Advance a project: from raising money to being carried out, then to evaluated, then to closed.

    `rating`: the stars of the evaluation, given with its finding (`reason`); None leaves them as they are. Raises
    NotFound `project_unknown`, Conflict `project_state` (also for stars at another step), `project_raising` until
    every campaign with it is released, Invalid `reason_invalid`, `project_invalid` for the stars.
    """
    require_one_line_reason(reason)
    project = lock_project(tx, project_id)
    steps = STEPS.get(Status(project.status))
    if steps is None or (rating is not None and Status.EVALUATED not in steps):
        raise state_conflict(project)
    if slug := _raising(tx, project_id):
        raise Conflict("project_raising", campaign=slug)
    if rating is not None:
        rate(tx, project_id, rating, actor)
    for status in steps:
        project = transition(tx, project_id, status, actor, "project.advance", reason)
    return project


def _raising(tx: Tx, project_id: int) -> str | None:
    entered = select(CampaignEntry.campaign_id).where(CampaignEntry.project_id == project_id)
    raising = col(Campaign.phase).in_([str(phase) for phase in _RAISING])
    return tx.first(select(Campaign.slug).where(raising, col(Campaign.id).in_(entered)).order_by(col(Campaign.id)))
