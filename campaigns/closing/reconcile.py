"""Compare our books with what the providers say they have, and list every difference by its cause."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, NamedTuple

from campaigns.dependencies import Dependencies
from campaigns.donations.states import Status, Transition
from campaigns.donations.transitions import transition
from campaigns.lifecycle.models import Campaign
from campaigns.lifecycle.phases import Phase
from kernel.db import Tx
from ledger.chart import clearing, fees
from ledger.kinds import TransferKind
from ledger.post import Transfer, post
from payments.gateway import GatewayError, StatementLine
from payments.statements import BATCH, store

AGAIN_S = 60  # while a difference is open, ask the provider once a minute
OVERLAP = timedelta(hours=1)


class _Fetched(NamedTuple):
    """How far this process has read a provider's statement for a campaign, and when it did."""

    at: datetime
    newest: datetime


def fetch(deps: Dependencies, campaign_id: int) -> bool:
    """Fetch the provider's statement for a campaign's period, outside any transaction, and store its lines;
    answers whether the whole of it has been read.

    A provider that refuses is a silent one here: other campaigns behind this one must not wait for it.

    A process reads the period once from its beginning, then only what is new. A provider that does not answer
    is asked again at the next tick; the campaign waits.
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
        newest = _store(deps, deps.gateway.statement(since - OVERLAP, max(now, since) + OVERLAP))
    except GatewayError:
        return False
    memory[key] = _Fetched(now, max(since, newest or since))
    return True


def _store(deps: Dependencies, lines: Iterator[StatementLine]) -> datetime | None:
    """Store lines as they come, a transaction a batch; answers the time of the newest."""
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
    return newest


def reconcile(tx: Tx, campaign: Campaign) -> int:
    """List the differences of a campaign that is locked, book the fees, settle what agrees; answers how many
    differences are still open."""
    assert campaign.id is not None
    found = _differences(tx, campaign)
    _keep(tx, campaign.id, found)
    _settle(tx, campaign.id)
    _book_fees(tx, campaign.id)
    return int(
        tx.scalar("SELECT count(*) FROM discrepancy WHERE campaign_id = :id AND state = 'open'", id=campaign.id)
    )


# What each side says of each donation of the campaign, in fen. A partner's or provider's refunds are negative.
_SIDES = """
    WITH ours AS (
        SELECT id, provider, amount_minor, refunded_minor, payment_intent, payment_reference, paid_at
          FROM donation
         WHERE campaign_id = :campaign AND paid_at IS NOT NULL),
    theirs AS (
        SELECT l.donation_id AS id, count(*) FILTER (WHERE l.kind = 'charge') AS charges,
               coalesce(sum(l.amount_minor) FILTER (WHERE l.kind = 'charge'), 0) AS charged,
               coalesce(-sum(l.amount_minor) FILTER (WHERE l.kind IN ('refund', 'dispute')), 0) AS refunded
          FROM provider_line l JOIN ours d ON d.id = l.donation_id AND d.provider = l.provider
         GROUP BY l.donation_id)"""


def _differences(tx: Tx, campaign: Campaign) -> list[dict[str, Any]]:
    rows = tx.rows(
        f"""{_SIDES}
        SELECT o.provider, CAST(o.id AS text) AS reference, o.id AS donation_id, c.cause, c.ours, c.theirs
          FROM ours o LEFT JOIN theirs t USING (id)
         CROSS JOIN LATERAL (VALUES
               ('missing_there', o.amount_minor, 0, t.id IS NULL OR t.charges = 0),
               ('duplicate', o.amount_minor, t.charged, t.charges > 1),
               ('amount', o.amount_minor, t.charged, t.charges = 1 AND t.charged <> o.amount_minor),
               ('refund', o.refunded_minor, t.refunded, t.charges > 0 AND t.refunded <> o.refunded_minor)
             ) AS c(cause, ours, theirs, is_so)
         WHERE c.is_so
        UNION ALL
        SELECT l.provider, l.line_id, l.donation_id,
               CASE WHEN l.occurred_at < :ended THEN 'missing_here' ELSE 'late' END, 0, l.amount_minor
          FROM provider_line l
          LEFT JOIN donation d ON d.id = l.donation_id
         WHERE l.kind = 'charge' AND l.occurred_at >= :opened AND l.occurred_at < :closed
           AND (d.id IS NULL OR (d.campaign_id = :campaign AND d.paid_at IS NULL))""",
        campaign=campaign.id,
        opened=campaign.opens_at,
        ended=campaign.ends_at + timedelta(seconds=campaign.finishing_s),
        closed=campaign.ends_at + timedelta(seconds=campaign.finishing_s + campaign.late_s),
    )
    return [row._asdict() for row in rows]


def _keep(tx: Tx, campaign_id: int, found: list[dict[str, Any]]) -> None:
    """Add what is new and end what has gone away; what a person signed off stays signed off while its amounts
    are the same."""
    columns = ("provider", "cause", "reference", "donation_id", "ours", "theirs")
    values = {name: [row[name] for row in found] for name in columns}
    tx.run(
        """INSERT INTO discrepancy AS d (campaign_id, provider, cause, reference, donation_id, ours_minor,
                                         theirs_minor, state, reason, actor, found_at)
           SELECT :campaign, u.*, 'open', '', '', CAST(:now AS timestamptz)
             FROM unnest(CAST(:provider AS text[]), CAST(:cause AS text[]), CAST(:reference AS text[]),
                         CAST(:donation_id AS uuid[]), CAST(:ours AS bigint[]), CAST(:theirs AS bigint[])) AS u
           ON CONFLICT (campaign_id, provider, cause, reference) DO UPDATE
              SET ours_minor = excluded.ours_minor, theirs_minor = excluded.theirs_minor,
                  state = 'open', ended_at = NULL
            WHERE d.state = 'matched'
               OR (d.ours_minor, d.theirs_minor) <> (excluded.ours_minor, excluded.theirs_minor)""",
        campaign=campaign_id,
        now=tx.now,
        **values,
    )
    tx.run(
        """UPDATE discrepancy d SET state = 'matched', ended_at = :now
            WHERE d.campaign_id = :campaign AND d.state = 'open'
              AND NOT EXISTS (SELECT FROM unnest(CAST(:provider AS text[]), CAST(:cause AS text[]),
                                                 CAST(:reference AS text[])) AS u(provider, cause, reference)
                               WHERE (u.provider, u.cause, u.reference) = (d.provider, d.cause, d.reference))""",
        campaign=campaign_id,
        now=tx.now,
        provider=values["provider"],
        cause=values["cause"],
        reference=values["reference"],
    )


def _settle(tx: Tx, campaign_id: int) -> None:
    """Paid donations that the provider's statement shows too, fen for fen, are settled."""
    rows = tx.rows(
        f"""{_SIDES}
        SELECT o.id FROM ours o JOIN theirs t USING (id) JOIN donation d ON d.id = o.id
         WHERE d.status = 'paid' AND t.charges = 1 AND t.charged = o.amount_minor
           AND t.refunded = o.refunded_minor
         ORDER BY o.id FOR UPDATE OF d""",
        campaign=campaign_id,
    )
    transition(tx, [Transition(row[0], Status.PAID, Status.SETTLED, "on_statement") for row in rows])


def _book_fees(tx: Tx, campaign_id: int) -> None:
    """What providers kept of these donations, once a line of their statement; a fee given back is negative."""
    rows = tx.rows(
        """SELECT l.provider, l.line_id, l.fee_minor, l.donation_id
             FROM provider_line l JOIN donation d ON d.id = l.donation_id AND d.provider = l.provider
            WHERE d.campaign_id = :campaign AND l.fee_minor <> 0""",
        campaign=campaign_id,
    )
    post(tx, [_fee(row) for row in rows])


def _fee(row: Any) -> Transfer:
    kept, held = fees(row.provider), clearing(row.provider)
    key = f"fee:{row.provider}:{row.line_id}"
    if row.fee_minor > 0:
        return Transfer(key, kept, held, row.fee_minor, TransferKind.FEE_CHARGED, row.donation_id)
    return Transfer(key, held, kept, -row.fee_minor, TransferKind.FEE_REFUNDED, row.donation_id)
