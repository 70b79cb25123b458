"""A donation that is not paid: cancelled by the donor, or lapsed. Its match is free again, once.

The provider is asked first whether the donor is just paying: a donation being paid never loses its match to
the job that runs here. The question is asked outside any transaction; the answer is acted upon in one that
looks at the donation again.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from campaigns.dependencies import Dependencies
from campaigns.donations.aggregate import load_aggregates, refs_of
from campaigns.donations.states import WAITING, Status
from campaigns.donations.transitions import Transition, transition
from kernel.db import Tx
from kernel.errors import Conflict
from ledger.post import post
from matching.pot_state import pot_states
from matching.release import release
from payments.gateway import ClosedAs, GatewayError, GatewayRefused, GatewayUnavailable
from payments.inbox import message, store

BATCH = 200
ASK_AT_ONCE = 8  # providers answer in tenths of a second; a tick should not take minutes


class _Due(NamedTuple):
    donation_id: UUID
    reference: str | None
    match_until: datetime


def keep_alive(deps: Dependencies, donation_id: UUID) -> datetime:
    """The donor's page is open: hold the match for another while; answers until when.

    Raises Conflict `promise_lapsed` when the donation does not wait for its payment any more.
    """
    with deps.db.transaction() as tx:
        row = tx.row(
            "SELECT status, pledged_at, match_until FROM donation WHERE id = :id FOR UPDATE /* lock:donations */",
            id=donation_id,
        )
        if row is None or row.status not in WAITING:
            raise Conflict("promise_lapsed")
        limits = deps.limits
        wanted = min(
            tx.now + timedelta(seconds=limits.hold_s), row.pledged_at + timedelta(seconds=limits.hold_most_s)
        )
        until: datetime = max(row.match_until, wanted)
        tx.run("UPDATE donation SET match_until = :until WHERE id = :id", until=until, id=donation_id)
        return until


def cancel(deps: Dependencies, donation_id: UUID) -> None:
    """The donor changes his mind. Cancelling twice changes nothing.

    Raises Conflict `already_paid` when the money came first, `payment_processing` while it is under way.
    """
    with deps.db.transaction() as tx:
        row = tx.row("SELECT status, payment_reference FROM donation WHERE id = :id", id=donation_id)
    if row is None or row.status in (Status.CANCELLED, Status.EXPIRED, Status.FAILED):
        return
    if row.status not in WAITING:
        raise Conflict("already_paid")
    closed = _ask(deps, row.payment_reference)
    if closed is ClosedAs.PAID:
        raise Conflict("already_paid")
    if closed is ClosedAs.PROCESSING:
        raise Conflict("payment_processing")
    with deps.db.transaction() as tx:
        _let_go(tx, [donation_id], Status.CANCELLED, "cancelled_by_donor")


def expire(deps: Dependencies) -> int:
    """Let every donation lapse whose hold has ended; answers how many did. Safe beside itself.

    A donation without an open payment lapses at once. For the others the provider closes the payment first;
    one that is paid or under way keeps its match. A provider that stays silent is not waited for without end:
    after `provider_silence_s` the hold lapses, and money that comes all the same is a late success.
    """
    with deps.db.transaction() as tx:
        due = [
            _Due(*row)
            for row in tx.rows(
                """SELECT id, payment_reference, match_until FROM donation
                    WHERE status IN ('pending', 'paying') AND match_until <= :now
                    ORDER BY match_until LIMIT :most""",
                now=tx.now,
                most=BATCH,
            )
        ]
        now = tx.now
    if not due:
        return 0
    with ThreadPoolExecutor(ASK_AT_ONCE) as pool:
        answers = list(pool.map(lambda one: _ask(deps, one.reference), due))
    lapsing = [one.donation_id for one, answer in zip(due, answers, strict=True) if _lapses(deps, one, answer, now)]
    _hear(deps, [one for one, answer in zip(due, answers, strict=True) if answer is ClosedAs.PAID])
    still = (ClosedAs.PAID, ClosedAs.PROCESSING)
    paying = [one.donation_id for one, answer in zip(due, answers, strict=True) if answer in still]
    with deps.db.transaction() as tx:
        _hold_on(tx, paying, deps.limits.hold_s)
        return _let_go(tx, lapsing, Status.EXPIRED, "hold_lapsed", until=now)


def _lapses(deps: Dependencies, one: _Due, answer: ClosedAs | None, now: datetime) -> bool:
    if answer is ClosedAs.CLOSED:
        return True
    silence = timedelta(seconds=deps.limits.provider_silence_s)
    return answer is None and one.match_until + silence <= now


def _ask(deps: Dependencies, reference: str | None) -> ClosedAs | None:
    """Close the payment at the provider; None when it does not answer. What it does not know is closed."""
    if reference is None:
        return ClosedAs.CLOSED
    try:
        return deps.gateway.close(reference)
    except GatewayUnavailable:
        return None
    except GatewayRefused:
        return ClosedAs.CLOSED


def _hear(deps: Dependencies, paid: Sequence[_Due]) -> None:
    """The money came but nobody told us: the message is lost, or late. Put what it would say into the inbox; if
    it comes after all, it changes nothing."""
    for one in paid:
        try:
            event = deps.gateway.told(one.reference or "")
        except GatewayError:
            continue  # the hold goes on, and the next lapse asks again
        if event is not None:
            with deps.db.transaction() as tx:
                store(tx, [message(deps.gateway.provider, event["id"], event, compare=False)])


def _hold_on(tx: Tx, donation_ids: Sequence[UUID], hold_s: int) -> None:
    """The donor is just paying: the event that says so is on its way, the match waits for it."""
    if donation_ids:
        tx.run(
            """UPDATE donation SET match_until = :until
                WHERE id = ANY(:ids) AND status IN ('pending', 'paying')""",
            ids=sorted(donation_ids),
            until=tx.now + timedelta(seconds=hold_s),
        )


def _let_go(tx: Tx, donation_ids: Sequence[UUID], to: Status, cause: str, until: datetime | None = None) -> int:
    """End donations that still wait and free their match; answers how many. With `until`, one whose hold was
    extended meanwhile is left alone."""
    records = load_aggregates(tx, refs_of(tx, donation_ids))
    ending = [
        one
        for one in records.values()
        if one.status in WAITING and (until is None or (one.match_until is not None and one.match_until <= until))
    ]
    if not ending:
        return 0
    transition(tx, [Transition(one.id, one.status, to, cause) for one in ending])
    campaigns = {one.campaign_id: one.campaign for one in ending}
    pots = {pot.pot_id: pot for one in campaigns.values() for pot in pot_states(tx, one.id, one.matching_version)}
    post(tx, release(tx, [one.id for one in ending], pots))
    return len(ending)
