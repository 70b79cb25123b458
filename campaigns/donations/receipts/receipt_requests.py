"""Donors' requests for donation receipts. Finance issues them in the fiscal system (`desks/receipt_desk`)."""

from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlmodel import col, select

from campaigns.donations.donors.payer import Payer, payer_of
from campaigns.donations.donors.person_keys import open_text, seal_text
from campaigns.donations.models import Donation
from campaigns.donations.receipts.receipt_models import ReceiptRequest, ReceiptState
from campaigns.donations.states import Status
from kernel.db import Tx
from kernel.errors import Conflict, NotFound
from kernel.keys import Keys

_LIVE = (ReceiptState.REQUESTED, ReceiptState.ISSUED)
MOST_REQUESTS = 5  # per donation; our default


class ReceiptView(NamedTuple):
    """A request as its donor sees it; `issued_minor` in fen."""

    id: int | None
    state: str
    payer: Payer
    requested_at: datetime
    code: str
    number: str
    check_code: str
    issued_on: date | None
    issued_minor: int | None
    ended_at: datetime | None
    reason: str
    red_code: str
    red_number: str
    red_flushed_on: date | None


def request_receipt(tx: Tx, keys: Keys, donation_id: UUID, payer: Payer) -> ReceiptView:
    """Request a receipt for what is left of a paid donation. Repeating a waiting request returns the same request.

    Raises NotFound `donation_unknown`, Conflict `receipt_unpaid`, `receipt_elsewhere` (a partner took the money),
    `receipt_exists` or `receipt_limit`.
    """
    donation = tx.get(Donation, donation_id, lock=True)
    if donation is None:
        raise NotFound("donation_unknown")
    require_receiptable(donation)
    earlier = receipts_of(tx, keys, donation_id)
    live = next((view for view in earlier if view.state in _LIVE), None)
    if live is not None:
        if live.state == ReceiptState.REQUESTED and live.payer == payer:
            return live
        raise Conflict("receipt_exists", state=live.state)
    if len(earlier) >= MOST_REQUESTS:
        raise Conflict("receipt_limit", most=MOST_REQUESTS)
    sealed = seal_text(tx, keys, donation, payer.as_text())
    return _view(tx, keys, tx.add(ReceiptRequest(donation_id=donation_id, payer=sealed, requested_at=tx.now)))


def require_receiptable(donation: Donation) -> None:
    """Check that a donation can have a receipt. Raises Conflict `receipt_elsewhere` or `receipt_unpaid`."""
    if donation.channel == "partner":
        raise Conflict("receipt_elsewhere")
    if donation.status not in (Status.PAID, Status.SETTLED):
        raise Conflict("receipt_unpaid")


def withdraw_receipt(tx: Tx, donation_id: UUID) -> None:
    """Withdraw the donor's waiting request. Idempotent. Raises Conflict `receipt_issued`."""
    tx.get(Donation, donation_id, lock=True)
    live = select(ReceiptRequest).where(
        ReceiptRequest.donation_id == donation_id, col(ReceiptRequest.state).in_(_LIVE)
    )
    for request in tx.all(live):
        if request.state == ReceiptState.ISSUED:
            raise Conflict("receipt_issued")
        request.state, request.ended_at = ReceiptState.WITHDRAWN, tx.now
        tx.add(request)


def waive_receipt(tx: Tx, donation_id: UUID) -> None:
    """Record that the donor of a paid donation wants no receipt, and withdraw a waiting request. They may still
    request one later. Idempotent.

    Raises NotFound `donation_unknown`, Conflict `receipt_unpaid`, `receipt_elsewhere`, `receipt_issued` or
    `receipt_limit`.
    """
    donation = tx.get(Donation, donation_id, lock=True)
    if donation is None:
        raise NotFound("donation_unknown")
    require_receiptable(donation)
    withdraw_receipt(tx, donation_id)
    own = select(ReceiptRequest).where(ReceiptRequest.donation_id == donation_id)
    earlier = tx.all(own.order_by(col(ReceiptRequest.id)))
    if earlier and earlier[-1].state == ReceiptState.WAIVED:
        return
    if len(earlier) >= MOST_REQUESTS:
        raise Conflict("receipt_limit", most=MOST_REQUESTS)
    waived = ReceiptState.WAIVED
    tx.add(ReceiptRequest(donation_id=donation_id, payer="", state=waived, requested_at=tx.now, ended_at=tx.now))


def receipts_of(tx: Tx, keys: Keys, donation_id: UUID) -> list[ReceiptView]:
    """Return the requests of a donation, oldest first."""
    own = select(ReceiptRequest).where(ReceiptRequest.donation_id == donation_id)
    return [_view(tx, keys, request) for request in tx.all(own.order_by(col(ReceiptRequest.id)))]


def _view(tx: Tx, keys: Keys, request: ReceiptRequest) -> ReceiptView:
    payer = payer_of(open_text(tx, keys, request.donation_id, request.payer))
    fields = {name: getattr(request, name) for name in ReceiptView._fields if name != "payer"}
    return ReceiptView(**fields, payer=payer)
