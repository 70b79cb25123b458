"""The desk for messages that wait or are flagged: retry them, attach them to a donation, or dismiss them with a
reason."""

import re
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from sqlmodel import select

from campaigns.audit import record_audit
from campaigns.donations.models import Donation
from campaigns.intake.partner_limits import ABOVE_LIMIT
from campaigns.intake.places import PROJECT_UNKNOWN
from campaigns.intake.unplaced import FOREIGN
from campaigns.reasons import require_reason
from kernel.db import Tx
from kernel.errors import Conflict, NotFound
from kernel.ids import MOST_ID
from kernel.paging import FIRST_PAGE, Page
from payments.facts import REVERSALS, FactKind, FactMalformed, PaymentFact, facts_of
from payments.inbox.due_again import retry
from payments.models import INBOX_STATES, InboxEvent, InboxWork

__all__ = [
    "INBOX_STATES",
    "InboxLine",
    "InboxQueue",
    "attach",
    "count_queues",
    "dismiss",
    "list_messages",
    "list_queue",
    "message_line",
    "retry_waiting",
    "verbs_of",
]

OPEN = ("waiting", "flagged")
_AMOUNT = re.compile(r"[0-9]{1,16}", re.ASCII)
_WORD = re.compile(r"[\w.]{1,200}", re.ASCII)


class InboxQueue(StrEnum):
    """The queues of messages that an operator works through."""

    OPEN = "open"  # waiting or flagged
    FOREIGN = "foreign"  # payments of another shop on the same account, which need no action
    DISMISSED = "dismissed"


class InboxLine(NamedTuple):
    """A message without its body, which may contain personal data. `amount_minor` is taken from the message, None
    if it has no amount. `project_code` and `their_id` are the partner's. `donation_id` is the donation that an
    operator attached it to."""

    id: int
    source: str
    event_id: str
    type: str
    state: str
    note: str
    amount_minor: int | None
    currency: str
    donation_id: UUID | None
    received_at: datetime
    done_at: datetime | None
    project_code: str
    their_id: str


_LINES = """SELECT e.id, e.source, e.event_id, e.body ->> 'type' AS type, w.state, w.note,
                   coalesce(e.body #>> '{data,amount_minor}', e.body #>> '{data,object,amount_received}',
                            e.body #>> '{data,object,amount}', e.body #>> '{data,object,amount_total}') AS amount,
                   coalesce(e.body #>> '{data,currency}', e.body #>> '{data,object,currency}') AS currency,
                   w.donation_id, e.received_at, w.done_at, e.body #>> '{data,project_code}' AS project_code,
                   coalesce(e.body #>> '{data,donation_id}', e.body #>> '{data,object,metadata,donation_id}')
                       AS their_id
              FROM inbox_work w JOIN inbox_event e ON e.id = w.inbox_id"""


def list_messages(
    tx: Tx, state: str | None = None, source: str | None = None, page: Page = FIRST_PAGE
) -> tuple[list[InboxLine], int]:
    """Return one page of messages, oldest first, and their total number; without `state`, those that need an
    operator."""
    condition = "w.state = ANY(:states) AND (CAST(:source AS text) IS NULL OR e.source = :source)"
    states = [state] if state else list(OPEN)
    rows = tx.rows(
        f"{_LINES} WHERE {condition} ORDER BY w.inbox_id LIMIT :size OFFSET :offset",
        states=states,
        source=source,
        size=page.size,
        offset=page.offset,
    )
    total = tx.scalar(
        f"SELECT count(*) FROM inbox_work w JOIN inbox_event e ON e.id = w.inbox_id WHERE {condition}",
        states=states,
        source=source,
    )
    return [_line(row) for row in rows], int(total)


_QUEUES = {
    InboxQueue.OPEN: "w.state IN ('waiting', 'flagged')",
    InboxQueue.FOREIGN: "w.state = 'ignored' AND w.reference IS NOT NULL",
    InboxQueue.DISMISSED: "w.state = 'dismissed'",
}


def list_queue(
    tx: Tx, queue: InboxQueue, source: str | None = None, page: Page = FIRST_PAGE
) -> tuple[list[InboxLine], int]:
    """Return one page of a queue, and its total number of messages. Open ones come oldest first, others newest
    first."""
    condition = f"{_QUEUES[queue]} AND (CAST(:source AS text) IS NULL OR e.source = :source)"
    order = "w.inbox_id" if queue is InboxQueue.OPEN else "w.inbox_id DESC"
    rows = tx.rows(
        f"{_LINES} WHERE {condition} ORDER BY {order} LIMIT :size OFFSET :offset",
        source=source,
        size=page.size,
        offset=page.offset,
    )
    total = tx.scalar(
        f"SELECT count(*) FROM inbox_work w JOIN inbox_event e ON e.id = w.inbox_id WHERE {condition}",
        source=source,
    )
    return [_line(row) for row in rows], int(total)


def count_queues(tx: Tx) -> dict[str, int]:
    """Return how many messages are in each queue."""
    return {
        queue: int(tx.scalar(f"SELECT count(*) FROM inbox_work w WHERE {condition}"))
        for queue, condition in _QUEUES.items()
    }


def verbs_of(line: InboxLine) -> set[str]:
    """Return the actions possible for a message: `retry`, `release` (above a limit), `attach`, `dismiss`, `map` (an
    unknown project code)."""
    foreign = line.state == "ignored" and line.note == FOREIGN
    if line.state not in (*OPEN, "dismissed") and not foreign:
        return set()
    verbs = {"release" if line.note == ABOVE_LIMIT else "retry"}
    if line.state in OPEN:
        verbs.add("dismiss")
    if line.note == PROJECT_UNKNOWN and line.state in OPEN:
        verbs.add("map")
    if line.source == "stripe" and line.state != "dismissed":
        verbs.add("attach")
    return verbs


def message_line(tx: Tx, message_id: int) -> InboxLine:
    """Return one message. Raises NotFound `event_unknown`."""
    row = tx.row(f"{_LINES} WHERE w.inbox_id = :id", id=message_id) if 0 < message_id <= MOST_ID else None
    if row is None:
        raise NotFound("event_unknown")
    return _line(row)


def _line(row: Any) -> InboxLine:
    amount, currency, kind = row.amount or "", row.currency or "", row.type or ""
    return InboxLine(
        id=row.id,
        source=row.source,
        event_id=row.event_id,
        type=kind if _WORD.fullmatch(kind) else "",
        state=row.state,
        note=row.note,
        amount_minor=int(amount) if _AMOUNT.fullmatch(amount) else None,
        currency=currency.upper() if len(currency) == 3 else "",
        donation_id=row.donation_id,
        received_at=row.received_at,
        done_at=row.done_at,
        project_code=row.project_code or "",
        their_id=row.their_id or "",
    )


def retry_waiting(
    tx: Tx, actor: str, message_id: int | None = None, *, confirm: bool = False, reason: str = ""
) -> int:
    """Make a message, or all waiting ones, due now; return how many.

    A gift above its partner's limits is released only with `confirm` and a reason. Raises NotFound `event_unknown`,
    Conflict `event_not_waiting` and `confirm_required`, Invalid `reason_missing`.
    """
    if message_id is None:
        due = retry(tx, waiting_since=tx.now)
        record_audit(tx, actor, "inbox.retry", "inbox_event:all", messages=due)
        return due
    work = _locked(tx, message_id)
    if work.state not in (*OPEN, "dismissed") and not _is_foreign(work):
        raise Conflict("event_not_waiting", state=work.state)
    if work.note == ABOVE_LIMIT and not work.confirmed:
        if not confirm:
            raise Conflict("confirm_required")
        require_reason(reason)
        work.confirmed = True
    detail = {"note": work.note, "confirm": work.confirmed, "reason": reason}
    _make_due(tx, work)
    record_audit(tx, actor, "inbox.retry", f"inbox_event:{message_id}", messages=1, **detail)
    return 1


def dismiss(tx: Tx, actor: str, message_id: int, reason: str) -> None:
    """Take a message off the desk for a reason, without any effect. A later `retry_waiting` brings it back.

    Raises NotFound `event_unknown`, Conflict `event_not_waiting`, Invalid `reason_missing`.
    """
    work = _locked(tx, message_id)
    require_reason(reason)
    if work.state not in OPEN:
        raise Conflict("event_not_waiting", state=work.state)
    work.state, work.done_at = "dismissed", tx.now
    tx.add(work)
    record_audit(tx, actor, "inbox.dismiss", f"inbox_event:{message_id}", note=work.note, reason=reason)


def attach(tx: Tx, actor: str, message_id: int, donation_id: UUID) -> None:
    """Assign a payment of the provider to a donation. The message is processed as if it had named the donation
    itself.

    Raises NotFound `event_unknown` and `donation_unknown`, Conflict `event_not_waiting`, `event_not_attachable` (no
    payment of this provider) and `donation_has_payment` (another payment, or it is paid).
    """
    work = _locked(tx, message_id)
    if work.state not in OPEN and not _is_foreign(work):
        raise Conflict("event_not_waiting", state=work.state)
    fact = _payment_of(tx, message_id)
    donation = tx.get(Donation, donation_id)
    if donation is None:
        raise NotFound("donation_unknown")
    if donation.provider not in ("", fact.provider):
        raise Conflict("event_not_attachable")
    _check_no_other_payment(tx, donation, fact)
    work.donation_id = donation_id
    _make_due(tx, work)
    record_audit(tx, actor, "inbox.attach", f"inbox_event:{message_id}", donation=str(donation_id))


def _locked(tx: Tx, message_id: int) -> InboxWork:
    work = tx.get(InboxWork, message_id, lock=True)
    if work is None:
        raise NotFound("event_unknown")
    return work


def _is_foreign(work: InboxWork) -> bool:
    """Return whether it was set aside as a payment of another shop. An operator may know better."""
    return work.state == "ignored" and work.note == FOREIGN


def _make_due(tx: Tx, work: InboxWork) -> None:
    work.state, work.note, work.reference, work.done_at = "new", "", None, None
    tx.add(work)


def _payment_of(tx: Tx, message_id: int) -> PaymentFact:
    event = tx.get(InboxEvent, message_id)
    try:
        facts = facts_of(event.body) if event is not None and event.source == "stripe" else []
    except FactMalformed:
        facts = []
    if not facts or (facts[0].kind is not FactKind.SUCCEEDED and facts[0].kind not in REVERSALS):
        raise Conflict("event_not_attachable")
    return facts[0]


def _check_no_other_payment(tx: Tx, donation: Donation, fact: PaymentFact) -> None:
    paid_again = fact.kind is FactKind.SUCCEEDED and donation.paid_at is not None
    other = donation.payment_intent is not None and donation.payment_intent != fact.payment_intent
    elsewhere = select(Donation.id).where(
        Donation.payment_intent == fact.payment_intent, Donation.id != donation.id
    )
    taken = fact.payment_intent is not None and tx.first(elsewhere) is not None
    if paid_again or other or taken:
        raise Conflict("donation_has_payment")
