"""The job that looks at paid donations and holds the match of those that give a sign (刷单套捐).

It decides nothing: a hit opens a case for a person and holds the match, never the donation. One case a donation,
for ever: what a person decided is not asked again.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from itertools import takewhile
from typing import Any, NamedTuple
from uuid import UUID

from campaigns.dependencies import Dependencies
from campaigns.donations.states import COUNTED
from campaigns.lifecycle.campaign import lock_shared
from campaigns.screening.context import SCREENED, ScreeningSubject, load_contexts, subjects
from campaigns.screening.settings import limits_of
from campaigns.screening.signals import Signal, named, signals
from campaigns.screening.thresholds import Thresholds, installed
from kernel.db import Tx
from ledger.post import post
from matching.holds import hold_match

BATCH = 2_000
# Transactions may commit up to so much later than their rows were numbered; each donation is looked at again
# after that, when the pattern around it is complete too.
OVERLAP = timedelta(minutes=2)
MOST_RELATED = 1_000  # donations of the same person that are looked at again with one of them (ours)
Changed = Callable[[set[int]], None]


def screen(deps: Dependencies, changed: Changed = lambda _: None) -> int:
    """Look at everything that was paid, or became known, since the last time; answers how many cases were
    opened. Safe beside itself. After each commit `changed` gets the campaigns whose match moved."""
    opened = 0
    more = True
    while more:
        with deps.db.transaction() as tx:
            due, more = _due(tx)
            cases = screen_donations(tx, due, installed(deps.screening_defaults))
            opened += len(cases)
            tx.after_commit(lambda touched=set(cases.values()): changed(touched))  # type: ignore[misc]
    return opened


def screen_donations(tx: Tx, donation_ids: Iterable[UUID], default: Thresholds) -> dict[UUID, int]:
    """Look at donations, and at those that their signs name, by the thresholds of their campaigns; answers
    donation -> campaign of new cases."""
    ids = set(donation_ids)
    if not ids:
        return {}
    _remember_devices(tx, ids)
    hits, others = _judge(tx, ids, default)
    if others - ids:
        hits |= _judge(tx, others - ids, default)[0]
    return open_cases(tx, hits)


def _remember_devices(tx: Tx, ids: set[UUID]) -> None:
    """Note from which devices these came, in one order, so that two who look at once never wait in a ring."""
    tx.run(
        """INSERT INTO device_gift (campaign_id, device_key, donation_id)
           SELECT campaign_id, device_key, id FROM donation
            WHERE id = ANY(:ids) AND device_key IS NOT NULL AND paid_at IS NOT NULL ORDER BY 1, 2, 3
           ON CONFLICT DO NOTHING""",
        ids=list(ids),
    )


Hits = dict[UUID, tuple[Signal, ...]]


def _judge(tx: Tx, ids: set[UUID], default: Thresholds) -> tuple[Hits, set[UUID]]:
    """The signs of these donations, and which others belong to the same patterns."""
    asked = subjects(tx, ids)
    limits = limits_of(tx, {one.campaign_id for one in asked}, default)
    hits: Hits = {}
    others: set[UUID] = set()
    for campaign_id, own in limits.items():
        some, named_too = _judge_campaign(tx, [one for one in asked if one.campaign_id == campaign_id], own)
        hits |= some
        others |= named_too
    return hits, others


def _judge_campaign(tx: Tx, asked: Sequence[ScreeningSubject], limits: Thresholds) -> tuple[Hits, set[UUID]]:
    """The same for donations of one campaign."""
    found, caps = load_contexts(tx, asked, limits)
    hits = {id_: signs for id_, one in found.items() if (signs := signals(one.gift, one.around, limits))}
    return hits, set(caps).union(*(named(signs) for signs in hits.values()))


def open_cases(tx: Tx, hits: Mapping[UUID, tuple[Signal, ...]]) -> dict[UUID, int]:
    """Open a case for each donation that still has match and none yet, and hold that match.

    Locks in the house's order: campaigns shared, then donations; the signs were found before, without locks.
    """
    if not hits:
        return {}
    ids = sorted(hits)
    wanted = tx.rows("SELECT DISTINCT campaign_id FROM donation WHERE id = ANY(:ids)", ids=ids)
    living = [one.id for one in lock_shared(tx, ids=sorted(row[0] for row in wanted)) if one.phase in SCREENED]
    tx.rows("SELECT id FROM donation WHERE id = ANY(:ids) ORDER BY id FOR UPDATE /* lock:donations */", ids=ids)
    rows = tx.rows(
        """INSERT INTO screening_case (donation_id, campaign_id, signals, held_minor, state, opened_at)
           SELECT d.id, d.campaign_id, u.signals, m.live, 'open', :now
             FROM unnest(CAST(:ids AS uuid[]), CAST(:signals AS jsonb[])) AS u(id, signals)
             JOIN donation d ON d.id = u.id AND d.campaign_id = ANY(:living) AND d.status = ANY(:statuses)
            CROSS JOIN LATERAL (SELECT sum(amount_minor - returned_minor) AS live FROM reservation
                                 WHERE donation_id = d.id AND state = 'captured') AS m
            WHERE m.live > 0 ORDER BY d.id
           ON CONFLICT (donation_id) DO NOTHING RETURNING id, donation_id, campaign_id""",
        ids=ids,
        signals=[json.dumps([_stored(sign) for sign in hits[id_]]) for id_ in ids],
        living=living,
        statuses=sorted(COUNTED),
        now=tx.now,
    )
    post(tx, hold_match(tx, {row.donation_id: row.id for row in rows}))
    return {row.donation_id: row.campaign_id for row in rows}


def _stored(sign: Signal) -> dict[str, Any]:
    return {"code": sign.code, "evidence": sign.evidence}


class _Mark(NamedTuple):
    sure_id: int
    seen_id: int


def _due(tx: Tx) -> tuple[set[UUID], bool]:
    """Claim what is to be looked at next: donations, and whether there is more. Who comes second waits."""
    mark = _lock_mark(tx)
    again = tx.rows(
        """DELETE FROM donation_look WHERE id IN (SELECT id FROM donation_look ORDER BY id LIMIT :most)
        RETURNING donation_id""",
        most=BATCH,
    )
    fresh = _paid_after(tx, mark.seen_id)
    old = list(takewhile(lambda row: row.at <= tx.now - OVERLAP, _paid_after(tx, mark.sure_id)))
    tx.run(
        "UPDATE screening_mark SET seen_id = :seen, sure_id = :sure",
        seen=fresh[-1].id if fresh else mark.seen_id,
        sure=old[-1].id if old else mark.sure_id,
    )
    ids = {row.donation_id for row in (*fresh, *old)} | _related(tx, [row[0] for row in again])
    return ids, max(len(again), len(fresh), len(old)) == BATCH


def _lock_mark(tx: Tx) -> _Mark:
    tx.run("INSERT INTO screening_mark (id, sure_id, seen_id) VALUES (1, 0, 0) ON CONFLICT DO NOTHING")
    row = tx.row("SELECT sure_id, seen_id FROM screening_mark FOR UPDATE")
    assert row is not None
    return _Mark(row.sure_id, row.seen_id)


def _paid_after(tx: Tx, mark: int) -> list[Any]:
    return list(
        tx.rows(
            """SELECT id, donation_id, at FROM donation_history
                WHERE id > :mark AND to_status = 'paid' ORDER BY id LIMIT :most""",
            mark=mark,
            most=BATCH,
        )
    )


def _related(tx: Tx, ids: list[UUID]) -> set[UUID]:
    """These donations and others of the same instruments, donors, devices: what became known may concern them."""
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
    return {row[0] for row in rows} | set(ids)
