"""The rows of desks that a manager has taken, may still decide, and that wait (我手上的)."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, or_
from sqlmodel import col, select

from campaigns.approvals.models import Approval
from campaigns.assignments import KINDS, Assignment
from campaigns.closing.models import Discrepancy
from campaigns.closing.publication.objection_models import Objection
from campaigns.donations.donors.person_models import DonorQuestion
from campaigns.donations.models import PaymentException, RefundRequest
from campaigns.donations.receipts.receipt_models import ReceiptRequest, ReceiptState
from campaigns.holders import holder_of
from campaigns.network.roles import Caller
from campaigns.projects.models import Project
from campaigns.projects.states import Status
from campaigns.rights import may_act
from campaigns.screening.models import ScreeningCase
from campaigns.teams.models import Team, TeamState
from kernel.db import Tx
from payments.models import OPEN, InboxWork

MOST = 20  # shown
_MOST_TAKEN = 500  # the newest assignments, among which those that wait are looked for


class OwnRow(NamedTuple):
    """A row of a desk that a manager works on, with their note. `slug`: the campaign, where the desk is of one."""

    kind: str
    row_id: int
    note: str
    assigned_at: datetime
    slug: str


_APPEALED = col(ScreeningCase.appealed_at).is_not(None) & col(ScreeningCase.answered_at).is_(None)
# Of each kind of rows: its id, and when a row waits.
_WAITS: Mapping[str, tuple[Any, ColumnElement[bool]]] = {
    "approval": (Approval.id, col(Approval.state) == "open"),
    "case": (ScreeningCase.id, or_(col(ScreeningCase.state) == "open", _APPEALED)),
    "discrepancy": (Discrepancy.id, col(Discrepancy.state) == "open"),
    "inbox_event": (InboxWork.inbox_id, col(InboxWork.state).in_(OPEN)),
    "objection": (Objection.id, col(Objection.answered_at).is_(None)),
    "payment_exception": (PaymentException.id, col(PaymentException.state) == "open"),
    "project": (Project.id, col(Project.status) == Status.REVIEW),
    "question": (DonorQuestion.id, col(DonorQuestion.answered_at).is_(None)),
    "receipt": (ReceiptRequest.id, col(ReceiptRequest.state) == ReceiptState.REQUESTED),
    "refund_request": (RefundRequest.id, col(RefundRequest.state) == "open"),
    "team": (Team.id, col(Team.state) == TeamState.WAITING),
}


def own_rows(tx: Tx, caller: Caller) -> list[OwnRow]:
    """Return the waiting rows that a manager has taken and may still decide, the newest first, at most `MOST`."""
    own = select(Assignment).where(Assignment.assignee == caller.name)
    taken = tx.all(own.order_by(col(Assignment.assigned_at).desc(), Assignment.subject).limit(_MOST_TAKEN))
    ids: dict[str, list[int]] = defaultdict(list)
    for row in taken:
        kind, _colon, row_id = row.subject.partition(":")
        if any(map(caller.may, KINDS[kind].permissions)):
            ids[kind].append(int(row_id))
    waiting = {f"{kind}:{row_id}" for kind in ids for row_id in _waiting(tx, kind, ids[kind])}
    rows = (_own_row(tx, caller, row) for row in taken if row.subject in waiting)
    return list(islice((row for row in rows if row), MOST))


def _waiting(tx: Tx, kind: str, ids: list[int]) -> list[int]:
    id_, waits = _WAITS[kind]
    return tx.all(select(id_).where(col(id_).in_(ids), waits))


def _own_row(tx: Tx, caller: Caller, row: Assignment) -> OwnRow | None:
    """Return a row; None outside the caller's branch, which may be another one since they took it."""
    kind, _colon, row_id = row.subject.partition(":")
    if kind != "case" and caller.branch_code is None:
        return OwnRow(kind, int(row_id), row.note, row.assigned_at, "")
    holder = holder_of(tx, KINDS[kind].resource, int(row_id))
    if not may_act(caller, holder):
        return None
    return OwnRow(kind, int(row_id), row.note, row.assigned_at, (kind == "case" and holder.campaign) or "")
