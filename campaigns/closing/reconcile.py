"""Compare our books with the providers' statements, and list every difference by its cause."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import NamedTuple
from uuid import UUID

from campaigns.closing.models import Discrepancy
from campaigns.dependencies import Dependencies
from campaigns.donations.states import Status, Transition
from campaigns.donations.transitions import transition
from campaigns.lifecycle.models import Campaign
from campaigns.lifecycle.phases import Phase
from kernel.bulk import unnest
from kernel.db import Tx
from ledger.chart import clearing, fees
from ledger.kinds import TransferKind
from ledger.post import Transfer, post
from payments.gateway import GatewayError, StatementLine
from payments.statements import BATCH, store

AGAIN_S = 60  # while a difference is open, the provider is asked once per minute
OVERLAP = timedelta(hours=1)
_KEY = ("provider", "cause", "reference")  # what makes a difference the same one in the next run


class _Fetched(NamedTuple):
    """When this process last read a provider's statement for a campaign, and the time of the newest line."""

    at: datetime
    newest: datetime


def fetch_statement(deps: Dependencies, campaign_id: int) -> bool:
    """Fetch the provider's statement for a campaign's period, outside any transaction, and store its lines; return
    whether all of it has been read.

    A process reads the period once from its beginning, then only what is new. If the provider does not answer or
    refuses, it is asked again at the next tick: this campaign waits, others must not.
    """
    with deps.db.transaction() as tx:
        row = tx.row("SELECT opens_at, phase FROM campaign WHERE id = :id", id=campaign_id)
        now = tx.now
    assert row is not None
    memory, key = deps.db.memory, ("statement", campaign_id)
    last: _Fetched | None = memory.get(key)
    recently = last is not None and timedelta(0) <= now - last.at < timedelta(seconds=AGAIN_S)
    if row.phase != Phase.RECONCILING or recently:
        return True
    since = row.opens_at if last is None else min(last.newest, now)
    try:
        newest = _store_lines(deps, deps.gateway.statement(since - OVERLAP, max(now, since) + OVERLAP))
    except GatewayError:
        return False
    memory[key] = _Fetched(now, max(since, newest or since))
    return True


def _store_lines(deps: Dependencies, lines: Iterator[StatementLine]) -> datetime | None:
    """Store lines as they come, one transaction per batch; return the time of the newest."""
    newest = None
    while batch := list(islice(lines, BATCH)):
        newest = max([line.occurred_at for line in batch] + ([newest] if newest else []))
        with deps.db.transaction() as tx:
            store(tx, batch)
    with deps.db.transaction() as tx:
        tx.run(
            """UPDATE provider_line l SET donation_id = d.id FROM donation d
                WHERE l.donation_id IS NULL AND l.provider = :provider AND d.payment_intent = l.payment_intent""",
            provider=deps.gateway.provider,
        )
        tx.run(
            """UPDATE provider_line l SET donation_id = e.attached_to FROM payment_exception e
                WHERE (e.provider, e.payment_intent) = (l.provider, l.payment_intent) AND e.state = 'attached'
                  AND l.provider = :provider AND l.donation_id IS DISTINCT FROM e.attached_to""",
            provider=deps.gateway.provider,
        )
    return newest


def reconcile(tx: Tx, campaign: Campaign) -> int:
    """List the differences of a campaign, settle the donations that agree, and book fees; return how many
    differences are open. The campaign is locked."""
    assert campaign.id is not None
    _store_differences(tx, campaign.id, _find_differences(tx, campaign))
    _settle_donations(tx, campaign.id)
    _book_fees(tx, campaign.id)
    return int(
        tx.scalar("SELECT count(*) FROM discrepancy WHERE campaign_id = :id AND state = 'open'", id=campaign.id)
    )


# Each donation of the campaign by our books and by the statements, in fen. Refunds are negative on statements.
_SIDES = """
    WITH ours AS (
        SELECT id, provider, amount_minor, currency, refunded_minor, payment_intent, payment_reference, paid_at
          FROM donation
         WHERE campaign_id = :campaign AND paid_at IS NOT NULL),
    theirs AS (
        SELECT l.donation_id AS id, count(*) FILTER (WHERE l.kind = 'charge') AS charges,
               coalesce(sum(l.amount_minor) FILTER (WHERE l.kind = 'charge'), 0) AS charged,
               coalesce(-sum(l.amount_minor) FILTER (WHERE l.kind IN ('refund', 'dispute')), 0) AS refunded
          FROM provider_line l
          JOIN ours d ON d.id = l.donation_id AND d.provider = l.provider AND d.currency = l.currency
         WHERE NOT EXISTS (SELECT FROM payment_exception e
                            WHERE (e.provider, e.payment_intent) = (l.provider, l.payment_intent)
                              AND e.state NOT IN ('taken', 'attached'))
         GROUP BY l.donation_id)"""


class Difference(NamedTuple):
    """What our books and a provider's statement say of one donation or one line, in fen."""

    provider: str
    cause: str
    reference: str
    donation_id: UUID | None
    ours_minor: int
    theirs_minor: int


def _find_differences(tx: Tx, campaign: Campaign) -> list[Difference]:
    return tx.rows_as(
        Difference,
        f"""{_SIDES}
        SELECT o.provider, c.cause, CAST(o.id AS text) AS reference, o.id AS donation_id,
               c.ours_minor, CAST(c.theirs_minor AS bigint) AS theirs_minor
          FROM ours o LEFT JOIN theirs t USING (id)
         CROSS JOIN LATERAL (VALUES
               ('missing_there', o.amount_minor, 0, t.id IS NULL OR t.charges = 0),
               ('duplicate', o.amount_minor, t.charged, t.charges > 1),
               ('amount', o.amount_minor, t.charged, t.charges = 1 AND t.charged <> o.amount_minor),
               ('refund', o.refunded_minor, t.refunded, t.charges > 0 AND t.refunded <> o.refunded_minor)
             ) AS c(cause, ours_minor, theirs_minor, differs)
         WHERE c.differs
        UNION ALL
        SELECT l.provider, CASE WHEN l.occurred_at < :ended THEN 'missing_here' ELSE 'late' END, l.line_id,
               l.donation_id, 0, l.amount_minor
          FROM provider_line l
          LEFT JOIN donation d ON d.id = l.donation_id
         WHERE l.kind = 'charge' AND l.occurred_at >= :opened AND l.occurred_at < :closed
           AND (d.id IS NULL OR (d.campaign_id = :campaign AND d.paid_at IS NULL))
           AND NOT EXISTS (SELECT FROM payment_exception e
                            WHERE (e.provider, e.payment_intent) = (l.provider, l.payment_intent))
        UNION ALL
        SELECT e.provider, 'payment_exception', e.payment_intent, e.donation_id, 0, e.amount_minor
          FROM payment_exception e JOIN donation d ON d.id = e.donation_id
         WHERE d.campaign_id = :campaign AND e.state IN ('open', 'refunding')""",
        campaign=campaign.id,
        opened=campaign.opens_at,
        ended=campaign.ends_at + timedelta(seconds=campaign.finishing_s),
        closed=campaign.ends_at + timedelta(seconds=campaign.finishing_s + campaign.late_s),
    )


def _store_differences(tx: Tx, campaign_id: int, differences: Sequence[Difference]) -> None:
    """Add new differences and end those that have gone away. What was signed off stays signed off while its amounts
    are the same."""
    columns = {name: [getattr(difference, name) for difference in differences] for name in Difference._fields}
    tx.run(
        f"""INSERT INTO discrepancy AS d (campaign_id, provider, cause, reference, donation_id, ours_minor,
                                         theirs_minor, state, reason, actor, found_at)
           SELECT :campaign, u.*, 'open', '', '', CAST(:now AS timestamptz)
             FROM {unnest(Discrepancy, *Difference._fields)}
           ON CONFLICT (campaign_id, provider, cause, reference) DO UPDATE
              SET ours_minor = excluded.ours_minor, theirs_minor = excluded.theirs_minor,
                  state = 'open', ended_at = NULL
            WHERE d.state = 'matched'
               OR (d.ours_minor, d.theirs_minor) <> (excluded.ours_minor, excluded.theirs_minor)""",
        campaign=campaign_id,
        now=tx.now,
        **columns,
    )
    tx.run(
        f"""UPDATE discrepancy d SET state = 'matched', ended_at = :now
            WHERE d.campaign_id = :campaign AND d.state = 'open'
              AND NOT EXISTS (SELECT FROM {unnest(Discrepancy, *_KEY)}
                               WHERE (u.provider, u.cause, u.reference) = (d.provider, d.cause, d.reference))""",
        campaign=campaign_id,
        now=tx.now,
        **{name: columns[name] for name in _KEY},
    )


def _settle_donations(tx: Tx, campaign_id: int) -> None:
    """Settle paid donations that the provider's statement shows with the same amounts."""
    rows = tx.rows(
        f"""{_SIDES}
        SELECT o.id FROM ours o JOIN theirs t USING (id) JOIN donation d ON d.id = o.id
         WHERE d.status = 'paid' AND t.charges = 1 AND t.charged = o.amount_minor
           AND t.refunded = o.refunded_minor
         ORDER BY o.id FOR UPDATE OF d""",
        campaign=campaign_id,
    )
    transition(tx, [Transition(row.id, Status.PAID, Status.SETTLED, "on_statement") for row in rows])


def _book_fees(tx: Tx, campaign_id: int) -> None:
    """Book what providers kept of these donations, once per statement line; a returned fee is negative. Fees in
    another currency than the donation's stay on the statement: our books have no exchange rate for them."""
    lines = tx.rows_as(
        _FeeLine,
        """SELECT l.provider, l.line_id, l.fee_minor, l.donation_id
             FROM provider_line l JOIN donation d ON d.id = l.donation_id AND d.provider = l.provider
            WHERE d.campaign_id = :campaign AND l.fee_minor <> 0
              AND coalesce(l.fee_currency, l.currency) = d.currency""",
        campaign=campaign_id,
    )
    post(tx, [_fee_transfer(line) for line in lines])


class _FeeLine(NamedTuple):
    provider: str
    line_id: str
    fee_minor: int
    donation_id: UUID


def _fee_transfer(line: _FeeLine) -> Transfer:
    expense, receivable = fees(line.provider), clearing(line.provider)
    key = f"fee:{line.provider}:{line.line_id}"
    if line.fee_minor > 0:
        return Transfer(key, expense, receivable, line.fee_minor, TransferKind.FEE_CHARGED, line.donation_id)
    return Transfer(key, receivable, expense, -line.fee_minor, TransferKind.FEE_REFUNDED, line.donation_id)
