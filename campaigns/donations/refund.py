"""Money back to a donor: asked for here, then at the provider, then believed when the provider says so."""

from typing import Any
from uuid import UUID

from campaigns.audit import record_audit
from campaigns.dependencies import Dependencies
from campaigns.donations.models import Refund
from campaigns.donations.states import COUNTED
from kernel.db import Tx
from kernel.errors import Conflict, Invalid, NotFound
from payments.gateway import GatewayRefused, GatewayUnavailable, RefundState
from payments.inbox import message, store


def request_refund(tx: Tx, donation_id: UUID, amount_minor: int | None, reason: str, actor: str) -> Refund:
    """Ask for a refund of `amount_minor` fen (None: all that is left); stored before anyone is called.

    Raises NotFound `donation_unknown`, Conflict `not_refundable` or `refund_exceeds`, Invalid `reason_missing`
    or `amount_invalid`.
    """
    row = tx.row(
        """SELECT d.status, d.amount_minor, d.refunded_minor, d.payment_intent, d.provider,
                  coalesce((SELECT sum(r.amount_minor) FROM refund r
                             WHERE r.donation_id = d.id AND r.state <> 'refused'), 0) AS asked
             FROM donation d WHERE d.id = :id FOR UPDATE""",
        id=donation_id,
    )
    if row is None:
        raise NotFound("donation_unknown")
    if not reason.strip():
        raise Invalid("reason_missing", fields={"reason": "must not be empty"})
    if row.status not in COUNTED or row.payment_intent is None:
        raise Conflict("not_refundable")
    left = row.amount_minor - max(row.refunded_minor, int(row.asked))
    amount = left if amount_minor is None else amount_minor
    if amount_minor is not None and amount_minor < 1:
        raise Invalid("amount_invalid", fields={"amount_minor": "must be a positive number of fen"})
    if not 0 < amount <= left:
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


def send_refunds(deps: Dependencies, most: int = 50) -> int:
    """Send every refund that was asked for to its provider; answers how many were sent.

    Sent twice it is the same refund: the key is ours. What the provider answers goes through the inbox like
    everything that it tells us.
    """
    with deps.db.transaction() as tx:
        due = tx.rows(
            """SELECT r.id, r.donation_id, r.amount_minor, r.reason, d.payment_intent
                 FROM refund r JOIN donation d ON d.id = r.donation_id
                WHERE r.state = 'requested' ORDER BY r.id LIMIT :most""",
            most=most,
        )
    return sum(_send(deps, row) for row in due)


def _send(deps: Dependencies, row: Any) -> bool:
    refund_id, intent = row.id, row.payment_intent
    # Numbers begin anew in a restored or fresh database; with the donation's id the key never means another refund.
    key = f"{row.donation_id}:{refund_id}"
    try:
        state = deps.gateway.refund(intent, key, row.amount_minor, row.reason)
    except GatewayUnavailable:
        return False  # the next tick asks again, with the same key
    except GatewayRefused as error:
        with deps.db.transaction() as tx:
            tx.run("UPDATE refund SET state = 'refused' WHERE id = :id", id=refund_id)
            record_audit(tx, "system", "refund.refused", f"refund:{refund_id}", code=error.code)
        return False
    with deps.db.transaction() as tx:
        tx.run(
            "UPDATE refund SET state = 'sent', provider_refund = :theirs WHERE id = :id",
            id=refund_id,
            theirs=state.provider_refund,
        )
        if state.status == "succeeded":
            store(tx, [message("stripe", f"answer:{state.provider_refund}", _event(intent, state), compare=False)])
    return True


def _event(intent: str, state: RefundState) -> dict[str, object]:
    """The provider's answer in the shape of the event that it sends for the same fact."""
    return {
        "id": f"answer:{state.provider_refund}",
        "type": "charge.refunded",
        "created": int(state.occurred_at.timestamp()),
        "data": {
            "object": {
                "id": state.provider_refund,
                "object": "charge",
                "payment_intent": intent,
                "amount": state.refunded_total_minor,
                "amount_refunded": state.refunded_total_minor,
                "currency": "cny",
                "metadata": {},
            }
        },
    }
