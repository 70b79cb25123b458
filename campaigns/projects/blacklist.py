"""The blacklist of projects (黑名单): a reason, a term, an appeal. Only a reviewer lifts a listing, never time
alone.

A listed project takes no donations and gets no match except what was reserved before. When the term ends, the list
marks the listing as due for a decision; until then nothing changes. Lifting suspends the project, whatever status
it had before. Whether it may raise money again is a separate decision (`resume`).
"""

from datetime import datetime, timedelta
from typing import Any

from sqlmodel import col, select

from campaigns import appeals
from campaigns.audit import record_audit
from campaigns.projects.models import Project, ProjectListing
from campaigns.projects.states import Status
from campaigns.projects.transitions import lock_project, state_conflict, transition
from campaigns.reasons import require_one_line_reason
from kernel.db import Tx
from kernel.errors import Invalid, fault

MOST_TERM = timedelta(days=36_525)  # our default; a listing without an end has no term


def blacklist(tx: Tx, project_id: int, reason: str, actor: str, until: datetime | None = None) -> ProjectListing:
    """Put a project on the blacklist, until a time or without an end.

    Raises NotFound `project_unknown`, Invalid `reason_invalid` or `term_invalid`, Conflict `project_state` if it is
    listed already or closed.
    """
    require_one_line_reason(reason)
    project = transition(tx, project_id, Status.BLACKLISTED, actor, "project.blacklist", reason)
    require_future_term(tx, until)
    assert project.id is not None
    return tx.add(ProjectListing(project_id=project.id, reason=reason, actor=actor, listed_at=tx.now, until=until))


def require_future_term(tx: Tx, until: datetime | None) -> None:
    """Raise Invalid `term_invalid` for a term that has ended or is longer than `MOST_TERM`."""
    if until is not None and not tx.now < until <= tx.now + MOST_TERM:
        raise Invalid("term_invalid", fields={"until": fault("term_not_ahead", most_days=MOST_TERM.days)})


def lift(tx: Tx, project_id: int, reason: str, actor: str) -> ProjectListing:
    """Take a project off the blacklist, before or after the end of its term. It is suspended afterwards.

    Raises NotFound `project_unknown`, Invalid `reason_invalid`, Conflict `project_state` if it is not listed.
    """
    require_one_line_reason(reason)
    project, listing = _lock_listing(tx, project_id)
    assert project.id is not None
    transition(tx, project.id, Status.SUSPENDED, actor, "project.lift", reason)
    listing.lifted_at, listing.lifted_by, listing.lift_reason = tx.now, actor, reason
    return tx.add(listing)


def appeal(tx: Tx, project_id: int, text: str, actor: str) -> ProjectListing:
    """File the appeal of those who run the project. Idempotent for the same text.

    The text is kept out of the audit trail because it may name people. Raises NotFound `project_unknown`, Invalid
    `appeal_invalid`, Conflict `project_state` or `appeal_exists`.
    """
    appeals.require_appeal_text(text)
    _, listing = _lock_listing(tx, project_id)
    if appeals.is_filed(listing, text, listing.appeal):
        return listing
    appeals.file_appeal(tx, listing, text)
    record_audit(tx, actor, "project.appeal", f"project:{project_id}")
    return tx.add(listing)


def answer(tx: Tx, project_id: int, reason: str, actor: str, *, lifting: bool = False) -> ProjectListing:
    """Reply to an appeal and, with `lifting`, take the project off the blacklist for the same reason.

    Raises as `lift`, and Conflict `appeal_missing` or `appeal_answered`.
    """
    require_one_line_reason(reason)
    _, listing = _lock_listing(tx, project_id)
    appeals.answer_appeal(tx, listing, reason, actor)
    record_audit(tx, actor, "project.answer", f"project:{project_id}", reason=reason, lifted=lifting)
    tx.add(listing)
    return lift(tx, project_id, reason, actor) if lifting else listing


def listings(tx: Tx, project_id: int | None = None, branch: str | None = None) -> list[dict[str, Any]]:
    """Return the listings in force, due ones first, or all listings of one project, newest first.

    With `branch`, only those of projects in it. `due`: the term has ended and a reviewer must decide.
    """
    query = select(ProjectListing, Project).join(Project, col(Project.id) == ProjectListing.project_id)
    if branch is not None:
        query = query.where(col(Project.lineage).contains([branch]))
    if project_id is None:
        query = query.where(col(ProjectListing.lifted_at).is_(None)).order_by(col(ProjectListing.id))
    else:
        query = query.where(ProjectListing.project_id == project_id).order_by(col(ProjectListing.id).desc())
    rows = [
        {
            **listing.model_dump(),
            "project_name": project.name,
            "project_code": project.code,
            "due": listing.lifted_at is None and listing.until is not None and listing.until <= tx.now,
        }
        for listing, project in tx.all(query)
    ]
    return rows if project_id is not None else sorted(rows, key=lambda row: not row["due"])


def _lock_listing(tx: Tx, project_id: int) -> tuple[Project, ProjectListing]:
    """Lock a listed project and its listing. Raises Conflict `project_state` if it is not listed."""
    project = lock_project(tx, project_id)
    in_force = select(ProjectListing).where(
        ProjectListing.project_id == project_id, col(ProjectListing.lifted_at).is_(None)
    )
    listing = tx.first(in_force.with_for_update(key_share=True).execution_options(populate_existing=True))
    if listing is None:
        raise state_conflict(project)
    return project, listing
