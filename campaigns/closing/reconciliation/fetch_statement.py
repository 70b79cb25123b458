"""Fetch the provider's statement outside any transaction, store its lines and compare the books with them."""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import islice
from typing import NamedTuple

from campaigns.closing.reconciliation.reconcile import compare
from campaigns.dependencies import Dependencies
from campaigns.lifecycle.phases import Phase
from payments.gateway import GatewayError, StatementLine
from payments.statements import BATCH, store

AGAIN_S = 60  # while a difference is open, the provider is queried once per minute
AT_ONCE = 2  # batches being stored, our default: the database stores one while Python prepares the next
OVERLAP = timedelta(hours=1)
STEP = timedelta(hours=6)  # lines come newest first, so a period is stored only after all of it was read


class _Fetched(NamedTuple):
    """When this process last read a provider's statement for a campaign, and the time of the newest line."""

    at: datetime
    newest: datetime


def fetch_statement(deps: Dependencies, campaign_id: int) -> bool:
    """Fetch the provider's statement for a campaign's period and store its lines; return whether all of it was
    read.

    A process reads the whole period once, then only what is new. If the provider does not respond or refuses, the
    next tick tries again; only this campaign waits.
    """
    with deps.db.transaction() as tx:
        row = tx.row("SELECT opens_at, phase FROM campaign WHERE id = :id", id=campaign_id)
        now = tx.now
    assert row is not None
    memory, key = deps.db.memory, ("statement", campaign_id)
    last: _Fetched | None = memory.get(key)
    recently = last is not None and timedelta(0) <= now - last.at < timedelta(seconds=AGAIN_S)
    if row.phase not in (Phase.RECONCILING, Phase.CANCELLED) or recently:
        return True
    since = row.opens_at if last is None else min(last.newest, now)
    try:
        newest = _store_lines(deps, deps.gateway.statement(since - OVERLAP, max(now, since) + OVERLAP))
    except GatewayError:
        return False
    memory[key] = _Fetched(now, max(since, newest or since))
    return True


def _store_lines(deps: Dependencies, lines: Iterator[StatementLine]) -> datetime | None:
    """Store lines while later ones are read, one transaction per batch; return the time of the newest.

    A campaign may have a million lines, so they are not kept in memory. `reconcile` compares them.
    """
    newest = None
    storing: deque[Future[None]] = deque()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        while batch := list(islice(lines, BATCH)):
            newest = max([line.occurred_at for line in batch] + ([newest] if newest else []))
            storing.append(pool.submit(_store_batch, deps, batch))
            if len(storing) > AT_ONCE:
                storing.popleft().result()
        for batch_stored in storing:
            batch_stored.result()
    return newest


def _store_batch(deps: Dependencies, batch: Sequence[StatementLine]) -> None:
    with deps.db.transaction() as tx:
        store(tx, batch)


def follow_statement(deps: Dependencies) -> int:
    """Fetch what is new on the provider's statement and compare the books with it; return how many lines were new
    or contradict earlier ones.

    A process starts at the newest stored line (else at the first campaign that is not archived) and later continues
    from where it was. Raises GatewayError; what was read until then stays stored.
    """
    read_until: datetime | None = deps.db.memory.get("statement")
    with deps.db.transaction() as tx:
        since = tx.scalar(
            """SELECT greatest(min(opens_at),
                               (SELECT max(occurred_at) FROM provider_line WHERE provider = :provider))
                 FROM campaign WHERE phase NOT IN ('draft', 'scheduled', 'archived')""",
            provider=deps.gateway.provider,
        )
        now = tx.now
    new = 0
    since = max(filter(None, (since, read_until)), default=now) - OVERLAP
    while since < now + OVERLAP:
        until = min(since + STEP, now + OVERLAP)
        new += _store_period(deps, list(deps.gateway.statement(since, until)))
        since = until
    deps.db.memory["statement"] = now
    return new


def _store_period(deps: Dependencies, lines: list[StatementLine]) -> int:
    """Store the lines of a period; return how many were new or contradict earlier ones. The books are compared with
    them in the same transaction, so that nobody sees lines whose differences are not listed."""
    with deps.db.transaction() as tx:
        new = sum(store(tx, lines))
        if new:
            compare(tx)
    return new
