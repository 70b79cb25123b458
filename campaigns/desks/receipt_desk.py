"""The desk for donation receipts: list donors' requests for finance, and record what the fiscal system issued.

The engine issues no receipts itself, because they need a supervision seal and numbers of the fiscal system.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlmodel import select

from campaigns.audit import record_audit
from campaigns.donations.donors.payer import Payer, payer_of
from campaigns.donations.donors.person_keys import open_text
from campaigns.donations.letters.letter_models import LetterKind
from campaigns.donations.letters.letters import NewLetter, queue_letters
from campaigns.donations.models import Donation
from campaigns.donations.receipts.receipt_models import ReceiptRequest, ReceiptState
from campaigns.donations.receipts.receipt_requests import require_receiptable
from campaigns.donations.states import Status
from campaigns.reasons import require_reason
from kernel.db import Tx
from kernel.errors import Conflict, Fault, Invalid, NotFound
from kernel.ids import MOST_ID
from kernel.keys import Keys
from kernel.paging import FIRST_PAGE, Page
from kernel.text import text_fault

MOST_NUMBER = 40  # most characters of a code or number


class Issued(NamedTuple):
    """A receipt as the fiscal system issued it: 票据代码, 票据号码, 校验码, 开票日期."""

    code: str
    number: str
    check_code: str
    issued_on: date


class Red(NamedTuple):
    """The red receipt with which the fiscal system cancelled an issued one: 票据代码, 票据号码, 红冲日期."""

    code: str
    number: str
    flushed_on: date


class ReceiptLine(NamedTuple):
    """A request with the data that a receipt needs; fen. `kept_minor` is what is left of the donation now. A
    receipt over another sum must be withdrawn and issued again."""

    id: int
    donation_id: UUID
    campaign: str
    project_code: str
    project_name: str
    host: str
    lineage: Sequence[str]
    kept_minor: int
    paid_at: datetime | None
    state: str
    requested_at: datetime
    code: str
    number: str
    check_code: str
    issued_on: date | None
    issued_minor: int | None
    ended_at: datetime | None
    actor: str
    reason: str
    red_code: str
    red_number: str
    red_flushed_on: date | None
    payer_text: str

    @property
    def payer(self) -> Payer:
        """Return to whom the receipt is made out; empty after erasure."""
        return payer_of(self.payer_text)


_LINES = """
    SELECT q.id, q.donation_id, c.slug AS campaign, p.code AS project_code, p.name AS project_name,
           coalesce(nullif(c.plan->>'certificate_holder', ''), h.name) AS host,
           o.lineage, d.amount_minor - d.refunded_minor AS kept_minor, d.paid_at, q.state, q.requested_at, q.code,
           q.number, q.check_code, q.issued_on, q.issued_minor, q.ended_at, q.actor, q.reason, q.red_code,
           q.red_number, q.red_flushed_on, q.payer AS payer_text
      FROM receipt_request q JOIN donation d ON d.id = q.donation_id JOIN campaign c ON c.id = d.campaign_id
      JOIN project p ON p.id = d.project_id JOIN organisation o ON o.code = p.organisation_code
      JOIN organisation h ON h.code = c.host_code"""
_CHOSEN = """WHERE (CAST(:state AS text) IS NULL OR q.state = :state)
               AND (CAST(:campaign AS text) IS NULL OR c.slug = :campaign)
               AND (CAST(:branch AS text) IS NULL OR CAST(:branch AS text) = ANY(o.lineage))"""


def listed(
    tx: Tx,
    keys: Keys,
    state: str | None = None,
    campaign: str | None = None,
    branch: str | None = None,
    page: Page = FIRST_PAGE,
) -> tuple[list[ReceiptLine], int]:
    """Return one page of the requests of a branch (None: all), waiting ones first, and their total number."""
    chosen = {"state": state, "campaign": campaign, "branch": branch}
    order = "ORDER BY q.state <> 'requested', q.id LIMIT :size OFFSET :skip"
    rows = tx.rows_as(ReceiptLine, f"{_LINES} {_CHOSEN} {order}", **chosen, size=page.size, skip=page.offset)
    total = tx.scalar(f"SELECT count(*) FROM ({_LINES} {_CHOSEN}) AS chosen", **chosen)
    return [_opened(tx, keys, row) for row in rows], int(total)


def line(tx: Tx, keys: Keys, receipt_id: int) -> ReceiptLine:
    """Return one request. Raises NotFound `receipt_unknown`."""
    rows = tx.rows_as(ReceiptLine, f"{_LINES} WHERE q.id = :id", id=receipt_id) if 0 < receipt_id <= MOST_ID else []
    if not rows:
        raise NotFound("receipt_unknown")
    return _opened(tx, keys, rows[0])


def _opened(tx: Tx, keys: Keys, line: ReceiptLine) -> ReceiptLine:
    return line._replace(payer_text=open_text(tx, keys, line.donation_id, line.payer_text))


def issue(tx: Tx, receipt_id: int, issued: Issued, actor: str) -> None:
    """Record a receipt that the fiscal system issued over the rest of the donation. A repeated call changes
    nothing.

    Raises NotFound `receipt_unknown`, Invalid `receipt_invalid`, Conflict `receipt_ended`, `receipt_unpaid` or
    `receipt_number_taken`.
    """
    _require_valid(issued)
    donation, request = _locked(tx, receipt_id)
    known = Issued(request.code, request.number, request.check_code, request.issued_on or date.min)
    if request.state == ReceiptState.ISSUED and known == issued:
        return
    if request.state != ReceiptState.REQUESTED:
        raise Conflict("receipt_ended", state=request.state)
    require_receiptable(donation)
    same = select(ReceiptRequest.id).where(
        ReceiptRequest.code == issued.code, ReceiptRequest.number == issued.number
    )
    if tx.all(same):
        raise Conflict("receipt_number_taken")
    request.code, request.number, request.check_code, request.issued_on = issued
    request.state, request.issued_minor = ReceiptState.ISSUED, donation.amount_minor - donation.refunded_minor
    _end(tx, request, "issue", actor)
    about = str(request.id)
    queue_letters(tx, [NewLetter(donation.id, LetterKind.RECEIPT_ISSUED, about, request.issued_minor)])


def red_flush(tx: Tx, receipt_id: int, red: Red, reason: str, actor: str) -> int | None:
    """Record that the fiscal system cancelled an issued receipt with a red one (红冲), for example after a refund.

    If part of the donation is left, request a receipt over it and return the id of that request, otherwise None.
    The donor gets a letter. A repeated call changes nothing.

    Raises NotFound `receipt_unknown`, Invalid `receipt_invalid` and `reason_missing`, Conflict `receipt_ended`.
    """
    require_reason(reason)
    _require_texts({"red_code": red.code, "red_number": red.number})
    donation, request = _locked(tx, receipt_id)
    if (request.red_code, request.red_number, request.red_flushed_on) == red:
        return _waiting_of(tx, donation.id)
    if request.state != ReceiptState.ISSUED:
        raise Conflict("receipt_ended", state=request.state)
    request.red_code, request.red_number, request.red_flushed_on = red
    request.state, request.reason = ReceiptState.RED_FLUSHED, reason
    _end(tx, request, "red_flush", actor)
    kept_minor = donation.amount_minor - donation.refunded_minor
    left = kept_minor if donation.status in (Status.PAID, Status.SETTLED) else 0
    # Copied as it is: the same donation's key seals it, so the payer stays the same, unless they were erased.
    again = None
    if left and request.payer:
        again = tx.add(ReceiptRequest(donation_id=donation.id, payer=request.payer, requested_at=tx.now))
    tx.session.flush()
    queue_letters(tx, [NewLetter(donation.id, LetterKind.RECEIPT_CANCELLED, str(request.id), left)])
    return again.id if again else None


def _waiting_of(tx: Tx, donation_id: UUID) -> int | None:
    own = select(ReceiptRequest.id).where(
        ReceiptRequest.donation_id == donation_id, ReceiptRequest.state == ReceiptState.REQUESTED
    )
    return next(iter(tx.all(own)), None)


def withdraw(tx: Tx, receipt_id: int, reason: str, actor: str) -> None:
    """Withdraw a request, or a receipt that was voided in the fiscal system (作废), for a reason that its donor
    reads. A repeated call changes nothing.

    Raises NotFound `receipt_unknown`, Invalid `reason_missing`, Conflict `receipt_ended`.
    """
    require_reason(reason)
    _donation, request = _locked(tx, receipt_id)
    if request.state == ReceiptState.WITHDRAWN:
        return
    if request.state == ReceiptState.RED_FLUSHED:
        raise Conflict("receipt_ended", state=request.state)
    request.state, request.reason = ReceiptState.WITHDRAWN, reason
    _end(tx, request, "withdraw", actor)


def _require_valid(issued: Issued) -> None:
    _require_texts({"code": issued.code, "number": issued.number, "check_code": issued.check_code})


def _require_texts(texts: Mapping[str, str]) -> None:
    faults: dict[str, Fault] = {
        name: refused for name, text in texts.items() if (refused := text_fault(text, MOST_NUMBER)) is not None
    }
    if faults:
        raise Invalid("receipt_invalid", fields=faults)


def _locked(tx: Tx, receipt_id: int) -> tuple[Donation, ReceiptRequest]:
    """Lock the donation, then its request, in the same order as donors' requests."""
    request = tx.get(ReceiptRequest, receipt_id)
    if request is None:
        raise NotFound("receipt_unknown")
    donation = tx.get(Donation, request.donation_id, lock=True)
    locked = tx.get(ReceiptRequest, receipt_id, lock=True)
    assert donation is not None and locked is not None
    return donation, locked


def _end(tx: Tx, request: ReceiptRequest, verb: str, actor: str) -> None:
    request.actor, request.ended_at = actor, tx.now
    tx.add(request)
    tx.session.flush()
    detail = {"donation": str(request.donation_id), "amount_minor": request.issued_minor}
    record_audit(tx, actor, f"receipt.{verb}", f"receipt:{request.id}", **detail)
