"""Open the payment at the provider (outside any transaction), then remember it (transaction B)."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from campaigns.dependencies import Dependencies
from campaigns.donations.states import WAITING, Status
from campaigns.donations.transitions import Transition, record_transitions
from campaigns.donations.view import DonationView, donation_views
from kernel.db import Tx
from kernel.errors import Conflict, Unavailable
from payments.gateway import GatewayRefused, GatewayUnavailable, OpenedPayment, PaymentOrder

Opened = tuple[DonationView, OpenedPayment]


def open_payment(
    deps: Dependencies,
    found: DonationView,
    flow: str,
    locale: str,
    keep: Callable[[Opened], DonationView] | None = None,
) -> DonationView:
    """Let the donor pay; a donation whose payment is open already is answered as it stands.

    The provider's idempotency key is the donation's id: opened twice, it is the same payment. Raises
    Unavailable `payment_unavailable` (the same request may be sent again; the match stays held meanwhile) and
    Conflict `payment_refused`.
    """
    if found.payment_reference is not None or found.status != Status.PENDING:
        return found
    keep = keep or (lambda one: save_opened_payments(deps, [one])[0])
    order = order_of(deps, found, locale)
    try:
        opened = deps.gateway.open_intent(order) if flow == "intent" else deps.gateway.open_checkout(order)
    except GatewayUnavailable as error:
        raise Unavailable("payment_unavailable") from error
    except GatewayRefused as error:
        raise Conflict("payment_refused", reason=error.code) from error
    return keep((found, opened))


def order_of(deps: Dependencies, found: DonationView, locale: str) -> PaymentOrder:
    """The same order each time it is built: the provider compares it with its idempotency key. It expires
    when the longest hold does."""
    page = f"{deps.public_url}/d/{found.id}?token={deps.keys.token(str(found.id))}"
    return PaymentOrder(
        donation_id=found.id,
        amount_minor=found.amount_minor,
        currency=found.currency,
        label=found.project_name,
        locale="en" if locale == "en" else "zh",
        success_url=page,
        cancel_url=f"{page}&left=1",
        expires_at=found.pledged_at + timedelta(seconds=deps.limits.hold_most_s),
    )


def save_opened_payments(deps: Dependencies, opened: Sequence[Opened]) -> list[DonationView]:
    """Store the references of opened payments, all in one transaction (B); one answer each, in order.

    A donation that lapsed while the provider answered keeps its state: the payment that is open now is closed by
    the job that closes payments of lapsed donations.
    """
    with deps.db.transaction(by_key=True) as tx:
        rows = tx.rows(
            "SELECT id, status, payment_reference FROM donation WHERE id = ANY(:ids) ORDER BY id FOR UPDATE",
            ids=[found.id for found, _ in opened],
        )
        held = {row.id: row for row in rows}
        fresh = {found.id: (found, new) for found, new in opened if held[found.id].payment_reference is None}
        waiting = {id_: one for id_, one in fresh.items() if held[id_].status == Status.PENDING}
        _store(tx, fresh, waiting)
        record_transitions(
            tx, [Transition(id_, Status.PENDING, Status.PAYING, "payment_opened") for id_ in waiting]
        )
        # What nobody touched meanwhile is known without reading it again.
        others = donation_views(tx, [found.id for found, _ in opened if found.id not in waiting])
        return [
            _paying(*waiting[found.id]) if found.id in waiting else _shown(others[found.id]) for found, _ in opened
        ]


def _store(tx: Tx, fresh: Mapping[UUID, Opened], waiting: Collection[UUID]) -> None:
    if not fresh:
        return
    payments = [new for _, new in fresh.values()]
    tx.run(
        """UPDATE donation d SET payment_reference = u.reference, payment_url = u.url, client_secret = u.secret,
                  payment_intent = coalesce(d.payment_intent, u.intent),
                  status = CASE WHEN u.waiting THEN 'paying' ELSE d.status END
             FROM unnest(CAST(:ids AS uuid[]), CAST(:references AS text[]), CAST(:urls AS text[]),
                         CAST(:secrets AS text[]), CAST(:intents AS text[]), CAST(:waitings AS boolean[]))
                  AS u(id, reference, url, secret, intent, waiting)
            WHERE d.id = u.id""",
        ids=list(fresh),
        references=[new.reference for new in payments],
        urls=[new.url for new in payments],
        secrets=[new.client_secret for new in payments],
        intents=[new.reference if new.url is None else None for new in payments],
        waitings=[id_ in waiting for id_ in fresh],
    )


def _paying(found: DonationView, opened: OpenedPayment) -> DonationView:
    return replace(
        found,
        status=str(Status.PAYING),
        payment_reference=opened.reference,
        payment_url=opened.url,
        client_secret=opened.client_secret,
    )


def _shown(current: DonationView) -> DonationView:
    return current if current.status in WAITING else replace(current, payment_url=None, client_secret=None)
