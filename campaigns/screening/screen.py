"""The job that screens paid donations (刷单套捐) and puts the match of those with signals on hold.

It decides nothing: a signal opens a case for a reviewer and holds the match, never the donation. A donation has at
most one case, so a decided donation is not raised again.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import takewhile
from typing import NamedTuple
from uuid import UUID

from campaigns.dependencies import Dependencies
from campaigns.donations.letters.letter_models import LetterKind
from campaigns.donations.letters.letters import NewLetter, queue_letters
from campaigns.donations.states import COUNTED
from campaigns.lifecycle.campaign import lock_shared
from campaigns.screening.context import SCREENED, load_contexts, load_subjects
from campaigns.screening.counting import count_again, count_payments
from campaigns.screening.models import ScreeningCase, ScreeningMark
from campaigns.screening.rapid import matched_of_rapid_donors
from campaigns.screening.settings import load_thresholds
from campaigns.screening.signals import Signal, related_donations, signals
from campaigns.screening.subject import ScreeningSubject
from campaigns.screening.thresholds import Thresholds, default_thresholds
from campaigns.screening.warnings import add_to_open_cases
from kernel.bulk import unnest
from kernel.db import Tx
from ledger.post import post
from matching.holds import hold_match
from payments.inbox.inbox import has_due

BATCH = 2_000
COUNTED_AT_ONCE = 10_000
# The most by which a transaction may commit after its history row got its number. Each donation is screened again
# after that time, when the pattern around it is complete too.
OVERLAP = timedelta(minutes=2)
MOST_RELATED = 1_000  # most donations of the same donor, instrument or device to screen again; our default
# Match is disbursed days later, but donors see the totals at once. While more messages than `BACKLOG` are due, the
# job leaves the processors to them, until a payment has waited for `PATIENCE`. Both are our defaults.
BACKLOG = 2_000
PATIENCE = timedelta(seconds=30)
OnChange = Callable[[set[int]], None]  # called after the commit with the ids of campaigns whose match changed


def screen(
    deps: Dependencies, on_change: OnChange = lambda _: None, yields: Callable[[], bool] = lambda: False
) -> int:
    """Screen all payments and news since the last run; return how many cases were opened.

    Stops between two batches once `yields` says so; the next run goes on. Safe to run concurrently.
    """
    if yields():
        return 0
    count_new_payments(deps)
    opened = 0
    more = True
    while more and not yields():
        with deps.db.transaction(by_key=True) as tx:
            due, more = _claim_due(tx)
            cases = screen_donations(tx, due, default_thresholds(deps.screening_defaults))
            opened += len(cases)
            tx.after_commit(lambda changed=set(cases.values()): on_change(changed))  # type: ignore[misc]
    return opened


def yields_to_inbox(deps: Dependencies, backlog: int = BACKLOG) -> bool:
    """Return whether screening lets due messages go first: many are due, and no payment has waited for long."""
    with deps.db.transaction() as tx:
        if not has_due(tx, backlog + 1):
            return False
        waiting_since = tx.scalar(
            """SELECT at FROM donation_history
                WHERE id > coalesce((SELECT seen_id FROM screening_mark), 0) AND to_status = 'paid'
                ORDER BY id LIMIT 1"""
        )
        return waiting_since is None or tx.now - waiting_since < PATIENCE


def count_new_payments(deps: Dependencies) -> None:
    """Count all payments since the last run before the first donation is screened, so that a rush larger than a
    batch shows as a whole. Safe to run concurrently."""
    more = True
    while more:
        with deps.db.transaction(by_key=True) as tx:
            mark = lock_mark(tx)
            payments = _load_payments(tx, mark.counted_id, COUNTED_AT_ONCE)
            if payments:
                count_payments(tx, {payment.donation_id for payment in payments})
                mark.counted_id = payments[-1].id
                tx.add(mark)
            more = len(payments) == COUNTED_AT_ONCE


def screen_donations(tx: Tx, donation_ids: Iterable[UUID], defaults: Thresholds) -> dict[UUID, int]:
    """Screen donations, and those that belong to the same patterns, by the thresholds of their campaigns.

    Return the donations for which a case was opened, with their campaigns.
    """
    ids = set(donation_ids)
    if not ids:
        return {}
    ids |= matched_of_rapid_donors(tx, ids, _thresholds_of(tx, ids, defaults))
    hits, related = _find_signals(tx, ids, defaults)
    if related - ids:
        hits |= _find_signals(tx, related - ids, defaults)[0]
    opened = open_cases(tx, hits)
    add_to_open_cases(tx, ids - set(opened))
    return opened


def _thresholds_of(tx: Tx, ids: set[UUID], defaults: Thresholds) -> list[Thresholds]:
    campaigns = tx.rows("SELECT DISTINCT campaign_id FROM donation WHERE id = ANY(:ids)", ids=list(ids))
    return list(load_thresholds(tx, [row.campaign_id for row in campaigns], defaults).values())


Hits = dict[UUID, tuple[Signal, ...]]


def _find_signals(tx: Tx, ids: set[UUID], defaults: Thresholds) -> tuple[Hits, set[UUID]]:
    """Return the signals of donations, and all donations that belong to the same patterns."""
    subjects = load_subjects(tx, ids)
    hits: Hits = {}
    related: set[UUID] = set()
    thresholds_of = load_thresholds(tx, {subject.campaign_id for subject in subjects}, defaults)
    for campaign_id, thresholds in thresholds_of.items():
        entered = [subject for subject in subjects if subject.campaign_id == campaign_id]
        campaign_hits, campaign_related = _find_campaign_signals(tx, entered, thresholds)
        hits |= campaign_hits
        related |= campaign_related
    return hits, related


def _find_campaign_signals(
    tx: Tx, subjects: Sequence[ScreeningSubject], thresholds: Thresholds
) -> tuple[Hits, set[UUID]]:
    contexts, caps = load_contexts(tx, subjects, thresholds)
    hits: Hits = {}
    for donation_id, (donation, context) in contexts.items():
        if donation_signals := signals(donation, context, thresholds):
            hits[donation_id] = donation_signals
    return hits, set(caps).union(*map(related_donations, hits.values()))


class _OpenedCase(NamedTuple):
    id: int
    donation_id: UUID
    campaign_id: int


def open_cases(tx: Tx, hits: Mapping[UUID, tuple[Signal, ...]]) -> dict[UUID, int]:
    """Open a case for each donation that still has match and no case yet, and hold that match.

    Return the donations for which a case was opened, with their campaigns. Locks in the global lock order:
    campaigns shared, then donations. The signals were found earlier, without locks.
    """
    if not hits:
        return {}
    ids = sorted(hits)
    campaign_ids = tx.rows("SELECT DISTINCT campaign_id FROM donation WHERE id = ANY(:ids)", ids=ids)
    campaigns = lock_shared(tx, ids=sorted(row.campaign_id for row in campaign_ids))
    tx.rows("SELECT id FROM donation WHERE id = ANY(:ids) ORDER BY id FOR UPDATE /* lock:donations */", ids=ids)
    opened = tx.rows_as(
        _OpenedCase,
        f"""INSERT INTO screening_case (donation_id, campaign_id, signals, held_minor, state, opened_at)
           SELECT d.id, d.campaign_id, u.signals, m.live, 'open', :now
             FROM {unnest(ScreeningCase, "donation_id", "signals")}
             JOIN donation d ON d.id = u.donation_id AND d.campaign_id = ANY(:campaign_ids)
                            AND d.status = ANY(:statuses)
            CROSS JOIN LATERAL (SELECT sum(live_minor) AS live FROM reservation
                                 WHERE donation_id = d.id AND state = 'captured') AS m
            WHERE m.live > 0 ORDER BY d.id
           ON CONFLICT (donation_id) DO NOTHING RETURNING id, donation_id, campaign_id""",
        donation_id=ids,
        signals=[_as_json(hits[donation_id]) for donation_id in ids],
        campaign_ids=[campaign.id for campaign in campaigns if campaign.phase in SCREENED],
        statuses=sorted(COUNTED),
        now=tx.now,
    )
    queue_letters(tx, [NewLetter(case.donation_id, LetterKind.REVIEW_BEGUN, str(case.id)) for case in opened])
    post(tx, hold_match(tx, {case.donation_id: case.id for case in opened}))
    return {case.donation_id: case.campaign_id for case in opened}


def _as_json(signals: Sequence[Signal]) -> str:
    return json.dumps([{"code": signal.code, "evidence": signal.evidence} for signal in signals])


def _claim_due(tx: Tx) -> tuple[set[UUID], bool]:
    """Claim the next donations to screen; return them and whether there are more. A concurrent run waits."""
    mark = lock_mark(tx)
    queued = tx.rows(
        """DELETE FROM donation_look WHERE id IN (SELECT id FROM donation_look ORDER BY id LIMIT :most)
        RETURNING donation_id""",
        most=BATCH,
    )
    new = _load_payments(tx, mark.seen_id, BATCH)
    old = _load_old_payments(tx, mark.sure_id)
    if new:
        mark.seen_id = new[-1].id
    if old:
        mark.sure_id = old[-1].id
    tx.add(mark)
    known = {row.donation_id for row in queued}
    # An old payment that committed late is not counted yet.
    count_payments(tx, {payment.donation_id for payment in old})
    count_again(tx, known)
    ids = {payment.donation_id for payment in (*new, *old)} | _related(tx, list(known))
    return ids, max(len(queued), len(new), len(old)) == BATCH


def lock_mark(tx: Tx) -> ScreeningMark:
    """Lock the mark, which is required for counting. It precedes campaigns and donations in the lock order."""
    tx.run("INSERT INTO screening_mark (id, sure_id, seen_id) VALUES (1, 0, 0) ON CONFLICT DO NOTHING")
    mark = tx.get(ScreeningMark, 1, lock=True)
    assert mark is not None
    return mark


class _Payment(NamedTuple):
    id: int
    donation_id: UUID
    at: datetime


def _load_payments(tx: Tx, after_id: int, most: int) -> list[_Payment]:
    """Return the payments after an id of the history, oldest first."""
    return tx.rows_as(
        _Payment,
        """SELECT id, donation_id, at FROM donation_history
            WHERE id > :after_id AND to_status = 'paid' ORDER BY id LIMIT :most""",
        after_id=after_id,
        most=most,
    )


def _load_old_payments(tx: Tx, after_id: int) -> list[_Payment]:
    """Return the payments that are due for their second screening, up to the first that is not."""

    def is_old(payment: _Payment) -> bool:
        return payment.at <= tx.now - OVERLAP

    if not any(map(is_old, _load_payments(tx, after_id, 1))):
        return []
    return list(takewhile(is_old, _load_payments(tx, after_id, BATCH)))


def _related(tx: Tx, ids: list[UUID]) -> set[UUID]:
    """Return these donations and others of the same instruments, donors and devices, which the news may concern
    too."""
    if not ids:
        return set()
    rows = tx.rows(
        """WITH known AS (SELECT instrument, donor_key, device_key, campaign_id FROM donation WHERE id = ANY(:ids))
           (SELECT d.id FROM donation d JOIN (SELECT DISTINCT instrument, campaign_id FROM known) AS k
                   USING (instrument, campaign_id) WHERE d.paid_at IS NOT NULL
             ORDER BY d.paid_at DESC LIMIT :most)
           UNION
           (SELECT r.donation_id FROM reservation r WHERE r.state <> 'released'
               AND r.donor_key IN (SELECT donor_key FROM known) ORDER BY r.id DESC LIMIT :most)
           UNION
           (SELECT g.donation_id FROM device_gift g JOIN (SELECT DISTINCT device_key, campaign_id FROM known) AS k
                   USING (device_key, campaign_id) LIMIT :most)""",
        ids=ids,
        most=MOST_RELATED,
    )
    return {row.id for row in rows} | set(ids)
