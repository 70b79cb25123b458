"""The review of projects: list waiting projects, send them back with an opinion, submit them again, comment on
them."""

from datetime import datetime
from typing import NamedTuple

from sqlmodel import col, func, select

from campaigns.audit import record_audit
from campaigns.network.models import Organisation
from campaigns.network.organisations import within
from campaigns.projects.budget import require_sum, rows_of
from campaigns.projects.models import Project, ProjectComment, ProjectHistory
from campaigns.projects.projects import find
from campaigns.projects.states import Status
from campaigns.projects.transitions import lock_project, transition
from campaigns.reasons import require_reason
from kernel.db import Tx
from kernel.errors import Invalid
from kernel.paging import Page
from kernel.text import text_fault

MOST_COMMENT = 2_000  # characters


class WaitingProject(NamedTuple):
    """A project that waits for its review: since when, who submitted it, and how often it was sent back."""

    project: Project
    organisation: str
    submitted_at: datetime
    submitted_by: str
    sent_back: int


def send_back(tx: Tx, project_id: int, opinion: str, actor: str) -> Project:
    """Send a project that waits for its review back for changes, as a draft.

    Raises NotFound `project_unknown`, Conflict `project_state`, Invalid `reason_missing`.
    """
    require_reason(opinion)
    return transition(tx, project_id, Status.DRAFT, actor, "project.send_back", opinion)


def resubmit(tx: Tx, project_id: int, actor: str) -> Project:
    """Submit a suspended project for another review after it was changed. Raises as `submit`."""
    project = lock_project(tx, project_id)
    require_sum(rows_of(project.budget), project.target_minor)
    return transition(tx, project_id, Status.REVIEW, actor, "project.resubmit")


def comment(tx: Tx, project_id: int, text: str, actor: str) -> ProjectComment:
    """Add an internal comment, which no public page shows.

    Raises NotFound `project_unknown`, Invalid `comment_invalid`.
    """
    find(tx, project_id)
    if refused := text_fault(text, MOST_COMMENT, lines=True, required=True):
        raise Invalid("comment_invalid", fields={"comment": refused})
    record_audit(tx, actor, "project.comment", f"project:{project_id}")
    return tx.add(ProjectComment(project_id=project_id, at=tx.now, actor=actor, text=text.strip()))


def comments_of(tx: Tx, project_id: int) -> list[ProjectComment]:
    """Return the comments on a project, newest first."""
    query = select(ProjectComment).where(ProjectComment.project_id == project_id)
    return tx.all(query.order_by(col(ProjectComment.id).desc()))


def history_of(tx: Tx, project_id: int) -> list[ProjectHistory]:
    """Return the status transitions of a project, newest first."""
    query = select(ProjectHistory).where(ProjectHistory.project_id == project_id)
    return tx.all(query.order_by(col(ProjectHistory.id).desc()))


def waiting_projects(tx: Tx, branch: str | None, page: Page) -> tuple[list[WaitingProject], int]:
    """Return a page of the projects that wait for their review, longest waiting first, and how many wait.

    With `branch`, only projects in that branch.
    """
    wanted = [Project.status == Status.REVIEW]
    if branch is not None:
        wanted.append(within(col(Project.organisation_code), branch))  # type: ignore[arg-type]
    total = tx.all(select(func.count()).select_from(Project).where(*wanted))[0]
    newest = (
        select(func.max(ProjectHistory.id))
        .where(ProjectHistory.project_id == Project.id, ProjectHistory.to_status == Status.REVIEW)
        .scalar_subquery()
    )
    backs = (
        select(func.count())
        .where(
            ProjectHistory.project_id == Project.id,
            ProjectHistory.from_status == Status.REVIEW,
            ProjectHistory.to_status == Status.DRAFT,
        )
        .scalar_subquery()
    )
    ids = select(Project, Organisation.name, newest, backs).join(Organisation).where(*wanted)
    rows = tx.all(ids.order_by(newest, col(Project.id)).offset(page.offset).limit(page.size))
    moves = {
        move.id: move
        for move in tx.all(select(ProjectHistory).where(col(ProjectHistory.id).in_([row[2] for row in rows])))
    }
    return [
        WaitingProject(project, name, moves[move_id].at, moves[move_id].actor, back)
        for project, name, move_id, back in rows
    ], total
