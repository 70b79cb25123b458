"""Differences between the books and a provider: list them, end those that disappeared, and let operators sign
off."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import case
from sqlmodel import col, func, select

from campaigns.audit import changed, record_audit
from campaigns.closing.models import Discrepancy
from campaigns.closing.reconciliation.bookings import SIGNED_OFF, booking_transfers
from campaigns.closing.reconciliation.differences import ALL_SIDES, Difference
from campaigns.donations.models import Donation
from campaigns.reasons import require_reason
from kernel.db import Tx
from kernel.errors import Conflict, Invalid, NotFound, fault
from kernel.paging import FIRST_PAGE, Page
from ledger.chart import OF_DIFFERENCES, AccountKind
from ledger.post import post

_CHANGED = """(d.state = 'matched'
               OR (d.ours_minor, d.theirs_minor) <> (excluded.ours_minor, excluded.theirs_minor))"""


def list_differences(tx: Tx, reconciled: int | None = None) -> list[Discrepancy]:
    """Update the list of differences; return those whose booking must follow.

    New differences are added, those that disappeared end, and those whose amounts changed are opened again. A
    signed-off difference stays so while its amounts are unchanged. A payment that an operator dismissed on the
    payment desk is signed off with the same reason.
    """
    # Concurrent runs would list the same rows in different orders. Signing off waits for a run, too.
    tx.run("LOCK TABLE discrepancy IN SHARE ROW EXCLUSIVE MODE")
    _gather(tx, reconciled)
    _store(tx)
    _end_disappeared(tx)
    _sign_off_dismissed(tx)
    return tx.all(
        select(Discrepancy)
        .where(
            col(Discrepancy.booked_minor)
            != case((col(Discrepancy.state) == SIGNED_OFF, col(Discrepancy.sum_minor)), else_=0)
        )
        .order_by(col(Discrepancy.id))
    )


def _gather(tx: Tx, reconciled: int | None) -> None:
    """Store all current differences in a temporary table, because a missing statement may leave as many as there
    are donations."""
    columns = ", ".join(Difference._fields)
    tx.run(
        """CREATE TEMPORARY TABLE IF NOT EXISTS current_difference (
               campaign_id bigint, provider text, cause text, reference text, donation_id uuid, currency text,
               ours_minor bigint, theirs_minor bigint, sum_minor bigint) ON COMMIT DROP"""
    )
    tx.run("DELETE FROM current_difference")
    with tx.by_set():
        for sql in ALL_SIDES:
            tx.run(
                f"INSERT INTO current_difference ({columns}) SELECT {columns} FROM ({sql}) AS d",
                campaign=reconciled,
                now=tx.now,
            )
        tx.run("ANALYZE current_difference")


def _store(tx: Tx) -> None:
    columns = ", ".join(Difference._fields)
    tx.run(
        f"""INSERT INTO discrepancy AS d ({columns}, state, reason, actor, found_at)
           SELECT {columns}, 'open', '', '', CAST(:now AS timestamptz) FROM current_difference
           ON CONFLICT (campaign_id, provider, cause, reference) DO UPDATE
              SET ours_minor = excluded.ours_minor, theirs_minor = excluded.theirs_minor,
                  sum_minor = excluded.sum_minor, currency = excluded.currency,
                  state = CASE WHEN {_CHANGED} THEN 'open' ELSE d.state END,
                  ended_at = CASE WHEN {_CHANGED} THEN NULL ELSE d.ended_at END
            WHERE {_CHANGED} OR d.sum_minor <> excluded.sum_minor""",
        now=tx.now,
    )


def _end_disappeared(tx: Tx) -> None:
    """End the differences that disappeared. The donations of an archived campaign are no longer compared, so their
    differences stay; those of its lines are, and end as in any other campaign."""
    with tx.by_set():
        tx.run(
            """UPDATE discrepancy d SET state = 'matched', ended_at = :now
                WHERE d.state IN ('open', 'signed_off')
                  AND (d.campaign_id IS NULL
                       OR d.campaign_id IN (SELECT id FROM campaign WHERE phase <> 'archived')
                       OR EXISTS (SELECT FROM provider_line l
                                   WHERE (l.provider, l.line_id) = (d.provider, d.reference)))
                  AND NOT EXISTS (SELECT FROM current_difference u
                                   WHERE (coalesce(u.campaign_id, 0), u.provider, u.cause, u.reference)
                                       = (coalesce(d.campaign_id, 0), d.provider, d.cause, d.reference))""",
            now=tx.now,
        )


def _sign_off_dismissed(tx: Tx) -> None:
    """Sign off payments dismissed on their desk, with the reason and name given there."""
    tx.run(
        """UPDATE discrepancy d SET state = 'signed_off', reason = e.note, actor = e.actor, ended_at = :now
             FROM payment_exception e
            WHERE d.state = 'open' AND d.cause = 'payment_exception' AND e.state = 'dismissed'
              AND (e.provider, e.payment_intent) = (d.provider, d.reference)""",
        now=tx.now,
    )


def count_open(tx: Tx, campaign_id: int | None) -> int:
    """Return how many differences of a campaign (None: of no campaign) are open."""
    chosen = _of(campaign_id), Discrepancy.state == "open"
    return tx.first(select(func.count()).select_from(Discrepancy).where(*chosen)) or 0


def _of(campaign_id: int | None) -> Any:
    column = col(Discrepancy.campaign_id)
    return column.is_(None) if campaign_id is None else column == campaign_id


def listed(
    tx: Tx, campaign_id: int | None, state: str | None = None, page: Page = FIRST_PAGE
) -> tuple[list[Discrepancy], int]:
    """Return one page of a campaign's differences (None: those that belong to no campaign), open ones first, and
    their total number."""
    chosen: list[Any] = [_of(campaign_id)]
    if state is not None:
        chosen.append(Discrepancy.state == state)
    discrepancies = tx.all(
        select(Discrepancy)
        .where(*chosen)
        .order_by(col(Discrepancy.state) != "open", col(Discrepancy.id))
        .limit(page.size)
        .offset(page.offset)
    )
    return discrepancies, tx.first(select(func.count()).select_from(Discrepancy).where(*chosen)) or 0


def known_donations(tx: Tx, discrepancies: Sequence[Discrepancy]) -> set[UUID]:
    """Return those of the donations named by differences that exist. A bill may name one that was never
    reported."""
    named = [row.donation_id for row in discrepancies if row.donation_id is not None]
    return set(tx.all(select(Donation.id).where(col(Donation.id).in_(named)))) if named else set()


def sign_off(
    tx: Tx, discrepancy_id: int, reason: str, actor: str, account: str = AccountKind.SUSPENSE
) -> Discrepancy:
    """Accept a difference for a reason, and book its sum on the account of its cause. A repeated call with the same
    reason and account changes nothing.

    Raises NotFound `discrepancy_unknown`, Invalid `reason_missing` and `booking_account_invalid`, Conflict
    `discrepancy_ended`.
    """
    require_reason(reason)
    kind = account_of(account)
    discrepancy = _find(tx, discrepancy_id)
    if (discrepancy.state, discrepancy.reason, discrepancy.account) == (SIGNED_OFF, reason, kind):
        return discrepancy
    if discrepancy.state != "open":
        raise Conflict("discrepancy_ended", state=discrepancy.state)
    discrepancy.ended_at = tx.now
    return _decide(tx, discrepancy, SIGNED_OFF, reason, actor, kind)


def rebook(tx: Tx, discrepancy_id: int, account: str, reason: str, actor: str) -> Discrepancy:
    """Move the booking of a signed-off difference to the account of another cause, for a reason. One transfer takes
    it back, another books it. A repeated call changes nothing.

    Raises NotFound `discrepancy_unknown`, Invalid `reason_missing` and `booking_account_invalid`, Conflict
    `discrepancy_not_signed_off`.
    """
    require_reason(reason)
    kind = account_of(account)
    discrepancy = _find(tx, discrepancy_id)
    if discrepancy.state != SIGNED_OFF:
        raise Conflict("discrepancy_not_signed_off", state=discrepancy.state)
    if discrepancy.account == kind:
        return discrepancy
    before = {"account": discrepancy.account}
    discrepancy.reason, discrepancy.actor = reason, actor
    trail = changed(before, {"account": str(kind)})
    amounts = {"booked_minor": discrepancy.booked_minor, "currency": discrepancy.currency}
    record_audit(
        tx, actor, "discrepancy.rebook", f"discrepancy:{discrepancy.id}", reason=reason, **amounts, **trail
    )
    post(tx, booking_transfers(tx, [discrepancy], kind))
    return discrepancy


def account_of(account: str) -> AccountKind:
    """Return the account of a cause by its name. Raises Invalid `booking_account_invalid`."""
    if account not in OF_DIFFERENCES:
        raise Invalid("booking_account_invalid", fields={"account": fault("not_one_of", options=OF_DIFFERENCES)})
    return AccountKind(account)


def reopen(tx: Tx, discrepancy_id: int, reason: str, actor: str) -> Discrepancy:
    """Withdraw a sign-off for a reason: another transfer corrects the booking, and the difference is open again.

    Raises NotFound `discrepancy_unknown`, Invalid `reason_missing`, Conflict `discrepancy_not_signed_off`.
    """
    require_reason(reason)
    discrepancy = _find(tx, discrepancy_id)
    if discrepancy.state == "open" and discrepancy.reason == reason:
        return discrepancy
    if discrepancy.state != SIGNED_OFF:
        raise Conflict("discrepancy_not_signed_off", state=discrepancy.state)
    discrepancy.ended_at = None
    return _decide(tx, discrepancy, "open", reason, actor)


def find_open(tx: Tx, discrepancy_id: int) -> Discrepancy:
    """Lock and return an open difference. Raises NotFound `discrepancy_unknown`, Conflict `discrepancy_ended`."""
    tx.run("LOCK TABLE discrepancy IN SHARE ROW EXCLUSIVE MODE")  # as in `list_differences`, which follows
    discrepancy = _find(tx, discrepancy_id)
    if discrepancy.state != "open":
        raise Conflict("discrepancy_ended", state=discrepancy.state)
    return discrepancy


def _find(tx: Tx, discrepancy_id: int) -> Discrepancy:
    # Lock the table before the row, because a running comparison holds the table and may want the row.
    tx.run("LOCK TABLE discrepancy IN ROW EXCLUSIVE MODE")
    discrepancy = tx.get(Discrepancy, discrepancy_id, lock=True)
    if discrepancy is None:
        raise NotFound("discrepancy_unknown")
    return discrepancy


def _decide(
    tx: Tx, discrepancy: Discrepancy, state: str, reason: str, actor: str, account: AccountKind | None = None
) -> Discrepancy:
    discrepancy.state, discrepancy.reason, discrepancy.actor = state, reason, actor
    tx.add(discrepancy)
    action = "discrepancy.sign_off" if state == SIGNED_OFF else "discrepancy.reopen"
    amounts = {"sum_minor": discrepancy.sum_minor, "currency": discrepancy.currency}
    placed = {"account": str(account)} if account else {}
    record_audit(tx, actor, action, f"discrepancy:{discrepancy.id}", reason=reason, **amounts, **placed)
    post(tx, booking_transfers(tx, [discrepancy], account))
    return discrepancy
