"""Projects on the blacklist (黑名单): with a reason, a term and an appeal; lifted by a person, never by time alone.

While it is listed a project takes no donation, and match that was not promised before is not given. When the term
is over, the list shows that a person is due to decide; until then nothing changes. Who is taken off the list is
suspended, whatever it was before: raising money again is a decision of its own (`resume`).
"""

from datetime import datetime, timedelta
from typing import Any

from campaigns import appeals
from campaigns.audit import record_audit
from campaigns.projects.models import Project, ProjectListing
from campaigns.projects.states import Status
from campaigns.projects.transitions import locked, transition
from campaigns.reasons import require_one_line_reason
from kernel.db import Tx
from kernel.errors import Conflict, Invalid

MOST_TERM = timedelta(days=36_525)  # a century (ours); what has no end is listed without a term


def blacklist(tx: Tx, project_id: int, reason: str, actor: str, until: datetime | None = None) -> ProjectListing:
    """List a project, until a time or without an end.

    Raises NotFound `project_unknown`, Invalid `reason_invalid` or `term_invalid`, Conflict `project_state` for one
    that is listed already or closed.
    """
    require_one_line_reason(reason)
    project = transition(tx, project_id, Status.BLACKLISTED, actor, "project.blacklist", reason)
    must_lie_ahead(tx, until)
    assert project.id is not None
    return tx.add(ProjectListing(project_id=project.id, reason=reason, actor=actor, listed_at=tx.now, until=until))


def must_lie_ahead(tx: Tx, until: datetime | None) -> None:
    """Raises Invalid `term_invalid` for a term that is over, or longer than any person decides."""
    if until is not None and not tx.now < until <= tx.now + MOST_TERM:
        raise Invalid("term_invalid", fields={"until": "must lie ahead"})


def lift(tx: Tx, project_id: int, reason: str, actor: str) -> ProjectListing:
    """Take a project off the list, before its term is over or after: it is suspended then.

    Raises NotFound `project_unknown`, Invalid `reason_invalid`, Conflict `project_state` when it is not listed.
    """
    require_one_line_reason(reason)
    project, listing = _listed(tx, project_id)
    assert project.id is not None
    transition(tx, project.id, Status.SUSPENDED, actor, "project.lift", reason)
    listing.lifted_at, listing.lifted_by, listing.lift_reason = tx.now, actor, reason
    return tx.add(listing)


def appeal(tx: Tx, project_id: int, text: str, actor: str) -> ProjectListing:
    """Write down the objection of those who carry the project out; the same text again changes nothing. The text
    itself stays out of the audit trail: it may tell of people.

    Raises NotFound `project_unknown`, Invalid `appeal_invalid`, Conflict `project_state` or `appeal_exists`.
    """
    appeals.require_appeal_text(text)
    _, listing = _listed(tx, project_id)
    if appeals.is_filed(listing, text):
        return listing
    appeals.file_appeal(tx, listing, text)
    record_audit(tx, actor, "project.appeal", f"project:{project_id}")
    return tx.add(listing)


def answer(tx: Tx, project_id: int, reason: str, actor: str, *, lifting: bool = False) -> ProjectListing:
    """Answer an objection and, with `lifting`, take the project off the list for the same reason.

    Raises as `lift`, and Conflict `appeal_missing` or `appeal_answered`.
    """
    require_one_line_reason(reason)
    _, listing = _listed(tx, project_id)
    appeals.answer_appeal(tx, listing, reason, actor)
    record_audit(tx, actor, "project.answer", f"project:{project_id}", reason=reason, lifted=lifting)
    tx.add(listing)
    return lift(tx, project_id, reason, actor) if lifting else listing


def listings(tx: Tx, project_id: int | None = None) -> list[dict[str, Any]]:
    """Which projects are listed now, those whose term is over first; of one project all listings that there were,
    the newest first. `due`: the term is over and a person must decide."""
    where = "b.lifted_at IS NULL" if project_id is None else "b.project_id = :project"
    order = "due DESC, b.id" if project_id is None else "b.id DESC"
    rows = tx.rows(
        f"""SELECT b.*, p.name AS project_name, p.code AS project_code,
                   b.lifted_at IS NULL AND b.until IS NOT NULL AND b.until <= :now AS due
              FROM project_listing b JOIN project p ON p.id = b.project_id
             WHERE {where} ORDER BY {order}""",
        now=tx.now,
        **({} if project_id is None else {"project": project_id}),
    )
    return [row._asdict() for row in rows]


def _listed(tx: Tx, project_id: int) -> tuple[Project, ProjectListing]:
    """A listed project, locked, and its listing."""
    project = locked(tx, project_id)
    listing_id = tx.scalar(
        "SELECT id FROM project_listing WHERE project_id = :project AND lifted_at IS NULL", project=project_id
    )
    listing = tx.get(ProjectListing, listing_id, lock=True) if listing_id else None
    if listing is None:
        raise Conflict("project_state", **{"from": project.status})
    return project, listing
