"""Open the payment at the provider (outside any transaction), then store its reference (transaction B)."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from campaigns.dependencies import Dependencies
from campaigns.donations.models import Donation
from campaigns.donations.states import WAITING, Status
from campaigns.donations.transitions import with_history
from campaigns.donations.view import DonationView, donation_views
from campaigns.donations.visit_pass import visit_pass
from kernel.bulk import unnest
from kernel.errors import Conflict, Unavailable
from payments.gateway import GatewayRefused, GatewayUnavailable, OpenedPayment, PaymentOrder

RETURN_WITHIN = timedelta(days=1)  # for the link back from the provider, after the latest end of the reservation


class Opened(NamedTuple):
    """A donation as it was before, and the payment opened for it."""

    donation: DonationView
    payment: OpenedPayment


def open_payment(
    deps: Dependencies,
    donation: DonationView,
    flow: str,
    locale: str,
    save: Callable[[Opened], DonationView] | None = None,
) -> DonationView:
    """Open the payment of a donation and return the donation with its reference. Idempotent.

    The provider's idempotency key is the donation's id, so opening twice yields the same payment. `save` stores the
    reference (default: immediately, in its own transaction). Raises Unavailable `payment_unavailable` (the client
    may repeat the request; the match stays reserved meanwhile) and Conflict `payment_refused`.
    """
    if donation.payment_reference is not None or donation.status != Status.PENDING:
        return donation
    save = save or (lambda opened: save_opened_payments(deps, [opened])[0])
    order = order_of(deps, donation, locale)
    try:
        payment = deps.gateway.open_intent(order) if flow == "intent" else deps.gateway.open_checkout(order)
    except GatewayUnavailable as error:
        raise Unavailable("payment_unavailable") from error
    except GatewayRefused as error:
        raise Conflict("payment_refused", reason=error.code) from error
    return save(Opened(donation, payment))


def order_of(deps: Dependencies, donation: DonationView, locale: str) -> PaymentOrder:
    """Return the payment order of a donation. It is the same each time, because the provider compares it with its
    idempotency key. It expires at the latest possible end of the reservation."""
    expires_at = donation.pledged_at + timedelta(seconds=deps.limits.reservation_most_s)
    back = visit_pass(deps.keys, donation.id, int((expires_at + RETURN_WITHIN).timestamp()))
    page = f"{deps.public_url}/d/{donation.id}?visit={back}"
    return PaymentOrder(
        donation_id=donation.id,
        amount_minor=donation.amount_minor,
        currency=donation.currency,
        label=donation.project_name,
        locale="en" if locale == "en" else "zh",
        success_url=page,
        cancel_url=f"{page}&left=1",
        expires_at=expires_at,
    )


def save_opened_payments(deps: Dependencies, batch: Sequence[Opened]) -> list[DonationView]:
    """Store the references of opened payments (transaction B); return the donations in order.

    Nearly all donations still wait for their payment, and one statement stores their references. A donation that
    expired while the provider responded keeps its status. The job that closes payments of expired donations closes
    this payment too.
    """
    paying = {row.id for row in deps.db.rows_at_once(_Paying, _START_PAYING, **_columns(batch))}
    # A donation that no other transaction changed need not be read again.
    others = _remember(deps, [opened for opened in batch if opened.donation.id not in paying])
    return [others.get(opened.donation.id) or _with_payment(*opened) for opened in batch]


class _Paying(NamedTuple):
    """A donation whose payment is open from now on."""

    id: UUID


def _remember(deps: Dependencies, batch: Sequence[Opened]) -> dict[UUID, DonationView]:
    """Store references for donations that were changed meanwhile, unless they have one; return the donations."""
    if not batch:
        return {}
    with deps.db.transaction(by_key=True) as tx:
        tx.run(_KEEP_REFERENCE, **_columns(batch))
        views = donation_views(tx, [opened.donation.id for opened in batch])
    return {id_: _payable(view) for id_, view in views.items()}


def _columns(batch: Sequence[Opened]) -> dict[str, Any]:
    payments = [opened.payment for opened in batch]
    return {
        "id": [opened.donation.id for opened in batch],
        "payment_reference": [payment.reference for payment in payments],
        "payment_url": [payment.url for payment in payments],
        "client_secret": [payment.client_secret for payment in payments],
        # A payment without a page is an intent, so its reference is the intent's.
        "payment_intent": [payment.reference if payment.url is None else None for payment in payments],
    }


_NAMES = ("id", "payment_reference", "payment_url", "client_secret", "payment_intent")
# Rows are locked in id order, as everywhere, and found by id. The conditions follow after the lock; otherwise the
# planner would choose a partial index.
_STORE = f"""WITH locked AS (
        SELECT id, status, payment_reference FROM donation WHERE id = ANY(:id) ORDER BY id FOR UPDATE)
    UPDATE donation AS d
       SET payment_reference = u.payment_reference, payment_url = u.payment_url, client_secret = u.client_secret,
           payment_intent = coalesce(d.payment_intent, u.payment_intent){{status}}
      FROM locked JOIN {unnest(Donation, *_NAMES)} USING (id)
     WHERE d.id = locked.id AND locked.payment_reference IS NULL{{condition}} RETURNING d.id"""
_START_PAYING = with_history(
    _STORE.format(condition=f" AND locked.status = '{Status.PENDING}'", status=f", status = '{Status.PAYING}'"),
    Status.PENDING,
    Status.PAYING,
    "payment_opened",
)
_KEEP_REFERENCE = _STORE.format(condition="", status="")


def _with_payment(donation: DonationView, payment: OpenedPayment) -> DonationView:
    return replace(
        donation,
        status=str(Status.PAYING),
        payment_reference=payment.reference,
        payment_url=payment.url,
        client_secret=payment.client_secret,
    )


def _payable(donation: DonationView) -> DonationView:
    """Hide the payment link of a donation that is not waiting for its payment."""
    return donation if donation.status in WAITING else replace(donation, payment_url=None, client_secret=None)
