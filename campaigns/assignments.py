"""Who works on a row of a desk (处理人), with a note for their colleagues.

An assignment tells, so that two people do not work on the same row. It locks nothing: whoever may decide the row
still decides it. It stays when the row is decided; desks show it for rows that wait.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from sqlmodel import Field, SQLModel, col, select

from campaigns.approvals.acts import ACTS
from campaigns.audit import changed, record_audit
from campaigns.holders import holder_of
from campaigns.network.roles import Permission
from campaigns.reasons import MOST_REASON
from kernel.db import Tx, moment
from kernel.errors import Invalid
from kernel.text import text_fault


class Assignment(SQLModel, table=True):
    """Who works on `subject` (`case:12`, as in the audit trail), since when, and their note."""

    __tablename__ = "desk_assignment"
    subject: str = Field(primary_key=True)
    assignee: str
    note: str
    assigned_at: datetime = Field(sa_column=moment())


class Kind(NamedTuple):
    """A kind of rows: the resource that a row is (`campaigns.holders`), and the permissions of which one is needed,
    as to decide the row."""

    resource: str
    permissions: tuple[Permission, ...]


_P = Permission

# By the kind of the rows' subjects in the audit trail. Donors' words are not here, because many of them are decided
# at once.
KINDS: Mapping[str, Kind] = {
    "approval": Kind("approval_id", tuple(sorted({act.permission for act in ACTS.values()}))),
    "case": Kind("case_id", (_P.SCREEN,)),
    "discrepancy": Kind("discrepancy_id", (_P.RECONCILE,)),
    "inbox_event": Kind("message_id", (_P.RECONCILE,)),
    "objection": Kind("objection_id", (_P.CAMPAIGNS_WRITE,)),
    "payment_exception": Kind("exception_id", (_P.RECONCILE, _P.DONATIONS_REFUND)),
    "project": Kind("project_id", (_P.PROJECTS_APPROVE,)),
    "question": Kind("question_id", (_P.CAMPAIGNS_WRITE,)),
    "receipt": Kind("receipt_id", (_P.RECEIPTS,)),
    "refund_request": Kind("request_id", (_P.DONATIONS_REFUND,)),
    "team": Kind("team_id", (_P.CAMPAIGNS_WRITE,)),
}
# Every permission that some kind needs.
ASSIGNERS = tuple(sorted({permission for kind in KINDS.values() for permission in kind.permissions}))


def take(tx: Tx, kind: str, row_id: int, note: str, actor: str) -> tuple[Assignment, str]:
    """Make `actor` the assignee of a row; return the assignment, and who had the row before ('' for nobody else).

    A repeated call replaces the note. Raises NotFound with the code of the kind of resource, Invalid
    `note_invalid`.
    """
    if refused := text_fault(note, MOST_REASON, lines=True):
        raise Invalid("note_invalid", fields={"note": refused})
    subject, assignment = _locked(tx, kind, row_id)
    before = assignment.assignee if assignment else ""
    if assignment is None:
        assignment = Assignment(subject=subject, assignee=actor, note=note, assigned_at=tx.now)
    if before != actor:
        assignment.assignee, assignment.assigned_at = actor, tx.now
        record_audit(tx, actor, "desk.take", subject, **changed({"assignee": before}, {"assignee": actor}))
    elif assignment.note != note:
        record_audit(tx, actor, "desk.note", subject)
    assignment.note = note
    return tx.add(assignment), "" if before == actor else before


def release(tx: Tx, kind: str, row_id: int, actor: str) -> None:
    """Leave a row without an assignee, whoever it is. A row without one stays so.

    Raises NotFound with the code of the kind of resource.
    """
    subject, assignment = _locked(tx, kind, row_id)
    if assignment is not None:
        tx.session.delete(assignment)
        before = {"assignee": assignment.assignee}
        record_audit(tx, actor, "desk.release", subject, **changed(before, {"assignee": ""}))


def _locked(tx: Tx, kind: str, row_id: int) -> tuple[str, Assignment | None]:
    holder_of(tx, KINDS[kind].resource, row_id)
    subject = f"{kind}:{row_id}"
    tx.lock_name(f"desk:{subject}")
    return subject, tx.get(Assignment, subject, lock=True)


def assignments_of(tx: Tx, kind: str, row_ids: Iterable[int]) -> dict[int, Assignment]:
    """Return the assignments of rows, by the rows' ids."""
    subjects = {f"{kind}:{row_id}": row_id for row_id in row_ids}
    rows = tx.all(select(Assignment).where(col(Assignment.subject).in_(subjects)))
    return {subjects[row.subject]: row for row in rows}


def assigned_ids(tx: Tx, kind: str) -> list[int]:
    """Return the ids of all rows of a kind that somebody works on, decided ones too."""
    subjects = tx.all(select(Assignment.subject).where(col(Assignment.subject).startswith(f"{kind}:")))
    return [int(subject.removeprefix(f"{kind}:")) for subject in subjects]
