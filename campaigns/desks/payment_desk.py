"""The desk for payments that differ from what their donation asked for: take, refund, attach or dismiss them. Every
action is audited."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlmodel import col, func, select

from campaigns.audit import record_audit
from campaigns.dependencies import Dependencies
from campaigns.donations.facts.aggregate import DonationAggregate
from campaigns.donations.facts.apply import BatchEffects
from campaigns.donations.facts.load import load_aggregates, refs_of
from campaigns.donations.models import Donation, PaymentException
from campaigns.donations.payment_exceptions import UNDECIDED, ExceptionState
from campaigns.donations.states import UNPAID
from campaigns.lifecycle.models import Campaign
from campaigns.network.organisations import within
from campaigns.reasons import require_reason
from kernel.db import Tx
from kernel.errors import Conflict, NotFound
from kernel.keys import Keys
from kernel.paging import FIRST_PAGE, Page
from ledger.post import post
from payments.gateway import GatewayRefused, GatewayUnavailable, RefundState
from payments.inbox.inbox import store

_UNDECIDED = sorted(UNDECIDED)
_CAUSES = {ExceptionState.TAKEN: "payment_taken", ExceptionState.ATTACHED: "payment_attached"}  # donation history


def listed(
    tx: Tx, state: str | None = None, page: Page = FIRST_PAGE, branch: str | None = None
) -> tuple[list[PaymentException], int]:
    """Return one page of the payments on the desk, undecided ones first, and their total number. With `branch`,
    only campaigns hosted in it count."""
    chosen: list[Any] = [] if state is None else [PaymentException.state == state]
    if branch is not None:
        hosted = select(Campaign.id).where(within(col(Campaign.host_code), branch))
        donations = select(Donation.id).where(col(Donation.campaign_id).in_(hosted))
        chosen.append(col(PaymentException.donation_id).in_(donations))
    rows = tx.all(
        select(PaymentException)
        .where(*chosen)
        .order_by(col(PaymentException.state).not_in(_UNDECIDED), col(PaymentException.id))
        .limit(page.size)
        .offset(page.offset)
    )
    return rows, tx.first(select(func.count()).select_from(PaymentException).where(*chosen)) or 0


def count_undecided(tx: Tx, campaign_id: int) -> int:
    """Return how many payments of a campaign's donations wait on the desk."""
    return int(
        tx.scalar(
            """SELECT count(*) FROM payment_exception e JOIN donation d ON d.id = e.donation_id
                WHERE e.state IN ('open', 'refunding') AND d.campaign_id = :id""",
            id=campaign_id,
        )
    )


def count_by_state(tx: Tx) -> dict[str, int]:
    """Return how many payments on the desk are in each state."""
    counts = dict.fromkeys(map(str, ExceptionState), 0)
    return counts | dict(tx.rows("SELECT state, count(*) FROM payment_exception GROUP BY state"))


def take(tx: Tx, exception_id: int, reason: str, actor: str, reservation_s: int) -> PaymentException:
    """Count the payment for its donation, with the amount that arrived.

    Raises NotFound `payment_exception_unknown`, Invalid `reason_missing`, Conflict `payment_exception_ended`,
    `payment_currency_differs` or `donation_not_unpaid`.
    """
    exception = find(tx, exception_id)
    return _pay(tx, exception_id, exception.donation_id, ExceptionState.TAKEN, reason, actor, reservation_s)


def attach(
    tx: Tx, exception_id: int, donation_id: UUID, reason: str, actor: str, reservation_s: int
) -> PaymentException:
    """Count the payment for another donation, which waits for a payment or was given up.

    Raises what `take` raises, and NotFound `donation_unknown`.
    """
    exception = find(tx, exception_id)
    if donation_id == exception.donation_id:
        return take(tx, exception_id, reason, actor, reservation_s)
    return _pay(tx, exception_id, donation_id, ExceptionState.ATTACHED, reason, actor, reservation_s)


def dismiss(tx: Tx, exception_id: int, reason: str, actor: str) -> PaymentException:
    """Dismiss the payment without effect, for a reason. Repeating it with the same reason changes nothing.

    Raises NotFound `payment_exception_unknown`, Invalid `reason_missing`, Conflict `payment_exception_ended`.
    """
    require_reason(reason)
    exception = find(tx, exception_id, lock=True)
    if exception.state == ExceptionState.DISMISSED and exception.note == reason:
        return exception
    _require_open(exception)
    return _end(tx, exception, ExceptionState.DISMISSED, reason, actor)


def find(tx: Tx, exception_id: int, *, lock: bool = False) -> PaymentException:
    """Return a payment on the desk. Raises NotFound `payment_exception_unknown`."""
    exception = tx.get(PaymentException, exception_id, lock=lock)
    if exception is None:
        raise NotFound("payment_exception_unknown")
    return exception


def _pay(
    tx: Tx, exception_id: int, donation_id: UUID, state: ExceptionState, reason: str, actor: str, reservation_s: int
) -> PaymentException:
    require_reason(reason)
    donation = _lock_donation(tx, donation_id)
    exception = find(tx, exception_id, lock=True)
    _require_open(exception)
    if exception.currency != donation.currency or exception.amount_minor < 1:
        raise Conflict("payment_currency_differs", currency=exception.currency)
    if donation.status not in UNPAID:
        raise Conflict("donation_not_unpaid", status=str(donation.status))
    donation.payment_intent = exception.payment_intent
    donation.accept_payment(exception.amount_minor, exception.occurred_at, _CAUSES[state])
    exception.attached_to = donation_id if state is ExceptionState.ATTACHED else None
    _end(tx, exception, state, reason, actor)
    _write(tx, [donation], reservation_s)
    if state is ExceptionState.ATTACHED:
        tx.run(
            """UPDATE provider_line SET donation_id = :donation
                WHERE payment_intent = :intent AND provider = :provider""",
            donation=donation_id,
            intent=exception.payment_intent,
            provider=exception.provider,
        )
    return exception


def _lock_donation(tx: Tx, donation_id: UUID) -> DonationAggregate:
    donation = load_aggregates(tx, refs_of(tx, [donation_id])).get(donation_id)
    if donation is None:
        raise NotFound("donation_unknown")
    return donation


def _write(tx: Tx, donations: Sequence[DonationAggregate], reservation_s: int) -> None:
    effects = BatchEffects(tx, donations, reservation_s)
    post(tx, effects.write())
    effects.count()


def _require_open(exception: PaymentException) -> None:
    if exception.state != ExceptionState.OPEN:
        raise Conflict("payment_exception_ended", state=exception.state)


def _end(tx: Tx, exception: PaymentException, state: ExceptionState, reason: str, actor: str) -> PaymentException:
    exception.state, exception.note, exception.actor = str(state), reason, actor
    exception.ended_at = None if state in UNDECIDED else tx.now
    tx.add(exception)
    tx.session.flush()
    detail: dict[str, Any] = {"reason": reason, "amount_minor": exception.amount_minor}
    detail |= {"currency": exception.currency, "donation": str(exception.attached_to or exception.donation_id)}
    record_audit(tx, actor, f"payment_exception.{state}", f"payment_exception:{exception.id}", **detail)
    return exception


def request_refund(tx: Tx, exception_id: int, reason: str, actor: str) -> PaymentException:
    """Request a refund of the whole payment; the job `refunds` sends it to the provider.

    Raises NotFound `payment_exception_unknown`, Invalid `reason_missing`, Conflict `payment_exception_ended`.
    """
    require_reason(reason)
    exception = find(tx, exception_id, lock=True)
    _require_open(exception)
    exception.refund_attempts += 1
    exception.provider_refund = None
    return _end(tx, exception, ExceptionState.REFUNDING, reason, actor)


def send_refunds(deps: Dependencies, most: int = 50) -> int:
    """Send the requested refunds to the provider; return how many it accepted. No call is made inside a
    transaction. A refund that is sent twice has one effect, because we choose its key."""
    with deps.db.transaction() as tx:
        due = tx.all(
            select(PaymentException)
            .where(
                PaymentException.state == ExceptionState.REFUNDING, col(PaymentException.provider_refund).is_(None)
            )
            .order_by(col(PaymentException.id))
            .limit(most)
        )
    return sum(_send(deps, exception) for exception in due)


def _send(deps: Dependencies, exception: PaymentException) -> bool:
    assert exception.id is not None
    key = f"{exception.donation_id}:exception:{exception.id}:{exception.refund_attempts}"
    try:
        state = deps.gateway.refund(exception.payment_intent, key, exception.amount_minor, exception.note)
    except GatewayUnavailable:
        return False  # the next run sends it again, with the same key
    except GatewayRefused as error:
        with deps.db.transaction() as tx:
            stored = find(tx, exception.id, lock=True)
            if stored.state == ExceptionState.REFUNDING:
                _end(tx, stored, ExceptionState.OPEN, f"refused: {error.code}", "system")
        return False
    with deps.db.transaction() as tx:
        _sent(tx, deps.keys, exception.id, state)
    return True


def _sent(tx: Tx, keys: Keys, exception_id: int, refund: RefundState) -> None:
    """Record the provider's response. Its messages about the refund may have arrived earlier."""
    stored = find(tx, exception_id, lock=True)
    if stored.state == ExceptionState.REFUNDING:
        if refund.status == "failed":
            _end(tx, stored, ExceptionState.OPEN, "failed", "system")
        elif refund.status == "succeeded":
            _end(tx, stored, ExceptionState.REFUNDED, stored.note, stored.actor)
        else:
            stored.provider_refund = refund.provider_refund
            tx.add(stored)
    if refund.message is not None:
        store(tx, keys, [refund.message])


def campaign_of(tx: Tx, donation_id: UUID) -> int:
    """Return the campaign of a donation. Raises NotFound `donation_unknown`."""
    donation = tx.get(Donation, donation_id)
    if donation is None:
        raise NotFound("donation_unknown")
    return donation.campaign_id
