"""Wind up a cancelled campaign: all money is returned to where it came from.

Each page is a transaction of its own that queries what is left. If a run is killed, the next one continues, and
nothing is requested twice.
"""

from collections.abc import Iterator, Sequence
from uuid import UUID

from campaigns.audit import record_audit
from campaigns.closing.cancel import FAILED_REFUND, giving_back
from campaigns.closing.disburse import return_free_match
from campaigns.closing.models import Cancellation
from campaigns.closing.problems import StatementUnavailable
from campaigns.closing.reconciliation.fetch_statement import fetch_statement
from campaigns.closing.reconciliation.reconcile import reconcile
from campaigns.closing.report import write_report
from campaigns.dependencies import Dependencies
from campaigns.desks.payment_desk import count_undecided
from campaigns.donations.refunds.refund import request_refund
from campaigns.donations.unpaid.cancel_unpaid import cancel_unpaid
from campaigns.lifecycle.campaign import lock_campaign_by_id
from campaigns.lifecycle.models import Campaign
from kernel.db import Tx
from kernel.errors import Conflict

PAGE = 200
MOST = 2_000  # donations per run, so that other campaigns have their turn
ACTOR = "scheduler"


def wind_up(deps: Dependencies, campaign_id: int) -> int:
    """Give back the remaining money of a cancelled campaign; return how many donations were cancelled or will be
    refunded, plus one when the campaign is wound up.

    Raises StatementUnavailable when everything was returned and the provider's statement cannot be read.
    """
    steps = _cancel_unpaid(deps, campaign_id) + _request_refunds(deps, campaign_id)
    with deps.db.transaction() as tx:
        campaign = lock_campaign_by_id(tx, campaign_id)
        return_free_match(tx, campaign)
        if not _is_due(tx, campaign):
            return steps
        paid_ever = _was_paid(tx, campaign_id)
    if paid_ever and not fetch_statement(deps, campaign_id):
        raise StatementUnavailable
    with deps.db.transaction() as tx:
        return steps + _finish(tx, lock_campaign_by_id(tx, campaign_id))


def _cancel_unpaid(deps: Dependencies, campaign_id: int) -> int:
    with deps.db.transaction() as tx:
        rows = tx.rows(
            """SELECT d.id FROM donation d JOIN campaign_cancellation c USING (campaign_id)
                WHERE d.campaign_id = :campaign AND d.status IN ('pending', 'paying') ORDER BY d.id LIMIT :most""",
            campaign=campaign_id,
            most=MOST,
        )
    cancelled = 0
    for page in _pages([row.id for row in rows]):
        with deps.db.transaction() as tx:
            cancelled += cancel_unpaid(tx, page, "campaign_cancelled")
    return cancelled


def _request_refunds(deps: Dependencies, campaign_id: int) -> int:
    with deps.db.transaction() as tx:
        cancellation = tx.get(Cancellation, campaign_id)
        due = _refundable(tx, campaign_id) if cancellation is not None else []
    requested = 0
    for page in _pages(due):
        assert cancellation is not None
        with deps.db.transaction() as tx:
            requested += sum(_request(tx, donation_id, cancellation) for donation_id in page)
    return requested


def _pages(ids: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    return (ids[start : start + PAGE] for start in range(0, len(ids), PAGE))


def _refundable(tx: Tx, campaign_id: int) -> list[UUID]:
    """Return paid donations with money whose refund was not requested yet. A failed refund is not repeated: an
    operator decides."""
    rows = tx.rows(
        f"""SELECT d.id FROM donation d
             CROSS JOIN LATERAL (
                  SELECT coalesce(sum(amount_minor) FILTER (WHERE state = 'requested'), 0) AS unsent,
                         coalesce(sum(amount_minor) FILTER (WHERE state NOT IN ('refused', 'failed')), 0) AS asked
                    FROM refund WHERE donation_id = d.id) AS r
             WHERE d.campaign_id = :campaign AND d.status IN ('paid', 'settled') AND d.payment_intent IS NOT NULL
               AND d.amount_minor > greatest(d.refunded_minor + r.unsent, r.asked)
               AND NOT ({FAILED_REFUND})
             ORDER BY d.id LIMIT :most""",
        campaign=campaign_id,
        most=MOST,
    )
    return [row.id for row in rows]


def _request(tx: Tx, donation_id: UUID, cancellation: Cancellation) -> int:
    try:
        request_refund(tx, donation_id, None, cancellation.reason, cancellation.actor)
    except Conflict:
        return 0  # refunded or disputed meanwhile: the next run handles what is left
    return 1


def _is_due(tx: Tx, campaign: Campaign) -> bool:
    """Return whether the report can be written: everything was returned, and no payment waits on the desk."""
    assert campaign.id is not None
    cancellation = tx.get(Cancellation, campaign.id)
    if cancellation is None or cancellation.wound_up_at is not None:
        return False
    return giving_back(tx, campaign).finished and not count_undecided(tx, campaign.id)


def _was_paid(tx: Tx, campaign_id: int) -> bool:
    sql = "SELECT EXISTS (SELECT FROM donation WHERE campaign_id = :campaign AND paid_at IS NOT NULL)"
    return bool(tx.scalar(sql, campaign=campaign_id))


def _finish(tx: Tx, campaign: Campaign) -> int:
    """Compare the statement, write the report, and mark the campaign as wound up; return 1, or 0 if it is not due
    or a difference is open. Without any paid donation there is no statement to compare and no report."""
    assert campaign.id is not None
    if not _is_due(tx, campaign):
        return 0
    cancellation = tx.get(Cancellation, campaign.id, lock=True)
    assert cancellation is not None
    if _was_paid(tx, campaign.id):
        if reconcile(tx, campaign):
            return 0
        write_report(tx, campaign, cancellation)
    cancellation.wound_up_at = tx.now
    tx.add(cancellation)
    record_audit(tx, ACTOR, "campaign.wound_up", f"campaign:{campaign.id}")
    return 1
