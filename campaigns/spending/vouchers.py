"""Spending of projects: entered with a photo of the voucher, then checked by finance or sent back."""

from datetime import date
from typing import NamedTuple

from sqlmodel import col, select

from campaigns.audit import changed, record_audit
from campaigns.dependencies import Dependencies
from campaigns.projects.budget import rows_of
from campaigns.projects.models import Project
from campaigns.projects.picture_file import Rewritten
from campaigns.projects.pictures import store_files
from campaigns.projects.states import Status
from campaigns.projects.transitions import lock_project, state_conflict
from campaigns.reasons import require_one_line_reason
from campaigns.spending.models import Spending, SpendingState
from kernel.clock import local_day
from kernel.db import Tx
from kernel.errors import Conflict, Fault, Invalid, NotFound, fault
from kernel.money import amount_fault
from kernel.text import text_fault

MOST_DOCUMENT, MOST_PURPOSE = 60, 100  # characters
_SPENDS = (Status.APPROVED, Status.FUNDRAISING, Status.EXECUTING, Status.EVALUATED, Status.CLOSED)


class Voucher(NamedTuple):
    """What was spent: fen, the day, the document number, the purpose, and the budget row ("": none)."""

    amount_minor: int
    spent_on: date
    document_no: str
    purpose: str
    budget_row: str = ""


class Photo(NamedTuple):
    """A photo whose files are stored."""

    file_key: str
    content_hash: str


def store_photo(deps: Dependencies, picture: Rewritten) -> Photo:
    """Store the files of a photo, before the row that names them."""
    return Photo(store_files(deps, picture), picture.content_hash)


def enter(tx: Tx, project_id: int, voucher: Voucher, photo: Photo | None, actor: str) -> Spending:
    """Enter what a project spent, for finance to check. It cannot be checked without a photo.

    Raises NotFound `project_unknown`, Conflict `project_state`, Invalid `spending_invalid`.
    """
    project = lock_project(tx, project_id)
    if project.status not in _SPENDS:
        raise state_conflict(project)
    _require(tx, project, voucher)
    file_key, content_hash = photo or ("", "")
    spending = tx.add(
        Spending(
            project_id=project_id,
            **voucher._asdict(),
            file_key=file_key,
            content_hash=content_hash,
            state=SpendingState.ENTERED,
            entered_by=actor,
            entered_at=tx.now,
        )
    )
    detail = {"project": project_id, "amount_minor": voucher.amount_minor}
    record_audit(tx, actor, "spending.enter", f"spending:{spending.id}", **detail)
    return spending


def _require(tx: Tx, project: Project, voucher: Voucher) -> None:
    faults: dict[str, Fault] = {}
    if refused := amount_fault(voucher.amount_minor):
        faults["amount_minor"] = refused
    if voucher.spent_on > local_day(tx.now):
        faults["spent_on"] = fault("in_the_future")
    for name, most in (("document_no", MOST_DOCUMENT), ("purpose", MOST_PURPOSE)):
        if refused := text_fault(getattr(voucher, name), most):
            faults[name] = refused
    rows = [row.name for row in rows_of(project.budget)]
    if voucher.budget_row and voucher.budget_row not in rows:
        faults["budget_row"] = fault("not_one_of", options=rows)
    if faults:
        raise Invalid("spending_invalid", fields=faults)


def find_spending(tx: Tx, spending_id: int, *, lock: bool = False) -> Spending:
    """Return a spending. Raises NotFound `spending_unknown`."""
    spending = tx.get(Spending, spending_id, lock=lock)
    if spending is None:
        raise NotFound("spending_unknown")
    return spending


def correct(tx: Tx, spending_id: int, voucher: Voucher, photo: Photo | None, actor: str) -> Spending:
    """Correct an unchecked spending; one that was sent back waits for finance again. Without a new photo the
    previous one is kept. Raises as `enter`, NotFound `spending_unknown`, Conflict `spending_state`."""
    spending = _in_state(tx, spending_id, SpendingState.ENTERED, SpendingState.SENT_BACK)
    _require(tx, lock_project(tx, spending.project_id), voucher)
    before = {"amount_minor": spending.amount_minor}
    for name, value in voucher._asdict().items():
        setattr(spending, name, value)
    if photo is not None:
        spending.file_key, spending.content_hash = photo
    spending.state, spending.entered_by, spending.entered_at = SpendingState.ENTERED, actor, tx.now
    after = {"amount_minor": voucher.amount_minor}
    record_audit(tx, actor, "spending.correct", f"spending:{spending_id}", **changed(before, after))
    return tx.add(spending)


def check(tx: Tx, spending_id: int, actor: str) -> Spending:
    """Check a spending, so that it counts and is published. A manager who entered it may not check it
    (`campaigns.approvals.acts`).

    Raises NotFound `spending_unknown`, Conflict `spending_state` and `voucher_missing`.
    """
    spending = _in_state(tx, spending_id, SpendingState.ENTERED)
    if not spending.file_key:
        raise Conflict("voucher_missing")
    return _decide(tx, spending, SpendingState.CHECKED, "", actor)


def send_back(tx: Tx, spending_id: int, reason: str, actor: str) -> Spending:
    """Send a spending back to the manager who entered it, with an opinion. A checked one no longer counts.

    Raises NotFound `spending_unknown`, Conflict `spending_state`, Invalid `reason_invalid`.
    """
    require_one_line_reason(reason)
    spending = _in_state(tx, spending_id, SpendingState.ENTERED, SpendingState.CHECKED)
    return _decide(tx, spending, SpendingState.SENT_BACK, reason, actor)


def withdraw(tx: Tx, spending_id: int, reason: str, actor: str) -> Spending:
    """Withdraw an unchecked spending that was entered by mistake. Raises as `send_back`."""
    require_one_line_reason(reason)
    spending = _in_state(tx, spending_id, SpendingState.ENTERED, SpendingState.SENT_BACK)
    return _decide(tx, spending, SpendingState.WITHDRAWN, reason, actor)


def _in_state(tx: Tx, spending_id: int, *states: SpendingState) -> Spending:
    spending = find_spending(tx, spending_id, lock=True)
    if spending.state not in states:
        raise Conflict("spending_state", state=spending.state)
    return spending


def _decide(tx: Tx, spending: Spending, state: SpendingState, opinion: str, actor: str) -> Spending:
    spending.state, spending.opinion = state, opinion
    spending.decided_by, spending.decided_at = actor, tx.now
    detail = {"project": spending.project_id, "amount_minor": spending.amount_minor, "reason": opinion}
    record_audit(tx, actor, f"spending.{state}", f"spending:{spending.id}", **detail)
    return tx.add(spending)


def named_photos(tx: Tx, keys: set[str]) -> set[str]:
    """Return which of these files are photos of vouchers."""
    return set(tx.all(select(Spending.file_key).where(col(Spending.file_key).in_(keys))))
