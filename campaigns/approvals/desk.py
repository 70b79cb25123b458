"""Two people for acts that are large or cannot be undone: one requests the act, another decides.

An act that needs a second person is stored instead of performed. Another account with the same permission either
approves it, so that the act runs as requested within the transaction of the decision, or declines it with a note.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

import structlog
from sqlmodel import col, func, select

from campaigns.approvals.act import Act, Attempt
from campaigns.approvals.acts import ACTS
from campaigns.approvals.models import Approval, ApprovalState
from campaigns.approvals.overtaken import is_overtaken
from campaigns.approvals.requester import may_still
from campaigns.audit import record_audit
from campaigns.dependencies import Dependencies
from campaigns.network.owners import may_be_same_person, owners_of
from campaigns.network.roles import Caller, require
from campaigns.reasons import require_reason, require_storable_reason
from kernel.db import Tx
from kernel.errors import Conflict, Forbidden, NotFound
from kernel.failures import failure_of
from kernel.paging import FIRST_PAGE, Page

log = structlog.get_logger("approvals")

DECIDED_WITHIN = timedelta(days=7)  # our default; afterwards the act must be requested again


class Place(NamedTuple):
    """Where the subject of an act belongs: the codes from the city down to its node, and its campaign, if any."""

    lineage: Sequence[str] = ()
    campaign: str | None = None


def perform(
    tx: Tx,
    deps: Dependencies,
    caller: Caller,
    name: str,
    subject: Any,
    place: Place,
    reason: str = "",
    **arguments: Any,
) -> Any:
    """Perform an act and return its result. If it needs a second person, request it and return the approval.

    Raises what the act raises, even when it is only requested, and Conflict `approval_open` as `ask_if_needed`.
    """
    attempt = Attempt(deps, subject, arguments, caller.name, reason)
    return ask_if_needed(tx, caller, name, attempt, place) or ACTS[name].do(tx, attempt)


def ask_if_needed(tx: Tx, caller: Caller, name: str, attempt: Attempt, place: Place) -> Approval | None:
    """Request an act that needs a second person and return the approval. Return None, with nothing done, if it
    needs none.

    Raises what the act raises, and Conflict `approval_open` while another request of the same act on the same part
    of the same subject waits.
    """
    if not needs_second(tx, caller, name, attempt):
        return None
    tx.rehearse(partial(ACTS[name].do, tx, attempt))
    return _ask(tx, caller, name, attempt, place)


def needs_second(tx: Tx, caller: Caller, name: str, attempt: Attempt) -> bool:
    """Return whether this caller needs a second person for an act."""
    act, rule = ACTS[name], attempt.deps.second_person
    if not rule.needed:
        return False
    if act.makers:
        makers = owners_of(tx, act.makers(tx, attempt))
        return any(may_be_same_person(tx, caller.owner, maker) for maker in makers)
    stake_minor = _stake(tx, act, attempt)
    return stake_minor is None or stake_minor > rule.above_minor


def _stake(tx: Tx, act: Act, attempt: Attempt) -> int | None:
    return act.stake(tx, attempt) if act.stake else None


def _ask(tx: Tx, caller: Caller, name: str, attempt: Attempt, place: Place) -> Approval:
    subject, part = str(attempt.subject), _part(name, attempt)
    _lock_subject(tx, name, subject)
    approval: Approval | None = tx.first(_open_of(name, subject, part))
    if approval is not None and approval.until > tx.now:
        same = approval.owner, approval.arguments, approval.reason
        if same != (caller.owner, dict(attempt.arguments), attempt.reason):
            raise Conflict("approval_open", approval=approval.id)
        return approval
    if approval is not None:
        _end(tx, approval, ApprovalState.EXPIRED, "scheduler", "")
        tx.session.flush()
    approval = tx.add(
        Approval(
            act=name,
            subject=subject,
            part=part,
            arguments=dict(attempt.arguments),
            reason=attempt.reason,
            stake_minor=_stake(tx, ACTS[name], attempt) or None,
            campaign=place.campaign or "",
            lineage=list(place.lineage),
            asked_by=caller.name,
            owner=caller.owner,
            asked_at=tx.now,
            until=tx.now + DECIDED_WITHIN,
        )
    )
    detail = {"act": name, "of": subject, "arguments": approval.arguments, "reason": attempt.reason}
    record_audit(tx, caller.name, "approval.ask", f"approval:{approval.id}", **detail)
    return approval


def _lock_subject(tx: Tx, name: str, subject: str) -> None:
    """Serialise concurrent requests for the same act, so that the second one finds the first."""
    tx.lock_name(f"approval:{name}:{subject}")


def _part(name: str, attempt: Attempt) -> str:
    part = ACTS[name].part
    return part(attempt.arguments) if part else ""


def _open_of(name: str, subject: str, part: str) -> Any:
    same = Approval.act == name, Approval.subject == subject, Approval.part == part
    return select(Approval).where(*same, Approval.state == ApprovalState.OPEN)


def open_of(tx: Tx, name: str, subjects: Iterable[Any]) -> dict[str, int]:
    """Return subject -> id of the waiting approval, for those subjects for which the act has been requested."""
    same = col(Approval.subject).in_([str(subject) for subject in subjects]), Approval.act == name
    waiting = select(Approval).where(*same, Approval.state == ApprovalState.OPEN, col(Approval.until) > tx.now)
    return {approval.subject: approval.id or 0 for approval in tx.all(waiting)}


def requesters(tx: Tx, names: Iterable[str], subject: Any) -> dict[datetime, str]:
    """Return who requested the approved acts on a subject, by the time of the approval, which is the act's."""
    of_it = col(Approval.act).in_(list(names)), Approval.subject == str(subject)
    approved = tx.all(select(Approval).where(*of_it, Approval.state == ApprovalState.APPROVED))
    return {approval.decided_at: approval.asked_by for approval in approved if approval.decided_at}


def approve(tx: Tx, deps: Dependencies, caller: Caller, approval_id: int, note: str = "") -> Approval:
    """Approve another person's act and perform it now, with the reason they gave and this caller as actor.

    Raises NotFound `approval_unknown`, Conflict `approval_ended`, or `approval_requester_ended` if the requester
    may no longer perform it, Forbidden `approval_own` and `not_permitted`, Invalid `reason_invalid` for the note,
    and what the act raises, in which case the approval still waits.
    """
    require_storable_reason(note)
    approval = _lock_for_decision(tx, caller, approval_id)
    if not may_still(tx, approval, ACTS[approval.act].permission):
        raise Conflict("approval_requester_ended")
    do_now(tx, deps, approval, caller.name)
    return _end(tx, approval, ApprovalState.APPROVED, caller.name, note)


def decline(tx: Tx, caller: Caller, approval_id: int, note: str) -> Approval:
    """Decline another person's act, with a note. Raises as `approve`, and Invalid `reason_missing`."""
    require_reason(note)
    approval = _lock_for_decision(tx, caller, approval_id)
    return _end(tx, approval, ApprovalState.DECLINED, caller.name, note)


def do_now(tx: Tx, deps: Dependencies, approval: Approval, actor: str) -> Any:
    """Perform the act of an approval now. Raises what the act raises."""
    return ACTS[approval.act].do(tx, _attempt(deps, approval, actor))


def _attempt(deps: Dependencies, approval: Approval, actor: str) -> Attempt:
    subject = ACTS[approval.act].read(approval.subject)
    return Attempt(deps, subject, approval.arguments, actor, approval.reason)


def _lock_for_decision(tx: Tx, caller: Caller, approval_id: int) -> Approval:
    approval = find(tx, approval_id, lock=True)
    require(caller, ACTS[approval.act].permission)
    if may_be_same_person(tx, approval.owner, caller.owner):
        raise Forbidden("approval_own")
    if approval.state != ApprovalState.OPEN or approval.until <= tx.now:
        raise Conflict("approval_ended", state=_state_now(tx, approval))
    return approval


def _state_now(tx: Tx, approval: Approval) -> str:
    over = approval.state == ApprovalState.OPEN and approval.until <= tx.now
    return str(ApprovalState.EXPIRED if over else approval.state)


def _end(tx: Tx, approval: Approval, state: ApprovalState, actor: str, note: str) -> Approval:
    approval.state, approval.decided_by, approval.decided_at, approval.note = state, actor, tx.now, note
    tx.add(approval)
    detail = {"act": approval.act, "of": approval.subject, "asked_by": approval.asked_by, "note": note}
    record_audit(tx, actor, f"approval.{state}", f"approval:{approval.id}", **detail)
    return approval


def expire(tx: Tx) -> int:
    """End the approvals that were not decided in time, and return how many there were."""
    overdue = select(Approval).where(Approval.state == ApprovalState.OPEN, Approval.until <= tx.now)
    approvals = tx.all(overdue.order_by(col(Approval.id)).with_for_update(skip_locked=True))
    for approval in approvals:
        _end(tx, approval, ApprovalState.EXPIRED, "scheduler", "")
    return len(approvals)


def end_overtaken(deps: Dependencies) -> int:
    """End the approvals whose subject was decided otherwise meanwhile, and return how many there were.

    Each in its own transaction: a check that takes long or fails keeps nobody from deciding the others. Raises the
    first failure after all were checked.
    """
    with deps.db.transaction() as tx:
        waiting = tx.all(select(Approval.id).where(Approval.state == ApprovalState.OPEN).order_by(col(Approval.id)))
    ended, failures = 0, []
    for approval_id in waiting:
        try:
            ended += _end_if_overtaken(deps, approval_id)
        except Exception as error:
            failure = failure_of(error)
            log.error("approval_check_failed", approval=approval_id, error=failure.kind, at=failure.place)
            failures.append(error)
    if failures:
        raise failures[0]
    return ended


def _end_if_overtaken(deps: Dependencies, approval_id: int | None) -> bool:
    with deps.db.transaction() as tx:
        open_one = select(Approval).where(Approval.id == approval_id, Approval.state == ApprovalState.OPEN)
        approval = tx.first(open_one.with_for_update(skip_locked=True))
        if approval is None or not is_overtaken(tx, approval.act, _attempt(deps, approval, "scheduler")):
            return False
        _end(tx, approval, ApprovalState.OVERTAKEN, "scheduler", "")
        return True


def find(tx: Tx, approval_id: int, *, lock: bool = False) -> Approval:
    """Return an approval. Raises NotFound `approval_unknown`."""
    approval = tx.get(Approval, approval_id, lock=lock)
    if approval is None:
        raise NotFound("approval_unknown")
    return approval


def listed(
    tx: Tx, state: str | None = None, branch: str | None = None, page: Page = FIRST_PAGE
) -> tuple[list[Approval], int]:
    """Return one page of the approvals of a branch (None: all), waiting ones first, and how many there are."""
    chosen: list[Any] = [] if state is None else [Approval.state == state]
    if branch is not None:
        chosen.append(col(Approval.lineage).contains([branch]))
    count = tx.first(select(func.count()).select_from(Approval).where(*chosen)) or 0
    rows = (
        select(Approval).where(*chosen).order_by(col(Approval.state) != ApprovalState.OPEN, col(Approval.id).desc())
    )
    return tx.all(rows.offset(page.offset).limit(page.size)), count
