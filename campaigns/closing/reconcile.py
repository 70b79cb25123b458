"""Fetch the providers' statements and compare our books with them; what agrees is settled."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import NamedTuple

from campaigns.closing.differences import SIDES
from campaigns.closing.discrepancies import count_open, list_differences
from campaigns.closing.line_postings import line_transfers
from campaigns.closing.models import Discrepancy
from campaigns.closing.suspense import suspense_transfers
from campaigns.dependencies import Dependencies
from campaigns.donations.states import Status, Transition
from campaigns.donations.transitions import transition
from campaigns.lifecycle.models import Campaign
from campaigns.lifecycle.phases import Phase
from kernel.db import Tx
from ledger.post import post
from payments.gateway import GatewayError, StatementLine
from payments.statements import BATCH, store

AGAIN_S = 60  # while a difference is open, the provider is asked once per minute
OVERLAP = timedelta(hours=1)


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
    return newest


def reconcile(tx: Tx, campaign: Campaign) -> int:
    """List the differences, settle the campaign's donations that agree, and book fees, payouts and what was signed
    off; return how many differences of the campaign are open. The campaign is locked."""
    assert campaign.id is not None
    _link_lines(tx)
    listed = list_differences(tx, campaign.id)
    _settle_donations(tx, campaign.id)
    _post(tx, listed)
    return count_open(tx, campaign.id)


def compare(tx: Tx) -> None:
    """List the differences, and book fees, payouts and what was signed off: when lines came, and regularly."""
    _link_lines(tx)
    _post(tx, list_differences(tx))


def _link_lines(tx: Tx) -> None:
    """Let lines name the donation whose payment they are about, as soon as it is known."""
    tx.run(
        """UPDATE provider_line l SET donation_id = d.id FROM donation d
            WHERE l.donation_id IS NULL AND l.payment_intent IS NOT NULL
              AND (d.provider, d.payment_intent) = (l.provider, l.payment_intent)"""
    )
    tx.run(
        """UPDATE provider_line l SET donation_id = e.attached_to FROM payment_exception e
            WHERE (e.provider, e.payment_intent) = (l.provider, l.payment_intent) AND e.state = 'attached'
              AND l.donation_id IS DISTINCT FROM e.attached_to"""
    )


def _post(tx: Tx, differences: Sequence[Discrepancy]) -> None:
    post(tx, [*line_transfers(tx), *suspense_transfers(tx, differences)])


def _settle_donations(tx: Tx, campaign_id: int) -> None:
    """Settle paid donations that the provider's statement shows with the same amounts."""
    rows = tx.rows(
        f"""{SIDES}
        SELECT o.id FROM ours o JOIN theirs t USING (id) JOIN donation d ON d.id = o.id
         WHERE o.campaign_id = :campaign AND d.status = 'paid' AND t.charges = 1 AND t.charged = o.amount_minor
           AND t.returned = o.returned_minor
         ORDER BY o.id FOR UPDATE OF d""",
        campaign=campaign_id,
    )
    transition(tx, [Transition(row.id, Status.PAID, Status.SETTLED, "on_statement") for row in rows])
