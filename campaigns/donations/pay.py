"""Open the payment at the provider (outside any transaction), then remember it (transaction B)."""

from dataclasses import replace
from datetime import timedelta

from campaigns.donations.moves import Move, move
from campaigns.donations.standing import Standing, standing
from campaigns.donations.states import WAITING, Status
from campaigns.engine import Engine
from kernel.db import Tx
from kernel.errors import Conflict, Unavailable
from payments.gateway import GatewayRefused, GatewayUnavailable, OpenedPayment, PaymentOrder


def open_payment(engine: Engine, found: Standing, flow: str, locale: str) -> Standing:
    """Let the donor pay; a donation whose payment is open already is answered as it stands.

    The provider's idempotency key is the donation's id: opened twice, it is the same payment. Raises
    Unavailable `payment_unavailable` (the same request may be sent again; the match stays held meanwhile) and
    Conflict `payment_refused`.
    """
    if found.payment_reference is not None or found.status != Status.PENDING:
        return found
    order = order_of(engine, found, locale)
    try:
        opened = engine.gateway.open_intent(order) if flow == "intent" else engine.gateway.open_checkout(order)
    except GatewayUnavailable as error:
        raise Unavailable("payment_unavailable", "the payment provider does not answer") from error
    except GatewayRefused as error:
        raise Conflict(
            "payment_refused", "the payment provider refused this payment", facts={"reason": error.code}
        ) from error
    with engine.db.transaction() as tx:
        return _remember(tx, found, opened)


def order_of(engine: Engine, found: Standing, locale: str) -> PaymentOrder:
    """The same order each time it is built: the provider compares it with its idempotency key. It expires
    when the longest hold does."""
    page = f"{engine.public_url}/d/{found.id}?token={engine.keys.token(str(found.id))}"
    return PaymentOrder(
        donation_id=found.id,
        amount_minor=found.amount_minor,
        currency=found.currency,
        label=found.project_name,
        locale="en" if locale == "en" else "zh",
        success_url=page,
        cancel_url=page,
        expires_at=found.pledged_at + timedelta(seconds=engine.limits.hold_most_s),
    )


def _remember(tx: Tx, found: Standing, opened: OpenedPayment) -> Standing:
    """Store the reference. A donation that lapsed while the provider answered keeps its state: the payment
    that is open now is closed by the job that closes payments of lapsed donations."""
    row = tx.row("SELECT status, payment_reference FROM donation WHERE id = :id FOR UPDATE", id=found.id)
    assert row is not None
    if row.payment_reference is None:
        tx.run(
            """UPDATE donation SET payment_reference = :reference, payment_url = :url, client_secret = :secret,
                      payment_intent = coalesce(payment_intent, :intent) WHERE id = :id""",
            id=found.id,
            reference=opened.reference,
            url=opened.url,
            secret=opened.client_secret,
            intent=opened.reference if opened.url is None else None,
        )
    if row.status == Status.PENDING:
        move(tx, [Move(found.id, Status.PENDING, Status.PAYING, "payment_opened", tx.now)])
    current = standing(tx, found.id)
    return current if current.status in WAITING else replace(current, payment_url=None, client_secret=None)
