"""Donors' requests for their money back. A request waits until staff decide it (`desks/refund_desk`)."""

from datetime import datetime
from typing import NamedTuple, Self
from uuid import UUID

from sqlmodel import col, func, select

from campaigns.donations.donors.person_keys import open_text, seal_text
from campaigns.donations.models import Donation, Refund, RefundRequest
from campaigns.donations.refunds.refund import left_to_refund
from campaigns.donations.states import Status
from campaigns.lifecycle.models import Campaign
from campaigns.lifecycle.phases import Phase
from campaigns.reasons import require_reason
from kernel.db import Tx
from kernel.errors import Conflict, Invalid, NotFound, fault
from kernel.keys import Keys

MOST_REQUESTS = 3  # per donation; our default
_CLOSED = frozenset({Phase.RELEASED, Phase.ARCHIVED})  # after the public notice the money goes to the project


class RequestState(NamedTuple):
    """A request as its donor sees it; amounts in fen. `refund_state` is the state of the resulting refund, "" if
    there is none."""

    id: int | None
    amount_minor: int | None
    reason: str
    state: str
    requested_at: datetime
    decided_at: datetime | None
    answer: str
    refund_state: str

    @classmethod
    def of(cls, request: RefundRequest, reason: str, refund_state: str = "") -> Self:
        fields = {name: getattr(request, name) for name in cls._fields if name not in ("reason", "refund_state")}
        return cls(**fields, reason=reason, refund_state=refund_state)


def request_money_back(
    tx: Tx, keys: Keys, donation_id: UUID, amount_minor: int | None, reason: str
) -> RefundRequest:
    """Request `amount_minor` fen back (None: everything left). Repeating an open request returns the same request.

    Raises NotFound `donation_unknown`, Invalid `reason_missing` or `amount_invalid`, Conflict `refund_request_open`
    (another request waits), `refund_exceeds`, `refund_request_limit`, and what `require_returnable` raises.
    """
    require_reason(reason)
    donation = tx.get(Donation, donation_id, lock=True)
    if donation is None:
        raise NotFound("donation_unknown")
    earlier = _of(tx, donation_id)
    waiting = next((request for request in earlier if request.state == "open"), None)
    if waiting is not None:
        if (waiting.amount_minor, open_text(tx, keys, donation_id, waiting.reason)) == (amount_minor, reason):
            return waiting
        raise Conflict("refund_request_open", requested_at=waiting.requested_at)
    left_minor = require_returnable(tx, donation)
    if amount_minor is not None and amount_minor < 1:
        raise Invalid("amount_invalid", fields={"amount_minor": fault("amount_not_positive")})
    if amount_minor is not None and amount_minor > left_minor:
        raise Conflict("refund_exceeds", left_minor=left_minor)
    if len(earlier) >= MOST_REQUESTS:
        raise Conflict("refund_request_limit", most=MOST_REQUESTS)
    return tx.add(
        RefundRequest(
            donation_id=donation_id,
            amount_minor=amount_minor,
            reason=seal_text(tx, keys, donation, reason),
            state="open",
            requested_at=tx.now,
        )
    )


def require_returnable(tx: Tx, donation: Donation) -> int:
    """Return how much a donor may request back, more than 0 fen.

    Raises Conflict `refund_request_closed` after the public notice, `nothing_left` when everything is refunded or
    being refunded, `not_refundable` or `dispute_open`.
    """
    if donation.status == Status.REFUNDED:
        raise Conflict("nothing_left")
    campaign = tx.get(Campaign, donation.campaign_id)
    assert campaign is not None
    if campaign.phase in _CLOSED:
        raise Conflict("refund_request_closed")
    try:
        return left_to_refund(tx, donation)
    except Conflict as refusal:
        raise Conflict("nothing_left") if refusal.code == "refund_exceeds" else refusal from None


def returnable(tx: Tx, donation_id: UUID) -> tuple[int, str]:
    """Return how much of a donation its donor may request back (fen), or 0 and the code that says why not."""
    donation = tx.get(Donation, donation_id)
    if donation is None:
        return 0, "donation_unknown"
    try:
        left_minor = require_returnable(tx, donation)
    except Conflict as refusal:
        return 0, refusal.code
    return (0, "refund_request_limit") if _count(tx, donation_id) >= MOST_REQUESTS else (left_minor, "")


def requests_of(tx: Tx, keys: Keys, donation_id: UUID) -> list[RequestState]:
    """Return the requests of a donation, oldest first."""
    requests = _of(tx, donation_id)
    refund_ids = [request.refund_id for request in requests if request.refund_id is not None]
    refunds = tx.all(select(Refund).where(col(Refund.id).in_(refund_ids))) if refund_ids else []
    states = {refund.id: refund.state for refund in refunds}
    return [
        RequestState.of(
            request, open_text(tx, keys, donation_id, request.reason), states.get(request.refund_id, "")
        )
        for request in requests
    ]


def _of(tx: Tx, donation_id: UUID) -> list[RefundRequest]:
    return tx.all(
        select(RefundRequest).where(RefundRequest.donation_id == donation_id).order_by(col(RefundRequest.id))
    )


def _count(tx: Tx, donation_id: UUID) -> int:
    count = select(func.count()).select_from(RefundRequest).where(RefundRequest.donation_id == donation_id)
    return tx.first(count) or 0
