"""The inbox: what the world tells us is stored once, durably, before anything is made of it."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from kernel.db import Tx
from kernel.ids import fingerprint


class Message(NamedTuple):
    """One event from outside. `source` is stripe or partner:NAME; `event_id` is unique within it."""

    source: str
    event_id: str
    body: dict[str, Any]
    # What tells a repetition from a contradiction. Stripe counts its deliveries inside the body, so for it
    # the id alone decides.
    body_hash: str = ""


class Stored(NamedTuple):
    """How many messages were new, how many had come before, and how many contradict an earlier one."""

    new: int
    repeated: int
    conflicting: int


class Event(NamedTuple):
    """A stored message that is to be worked off."""

    id: int
    source: str
    event_id: str
    body: dict[str, Any]


def store(tx: Tx, messages: Sequence[Message]) -> Stored:
    """Keep messages, each once. The same id with another body is kept beside, flagged; the first one wins."""
    unique: dict[tuple[str, str], Message] = {}
    conflicts: list[Message] = []
    for one in messages:
        first = unique.setdefault((one.source, one.event_id), one)
        if first is not one and first.body_hash != one.body_hash:
            conflicts.append(one)
    fresh = _insert(tx, list(unique.values()))
    old = [one for key, one in unique.items() if key not in fresh]
    conflicts += _contradicting(tx, old)
    _keep_conflicts(tx, conflicts)
    return Stored(len(fresh), len(messages) - len(fresh) - len(conflicts), len(conflicts))


def message(source: str, event_id: str, body: dict[str, Any], *, compare: bool) -> Message:
    """A message ready to be stored; with `compare`, another body under the same id counts as a conflict."""
    return Message(source, event_id, body, fingerprint(body) if compare else "")


def _insert(tx: Tx, messages: Sequence[Message]) -> set[tuple[str, str]]:
    rows = tx.rows(
        """WITH fresh AS (
               INSERT INTO inbox_event (source, event_id, body, body_hash, received_at)
               SELECT s, e, b, h, :now
                 FROM unnest(CAST(:sources AS text[]), CAST(:ids AS text[]), CAST(:bodies AS jsonb[]),
                             CAST(:hashes AS text[])) WITH ORDINALITY AS u(s, e, b, h, n) ORDER BY n
               ON CONFLICT (source, event_id) DO NOTHING RETURNING id, source, event_id),
           work AS (INSERT INTO inbox_work (inbox_id) SELECT id FROM fresh ORDER BY id)
           SELECT source, event_id FROM fresh""",
        **_columns(messages),
        now=tx.now,
    )
    return {(row[0], row[1]) for row in rows}


def _columns(messages: Sequence[Message]) -> dict[str, list[str]]:
    return {
        "sources": [one.source for one in messages],
        "ids": [one.event_id for one in messages],
        "bodies": [json.dumps(one.body, ensure_ascii=False) for one in messages],
        "hashes": [one.body_hash for one in messages],
    }


def _contradicting(tx: Tx, messages: Sequence[Message]) -> list[Message]:
    if not messages:
        return []
    rows = tx.rows(
        """SELECT e.source, e.event_id, e.body_hash
             FROM unnest(CAST(:sources AS text[]), CAST(:ids AS text[])) AS u(source, event_id)
             JOIN inbox_event e USING (source, event_id)""",
        sources=[one.source for one in messages],
        ids=[one.event_id for one in messages],
    )
    known = {(row[0], row[1]): row[2] for row in rows}
    return [one for one in messages if known[one.source, one.event_id] != one.body_hash]


def _keep_conflicts(tx: Tx, messages: Sequence[Message]) -> None:
    if messages:
        tx.run(
            """INSERT INTO inbox_conflict (source, event_id, body, body_hash, received_at)
               SELECT s, e, b, h, :now
                 FROM unnest(CAST(:sources AS text[]), CAST(:ids AS text[]), CAST(:bodies AS jsonb[]),
                             CAST(:hashes AS text[])) AS u(s, e, b, h)
               ON CONFLICT DO NOTHING""",
            **_columns(messages),
            now=tx.now,
        )


def claim(tx: Tx, most: int) -> list[Event]:
    """Take messages that are due, oldest first; they stay claimed until the transaction ends. Messages that
    another worker holds are passed over, so that two workers never do the same work."""
    rows = tx.rows(
        """SELECT e.id, e.source, e.event_id, e.body
             FROM (SELECT inbox_id FROM inbox_work WHERE state = 'new'
                    ORDER BY inbox_id LIMIT :most FOR UPDATE SKIP LOCKED /* lock:inbox */) AS due
             JOIN inbox_event e ON e.id = due.inbox_id ORDER BY e.id""",
        most=most,
    )
    return [Event(*row) for row in rows]


def finish(tx: Tx, outcomes: Sequence[tuple[int, str, str]]) -> None:
    """Say what became of claimed messages: (id, state, note)."""
    if outcomes:
        tx.run(
            """UPDATE inbox_work w SET state = u.state, note = u.note, done_at = :now
                 FROM unnest(CAST(:ids AS bigint[]), CAST(:states AS text[]), CAST(:notes AS text[]))
                      AS u(id, state, note)
                WHERE w.inbox_id = u.id""",
            ids=[one[0] for one in outcomes],
            states=[one[1] for one in outcomes],
            notes=[one[2] for one in outcomes],
            now=tx.now,
        )


def reopen(tx: Tx, notes: Sequence[str]) -> int:
    """What these messages waited for has come: they are due again."""
    if not notes:
        return 0
    return tx.run(
        "UPDATE inbox_work SET state = 'new', done_at = NULL WHERE state = 'waiting' AND note = ANY(:notes)",
        notes=list(notes),
    )


def retry(tx: Tx, *, waiting_since: datetime, event: int | None = None, most: int = 200) -> int:
    """Messages that wait, and were last looked at by `waiting_since`, are due again (or only the one with the
    id `event`), those first that were not looked at for longest; answers how many."""
    return tx.run(
        """UPDATE inbox_work SET state = 'new'
            WHERE inbox_id IN (SELECT inbox_id FROM inbox_work
                                WHERE state = 'waiting' AND done_at <= :since
                                  AND (CAST(:event AS bigint) IS NULL OR inbox_id = :event)
                                ORDER BY done_at, inbox_id LIMIT :most FOR UPDATE SKIP LOCKED)""",
        since=waiting_since,
        event=event,
        most=most,
    )
