"""Refund donations. A refund is requested here, sent to the provider, and applied when the provider's message
confirms it."""

from typing import Any
from uuid import UUID

from sqlmodel import col, func, select

from campaigns.audit import record_audit
from campaigns.dependencies import Dependencies
from campaigns.donations.models import Donation, Refund, RefundRequestState
from campaigns.donations.states import COUNTED, Status
from kernel.db import Tx
from kernel.errors import Conflict, Invalid, NotFound, fault
from payments.gateway import GatewayRefused, GatewayUnavailable, RefundState
from payments.inbox.inbox import store
from payments.side_by_side import side_by_side

# The provider's response -> the state of the refund.
_SENT_AS = {"pending": "sent", "succeeded": "sent", "failed": "failed"}
_ENDED_WITHOUT_MONEY = (RefundRequestState.REFUSED, RefundRequestState.FAILED)


def request_refund(tx: Tx, donation_id: UUID, amount_minor: int | None, reason: str, actor: str) -> Refund:
    """Request a refund of `amount_minor` fen (None: everything left). It is stored before the provider is called.

    Raises NotFound `donation_unknown`, Conflict `not_refundable`, `dispute_open` or `refund_exceeds`, Invalid
    `reason_missing` or `amount_invalid`.
    """
    donation = tx.get(Donation, donation_id, lock=True)
    if donation is None:
        raise NotFound("donation_unknown")
    if not reason.strip():
        raise Invalid("reason_missing", fields={"reason": fault("required")})
    left = left_to_refund(tx, donation)
    amount = left if amount_minor is None else amount_minor
    if amount_minor is not None and amount_minor < 1:
        raise Invalid("amount_invalid", fields={"amount_minor": fault("amount_not_positive")})
    if amount > left:
        raise Conflict("refund_exceeds", left_minor=left)
    refund = tx.add(
        Refund(
            donation_id=donation_id,
            amount_minor=amount,
            reason=reason,
            actor=actor,
            state="requested",
            requested_at=tx.now,
        )
    )
    record_audit(tx, actor, "donation.refund", f"donation:{donation_id}", amount_minor=amount, reason=reason)
    return refund


def left_to_refund(tx: Tx, donation: Donation) -> int:
    """Return how much of a locked donation can still be refunded, more than 0 fen.

    Raises Conflict `not_refundable`, `dispute_open` or `refund_exceeds` (nothing is left).
    """
    if donation.status not in COUNTED or donation.payment_intent is None:
        raise Conflict("not_refundable")
    if donation.status == Status.DISPUTED:
        raise Conflict("dispute_open")  # the bank decides about this money; a refund could return it twice
    assert donation.id is not None
    # Sent refunds may have been reported already; unsent ones are known only here and come on top.
    unsent = _requested_minor(tx, donation.id, Refund.state == RefundRequestState.REQUESTED)
    requested = _requested_minor(tx, donation.id)
    left = donation.amount_minor - max(donation.refunded_minor + unsent, requested)
    if left <= 0:
        raise Conflict("refund_exceeds", left_minor=0)
    return left


def _requested_minor(tx: Tx, donation_id: UUID, *conditions: Any) -> int:
    """Return the sum requested so far, without refunds that the provider refused or that did not arrive."""
    requested = select(func.coalesce(func.sum(Refund.amount_minor), 0)).where(
        Refund.donation_id == donation_id, col(Refund.state).not_in(_ENDED_WITHOUT_MONEY), *conditions
    )
    return int(tx.all(requested)[0])


def send_refunds(deps: Dependencies, most: int = 200) -> int:
    """Send requested refunds to the provider, several side by side, and return how many were sent.

    Sending a refund twice creates only one, because its idempotency key is ours. The provider's response goes
    through the inbox like all of its messages.
    """
    with deps.db.transaction() as tx:
        due = tx.all(
            select(Refund, Donation.payment_intent)
            .join(Donation, col(Donation.id) == Refund.donation_id)
            .where(Refund.state == "requested", col(Donation.payment_intent).is_not(None))
            .order_by(col(Refund.id))
            .limit(most)
        )
    outcomes = side_by_side(lambda pair: _send(deps, pair[0], str(pair[1])), due)
    return sum(_record(deps, refund, outcome) for (refund, _), outcome in zip(due, outcomes, strict=True))


def _send(deps: Dependencies, refund: Refund, payment_intent: str) -> RefundState | GatewayRefused | None:
    """Return the provider's response, or None if there was none. The next run then sends it again with the same
    key."""
    # Ids start again in a new or restored database. With the donation's id the key never names another refund.
    key = f"{refund.donation_id}:{refund.id}"
    try:
        return deps.gateway.refund(payment_intent, key, refund.amount_minor, refund.reason)
    except GatewayUnavailable:
        return None
    except GatewayRefused as refusal:
        return refusal


def _record(deps: Dependencies, refund: Refund, outcome: RefundState | GatewayRefused | None) -> bool:
    """Store the outcome; return whether the refund was sent."""
    if outcome is None:
        return False
    with deps.db.transaction() as tx:
        if isinstance(outcome, GatewayRefused):
            _update(tx, refund, "refused", None)
            record_audit(tx, "system", "refund.refused", f"refund:{refund.id}", code=outcome.code)
            return False
        _update(tx, refund, _SENT_AS[outcome.status], outcome.provider_refund)
        if outcome.message is not None:
            store(tx, deps.keys, [outcome.message])
        return True


def _update(tx: Tx, refund: Refund, state: str, provider_refund: str | None) -> None:
    stored = tx.get(Refund, refund.id, lock=True)
    assert stored is not None
    stored.state = state
    stored.provider_refund = provider_refund
    tx.add(stored)
