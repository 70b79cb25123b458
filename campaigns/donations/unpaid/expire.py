"""Cancel and expire unpaid donations, and release their reservations.

The payment is closed at the provider first, so that a donation being paid never loses its match. The provider is
called outside any transaction; its response is applied in one that reads the donation again.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import structlog

from campaigns.dependencies import Dependencies
from campaigns.donations.facts.load import load_aggregates, refs_of
from campaigns.donations.letters.letters import withdraw_lapse_letter
from campaigns.donations.models import Donation
from campaigns.donations.states import ABANDONED, WAITING, Status, Transition
from campaigns.donations.transitions import transition
from campaigns.donations.unpaid.unpaid_limits import reserves_contested
from kernel.db import Tx
from kernel.errors import Conflict
from ledger.post import post
from matching.pot_state import pot_states
from matching.release import release
from payments.gateway import ClosedAs, GatewayError, GatewayRefused, GatewayUnavailable
from payments.inbox.inbox import store
from payments.side_by_side import side_by_side

log = structlog.get_logger("expire")

BATCH = 200
BY_DONOR = "cancelled_by_donor"


class _DueDonation(NamedTuple):
    id: UUID
    payment_reference: str | None
    match_until: datetime
    pledged_at: datetime


def keep_alive(deps: Dependencies, donation_id: UUID) -> datetime:
    """Extend the reservation while the donor's page is open; return its new end. The extension is shorter while
    little is left of the pot.

    Raises Conflict `promise_lapsed` when the donation no longer waits for its payment.
    """
    with deps.db.transaction() as tx:
        row = tx.row(
            """SELECT status, pledged_at, match_until, campaign_id FROM donation
                WHERE id = :id FOR UPDATE /* lock:donations */""",
            id=donation_id,
        )
        if row is None or row.status not in WAITING:
            raise Conflict("promise_lapsed")
        limits = deps.limits
        reservation_s, most_s = limits.reservation_s, limits.reservation_most_s
        if reserves_contested(tx, limits, donation_id, row.campaign_id):
            reservation_s, most_s = limits.contested_reservation_s, limits.contested_reservation_most_s
        wanted = min(tx.now + timedelta(seconds=reservation_s), row.pledged_at + timedelta(seconds=most_s))
        until: datetime = max(row.match_until, wanted)
        tx.run("UPDATE donation SET match_until = :until WHERE id = :id", until=until, id=donation_id)
        return until


def cancel(deps: Dependencies, donation_id: UUID) -> None:
    """Cancel an unpaid donation. Idempotent.

    Raises Conflict `already_paid` if the payment came first, `payment_processing` while it is under way.
    """
    with deps.db.transaction() as tx:
        donation = tx.get(Donation, donation_id)
    if donation is None or donation.status in ABANDONED:
        return
    if donation.status not in WAITING:
        raise Conflict("already_paid")
    closed = close_payment(deps, donation.payment_reference)
    if closed is ClosedAs.PAID:
        raise Conflict("already_paid")
    if closed is ClosedAs.PROCESSING:
        raise Conflict("payment_processing")
    with deps.db.transaction() as tx:
        if not end_unpaid(tx, [donation_id], Status.CANCELLED, BY_DONOR):
            _cancel_expired(tx, donation_id)


def _cancel_expired(tx: Tx, donation_id: UUID) -> None:
    """Cancel a donation that expired while its payment was being closed, usually by the provider's own message
    about that. Its match is released already."""
    expired = tx.scalar(
        "SELECT status = 'expired' FROM donation WHERE id = :id FOR UPDATE /* lock:donations */", id=donation_id
    )
    if expired:
        transition(tx, [Transition(donation_id, Status.EXPIRED, Status.CANCELLED, BY_DONOR)])
        withdraw_lapse_letter(tx, donation_id)


def expire(deps: Dependencies) -> int:
    """Expire donations whose reservation has ended and return how many. Safe to run concurrently.

    A donation without an open payment expires immediately. For the others the provider closes the payment first; a
    donation that is paid or being paid keeps its match. A provider that does not respond is waited for up to
    `provider_silence_s`. A payment that stays under way, or whose success the provider does not report, is waited
    for up to `paying_most_s`. Money that arrives later counts as a late payment.
    """
    with deps.db.transaction() as tx:
        due = _due(tx)
        now = tx.now
    if not due:
        return 0
    closed = side_by_side(lambda donation: close_payment(deps, donation.payment_reference), due)
    pairs = list(zip(due, closed, strict=True))
    store_lost_messages(
        deps, [donation.payment_reference or "" for donation, state in pairs if state is ClosedAs.PAID]
    )
    unanswered = [donation for donation, state in pairs if _is_unanswered(deps, donation, state)]
    for donation in unanswered:
        log.warning("payment_unanswered", donation=str(donation.id), reference=donation.payment_reference)
    left = [(donation, state) for donation, state in pairs if donation not in unanswered]
    paying = [donation.id for donation, state in left if state in (ClosedAs.PAID, ClosedAs.PROCESSING)]
    expired = [donation.id for donation, state in left if _is_expired(deps, donation, state, now)]
    with deps.db.transaction(by_key=True) as tx:
        _extend(tx, paying, deps.limits.reservation_s)
        lapsed = end_unpaid(tx, expired, Status.EXPIRED, "hold_lapsed", until=now)
        given_up = [donation.id for donation in unanswered]
        return len(lapsed + end_unpaid(tx, given_up, Status.EXPIRED, "payment_unanswered", until=now))


def _due(tx: Tx) -> list[_DueDonation]:
    return tx.rows_as(
        _DueDonation,
        """SELECT id, payment_reference, match_until, pledged_at FROM donation
            WHERE status IN ('pending', 'paying') AND match_until <= :now
            ORDER BY match_until LIMIT :most""",
        now=tx.now,
        most=BATCH,
    )


def _is_expired(deps: Dependencies, donation: _DueDonation, closed: ClosedAs | None, now: datetime) -> bool:
    if closed is ClosedAs.CLOSED:
        return True
    silence = timedelta(seconds=deps.limits.provider_silence_s)
    return closed is None and donation.match_until + silence <= now


def _is_unanswered(deps: Dependencies, donation: _DueDonation, closed: ClosedAs | None) -> bool:
    """Return whether the provider has reported for too long that a payment is under way, or paid without details.
    Measured by the reservation, which each such response extends, so that a scheduler that was down checks once
    more before it gives up."""
    most = timedelta(seconds=deps.limits.reservation_most_s + deps.limits.paying_most_s)
    return closed in (ClosedAs.PAID, ClosedAs.PROCESSING) and donation.match_until >= donation.pledged_at + most


def close_payment(deps: Dependencies, reference: str | None) -> ClosedAs | None:
    """Close the payment at the provider; return None if it does not respond. A payment unknown to the provider,
    which then refuses the request, counts as closed."""
    if reference is None:
        return ClosedAs.CLOSED
    try:
        return deps.gateway.close(reference)
    except GatewayUnavailable:
        return None
    except GatewayRefused:
        return ClosedAs.CLOSED


def store_lost_messages(deps: Dependencies, references: Sequence[str]) -> None:
    """Store the success messages of payments whose own messages did not reach us. If the provider's own message
    still arrives, it changes nothing."""
    for reference in references:
        try:
            message = deps.gateway.success_message(reference)
        except GatewayError:
            continue  # the reservation is extended, and the next run tries again
        if message is not None:
            with deps.db.transaction() as tx:
                store(tx, deps.keys, [message])


def _extend(tx: Tx, donation_ids: Sequence[UUID], reservation_s: int) -> None:
    """Keep the match of donors who are paying, because the provider's message is on its way."""
    if donation_ids:
        tx.run(
            """UPDATE donation SET match_until = :until
                WHERE id = ANY(:ids) AND status IN ('pending', 'paying')""",
            ids=sorted(donation_ids),
            until=tx.now + timedelta(seconds=reservation_s),
        )


def end_unpaid(
    tx: Tx, donation_ids: Sequence[UUID], to: Status, cause: str, until: datetime | None = None
) -> list[UUID]:
    """End donations that still wait, release their match, and return their ids. With `until`, a donation whose
    reservation was extended meanwhile is left alone."""
    donations = load_aggregates(tx, refs_of(tx, donation_ids))
    ending = [
        donation
        for donation in donations.values()
        if donation.status in WAITING
        and (until is None or (donation.match_until is not None and donation.match_until <= until))
    ]
    if not ending:
        return []
    transition(tx, [Transition(donation.id, donation.status, to, cause) for donation in ending])
    campaigns = {donation.campaign_id: donation.campaign for donation in ending}
    pots = {
        pot.pot_id: pot
        for campaign in campaigns.values()
        for pot in pot_states(tx, campaign.id, campaign.matching_version)
    }
    post(tx, release(tx, [donation.id for donation in ending], pots))
    return [donation.id for donation in ending]
