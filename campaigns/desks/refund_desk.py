"""The desk for donors' refund requests: accept or decline them. Every decision is audited."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from campaigns.audit import record_audit
from campaigns.donations.donors.person_keys import open_text
from campaigns.donations.models import Donation, RefundRequest
from campaigns.donations.refunds.refund import request_refund
from campaigns.reasons import require_reason
from kernel.db import Tx
from kernel.errors import Conflict, NotFound
from kernel.ids import MOST_ID
from kernel.keys import Keys
from kernel.paging import FIRST_PAGE, Page

REQUEST_STATES = ("open", "accepted", "declined")


class RequestLine(NamedTuple):
    """A request with its donation, without the donor. `amount_minor` (fen) is None for all that is left.
    `refund_state` is "" while there is no refund."""

    id: int
    donation_id: UUID
    campaign: str
    project_name: str
    lineage: Sequence[str]
    donated_minor: int
    refunded_minor: int
    amount_minor: int | None
    reason: str
    state: str
    requested_at: datetime
    decided_at: datetime | None
    actor: str
    answer: str
    refund_state: str


_LINES = """
    SELECT q.id, q.donation_id, c.slug AS campaign, p.name AS project_name, o.lineage,
           d.amount_minor AS donated_minor, d.refunded_minor, q.amount_minor, q.reason, q.state, q.requested_at,
           q.decided_at, q.actor, q.answer, coalesce(r.state, '') AS refund_state
      FROM refund_request q JOIN donation d ON d.id = q.donation_id JOIN campaign c ON c.id = d.campaign_id
      JOIN project p ON p.id = d.project_id JOIN organisation o ON o.code = p.organisation_code
      LEFT JOIN refund r ON r.id = q.refund_id"""
_CHOSEN = """WHERE (CAST(:state AS text) IS NULL OR q.state = :state)
               AND (CAST(:branch AS text) IS NULL OR CAST(:branch AS text) = ANY(o.lineage))"""


def listed(
    tx: Tx, keys: Keys, state: str | None = None, branch: str | None = None, page: Page = FIRST_PAGE
) -> tuple[list[RequestLine], int]:
    """Return one page of the requests of a branch (None: all), open ones first, and their total number."""
    rows = tx.rows_as(
        RequestLine,
        f"{_LINES} {_CHOSEN} ORDER BY q.state <> 'open', q.id LIMIT :size OFFSET :skip",
        state=state,
        branch=branch,
        size=page.size,
        skip=page.offset,
    )
    total = tx.scalar(f"SELECT count(*) FROM ({_LINES} {_CHOSEN}) AS chosen", state=state, branch=branch)
    return [_opened(tx, keys, row) for row in rows], int(total)


def line(tx: Tx, keys: Keys, request_id: int) -> RequestLine:
    """Return one request. Raises NotFound `refund_request_unknown`."""
    rows = tx.rows_as(RequestLine, f"{_LINES} WHERE q.id = :id", id=request_id) if 0 < request_id <= MOST_ID else []
    if not rows:
        raise NotFound("refund_request_unknown")
    return _opened(tx, keys, rows[0])


def _opened(tx: Tx, keys: Keys, line: RequestLine) -> RequestLine:
    return line._replace(reason=open_text(tx, keys, line.donation_id, line.reason))


def accept(tx: Tx, request_id: int, reply: str, actor: str) -> RefundRequest:
    """Request the refund from the provider, which gets the number of the request, not the donor's words. A repeated
    call changes nothing.

    Raises NotFound `refund_request_unknown`, Conflict `refund_request_ended`, and what `request_refund` raises.
    """
    request = _locked(tx, request_id)
    if request.state == "accepted":
        return request
    _require_open(request)
    refund = request_refund(tx, request.donation_id, request.amount_minor, f"refund request {request.id}", actor)
    request.refund_id = refund.id
    return _end(tx, request, "accepted", reply, actor)


def decline(tx: Tx, request_id: int, reply: str, actor: str) -> RefundRequest:
    """Decline a request for a reason that its donor reads. Repeating it with the same reason changes nothing.

    Raises NotFound `refund_request_unknown`, Invalid `reason_missing`, Conflict `refund_request_ended`.
    """
    require_reason(reply)
    request = _locked(tx, request_id)
    if (request.state, request.answer) == ("declined", reply):
        return request
    _require_open(request)
    return _end(tx, request, "declined", reply, actor)


def _locked(tx: Tx, request_id: int) -> RefundRequest:
    """Lock the donation, then its request, in the same order as new requests."""
    request = tx.get(RefundRequest, request_id)
    if request is None:
        raise NotFound("refund_request_unknown")
    tx.get(Donation, request.donation_id, lock=True)
    locked = tx.get(RefundRequest, request_id, lock=True)
    assert locked is not None
    return locked


def _require_open(request: RefundRequest) -> None:
    if request.state != "open":
        raise Conflict("refund_request_ended", state=request.state)


def _end(tx: Tx, request: RefundRequest, state: str, reply: str, actor: str) -> RefundRequest:
    request.state, request.answer, request.actor, request.decided_at = state, reply, actor, tx.now
    tx.add(request)
    tx.session.flush()
    detail = {"donation": str(request.donation_id), "amount_minor": request.amount_minor, "reason": reply}
    record_audit(tx, actor, f"refund_request.{state}", f"refund_request:{request.id}", **detail)
    return request
