"""From state to state: one setter, one row of history a move."""

from campaigns.audit import record_audit
from campaigns.projects.models import Project, ProjectHistory
from campaigns.projects.states import HELD, Status, may_move
from campaigns.reasons import require_one_line_reason, require_storable_reason
from kernel.db import Tx
from kernel.errors import Conflict, NotFound
from kernel.ids import MOST_ID


def submit(tx: Tx, project_id: int, actor: str) -> Project:
    """Hand a draft in for review. Raises NotFound `project_unknown`, Conflict `project_state`."""
    return transition(tx, project_id, Status.REVIEW, actor, "project.submit")


def approve(tx: Tx, project_id: int, actor: str) -> Project:
    """Let a reviewed project take part in campaigns. Raises as `submit`."""
    return transition(tx, project_id, Status.APPROVED, actor, "project.approve")


def suspend(tx: Tx, project_id: int, reason: str, actor: str) -> Project:
    """Stop a live project. Raises as `submit`, and Invalid `reason_invalid` without a reason."""
    require_one_line_reason(reason)
    if (project := locked(tx, project_id)).status == Status.BLACKLISTED:
        raise _not_from(Status(project.status), Status.SUSPENDED)  # that would lift the listing
    return transition(tx, project_id, Status.SUSPENDED, actor, "project.suspend", reason)


def resume(tx: Tx, project_id: int, actor: str, reason: str = "") -> Project:
    """Put a suspended project back to where it was. Raises as `suspend`; the reason is free."""
    require_storable_reason(reason)
    return transition(tx, project_id, None, actor, "project.resume", reason)


def transition(tx: Tx, project_id: int, to: Status | None, actor: str, action: str, reason: str = "") -> Project:
    """The one setter of a project's status. `to` None: back to where it was before it was held.

    Locks the project, then the campaigns in which it takes part, in id order.
    """
    project = locked(tx, project_id)
    from_ = Status(project.status)
    before = _before_hold(tx, project_id) if to is None else None
    goal = to or before
    assert goal is not None
    if not may_move(from_, goal, before):
        raise _not_from(from_, goal)
    project.status = str(goal)
    tx.session.flush()
    remember(tx, project_id, from_, goal, actor, reason)
    raise_versions(tx, project_id)
    record_audit(tx, actor, action, f"project:{project_id}", reason=reason)
    return project


def _not_from(from_: Status, to: Status) -> Conflict:
    return Conflict("project_state", **{"from": from_, "to": to})


def locked(tx: Tx, project_id: int) -> Project:
    """One project, locked. Raises NotFound `project_unknown`."""
    # FOR NO KEY UPDATE: a donation's foreign key may still look at the row. With FOR UPDATE a donor, who holds
    # the campaign and wants that look, and we, who hold the project and want the campaign, would wait for
    # each other.
    found = (
        tx.session.get(Project, project_id, with_for_update={"key_share": True}, populate_existing=True)
        if 0 < project_id <= MOST_ID
        else None
    )
    if found is None:
        raise NotFound("project_unknown")
    return found


def _before_hold(tx: Tx, project_id: int) -> Status:
    """The newest state of the project that was not a hold."""
    return Status(
        tx.scalar(
            """SELECT to_status FROM project_history
                WHERE project_id = :project AND NOT to_status = ANY(:held) ORDER BY id DESC LIMIT 1""",
            project=project_id,
            held=[str(status) for status in HELD],
        )
    )


def remember(tx: Tx, project_id: int, from_: Status | None, to: Status, actor: str, reason: str) -> None:
    """Write a move into the history, which is never changed."""
    tx.add(
        ProjectHistory(
            project_id=project_id, from_status=from_, to_status=to, at=tx.now, actor=actor, reason=reason
        )
    )


def raise_versions(tx: Tx, project_id: int) -> None:
    """Whoever remembers the project for a campaign must read it anew.

    An entry that is being made at this very moment is not seen here: making it raises the version too, and
    whether a project may raise money is asked of its row, not remembered.
    """
    tx.run(
        """UPDATE campaign SET matching_version = matching_version + 1
             FROM (SELECT c.id FROM campaign c JOIN campaign_entry e ON e.campaign_id = c.id
                    WHERE e.project_id = :project ORDER BY c.id FOR NO KEY UPDATE OF c) AS entered
            WHERE campaign.id = entered.id""",
        project=project_id,
    )
