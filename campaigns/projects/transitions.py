"""The status transitions of a project: the actions of reviewers, and the only function that sets a status."""

from typing import Any

from sqlmodel import col, select

from campaigns.audit import record_audit
from campaigns.projects.budget import require_sum, rows_of
from campaigns.projects.models import Project, ProjectHistory
from campaigns.projects.states import HELD, Status, may_move
from campaigns.reasons import require_one_line_reason, require_storable_reason
from kernel.db import Tx
from kernel.errors import Conflict, NotFound


def submit(tx: Tx, project_id: int, actor: str) -> Project:
    """Submit a draft for review. Its budget must add up to its target or be empty.

    Raises NotFound `project_unknown`, Conflict `project_state`, Invalid `project_invalid`.
    """
    project = lock_project(tx, project_id)
    require_sum(rows_of(project.budget), project.target_minor)
    return transition(tx, project_id, Status.REVIEW, actor, "project.submit")


def approve(tx: Tx, project_id: int, actor: str) -> Project:
    """Approve a reviewed project, so that it may take part in campaigns. Raises as `submit`."""
    return transition(tx, project_id, Status.APPROVED, actor, "project.approve")


def suspend(tx: Tx, project_id: int, reason: str, actor: str) -> Project:
    """Suspend a live project. Raises as `submit`, and Invalid `reason_invalid` without a reason."""
    require_one_line_reason(reason)
    if (project := lock_project(tx, project_id)).status == Status.BLACKLISTED:
        raise state_conflict(project, Status.SUSPENDED)  # this would lift the listing
    return transition(tx, project_id, Status.SUSPENDED, actor, "project.suspend", reason)


def resume(tx: Tx, project_id: int, actor: str, reason: str = "") -> Project:
    """Return a suspended project to its previous status. Its budget must add up to its target or be empty.

    Raises as `suspend`, and Invalid `project_invalid`. The reason may be empty.
    """
    require_storable_reason(reason)
    project = lock_project(tx, project_id)
    require_sum(rows_of(project.budget), project.target_minor)
    return transition(tx, project_id, None, actor, "project.resume", reason)


def transition(tx: Tx, project_id: int, to: Status | None, actor: str, action: str, reason: str = "") -> Project:
    """Move a project to another status or, with `to` None, back to the status it had before it was stopped.

    This is the only function that sets a status. It locks the project, then the campaigns of the project in id
    order.
    """
    project = lock_project(tx, project_id)
    from_ = Status(project.status)
    before = _status_before_stop(tx, project_id) if to is None else None
    target = to or before
    assert target is not None
    if not may_move(from_, target, before):
        raise state_conflict(project, target)
    project.status = target.value
    tx.add(project)
    record_transition(tx, project_id, from_, target, actor, reason)
    bump_matching_versions(tx, project_id)
    record_audit(tx, actor, action, f"project:{project_id}", reason=reason)
    return project


def state_conflict(project: Project, to: Status | None = None) -> Conflict:
    """Build the Conflict for an action that a project's status does not allow; `to`: the status that it cannot move
    to."""
    params: dict[str, Any] = {"from": project.status} | ({"to": to} if to else {})
    return Conflict("project_state", **params)


def lock_project(tx: Tx, project_id: int) -> Project:
    """Lock a project and return it. Raises NotFound `project_unknown`."""
    # `Tx.get` takes FOR NO KEY UPDATE, so that a donation's foreign key may still read the row. With FOR UPDATE, a
    # donor who holds the campaign and waits for that read would deadlock with us, who hold the project and wait for
    # the campaign.
    project = tx.get(Project, project_id, lock=True)
    if project is None:
        raise NotFound("project_unknown")
    return project


def _status_before_stop(tx: Tx, project_id: int) -> Status:
    """Return the last status of the project that was neither suspended nor blacklisted."""
    statuses = (
        select(ProjectHistory.to_status)
        .where(ProjectHistory.project_id == project_id, col(ProjectHistory.to_status).not_in(HELD))
        .order_by(col(ProjectHistory.id).desc())
    )
    status = tx.first(statuses)
    assert status is not None, "a project begins as a draft"
    return Status(status)


def record_transition(
    tx: Tx, project_id: int, from_: Status | None, to: Status, actor: str, reason: str = ""
) -> None:
    """Append a transition to the history of a project."""
    tx.add(
        ProjectHistory(
            project_id=project_id, from_status=from_, to_status=to, at=tx.now, actor=actor, reason=reason
        )
    )


def bump_matching_versions(tx: Tx, project_id: int) -> None:
    """Invalidate what processes have cached of a project for its campaigns.

    An entry into a campaign that is being created at this moment is not seen here. That is safe: creating it raises
    the version too, and whether a project may raise money is read from its row, not from a cache.
    """
    tx.run(
        """UPDATE campaign SET matching_version = matching_version + 1
             FROM (SELECT c.id FROM campaign c JOIN campaign_entry e ON e.campaign_id = c.id
                    WHERE e.project_id = :project ORDER BY c.id FOR NO KEY UPDATE OF c) AS entered
            WHERE campaign.id = entered.id""",
        project=project_id,
    )
