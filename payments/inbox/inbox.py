"""The inbox: store messages from outside once, durably, before they are processed."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from functools import cache
from itertools import chain
from typing import Any, NamedTuple
from uuid import UUID

from kernel.bulk import insert_rows, unnest, update_rows
from kernel.db import Tx
from kernel.keys import Keys
from payments.inbox.sealed_messages import columns, keyed_content, opened
from payments.messages import Message, content_hash
from payments.models import InboxConflict, InboxEvent, InboxWork


class Stored(NamedTuple):
    """How many messages were new, how many were repeated, and how many contradict an earlier one. `results` has the
    outcome of each message, in their order."""

    new: int
    repeated: int
    conflicting: int
    results: tuple[str, ...] = ()


class InboxMessage(NamedTuple):
    """A stored message that is due, unsealed. `note` is why it waited before; `donation_id` and `confirmed` are
    what an operator decided (see InboxWork)."""

    id: int
    source: str
    event_id: str
    received_at: datetime
    body: dict[str, Any]
    note: str
    donation_id: UUID | None
    confirmed: bool


class Outcome(NamedTuple):
    """The outcome of a message: its state (see InboxWork) and a note, which is a stable code with its parameters.
    `reference` identifies the payment of another shop's message, or a platform's donation."""

    message_id: int
    state: str
    note: str = ""
    reference: str | None = None


class MessageKey(NamedTuple):
    """The unique key of a message."""

    source: str
    event_id: str


class _Known(NamedTuple):
    source: str
    event_id: str
    body_hash: str
    body: dict[str, Any]
    sealed: bytes | None
    sealed_by: int | None


class _Due(NamedTuple):
    id: int
    source: str
    event_id: str
    received_at: datetime
    body: dict[str, Any]
    sealed: bytes | None
    sealed_by: int | None
    note: str
    donation_id: UUID | None
    confirmed: bool


def store(tx: Tx, keys: Keys, messages: Sequence[Message]) -> Stored:
    """Store each message once, with its personal parts sealed. A message that repeats an id with another body is
    kept apart as a conflict; the first one wins."""
    return store_each(tx, keys, [messages])[0]


def store_each(
    tx: Tx, keys: Keys, batches: Sequence[Sequence[Message]], stored: Collection[MessageKey] | None = None
) -> list[Stored]:
    """Store the messages of several callers as `store` does, one caller after another. Return one result each.
    `stored`: those that were new, if all new ones are stored already."""
    first, conflicts = distinct(batches)
    new = _insert(tx, columns(tx, keys, list(first.values()))) if stored is None else stored
    conflicts += _contradicting(tx, keys, [message for key, message in first.items() if key not in new])
    if conflicts:
        rows = sorted(conflicts, key=lambda message: (message.source, message.event_id, message.body_hash))
        insert_rows(tx, InboxConflict, columns(tx, keys, rows) | {"received_at": tx.now}, conflict="any")
    return outcomes(batches, [first[key] for key in new], conflicts)


def outcomes(
    batches: Sequence[Sequence[Message]], stored: Iterable[Message], conflicts: Iterable[Message]
) -> list[Stored]:
    """Return the outcome of each caller's messages."""
    ids, contradicting = {id(message) for message in stored}, {id(message) for message in conflicts}
    return [_count(batch, ids, contradicting) for batch in batches]


def distinct(batches: Sequence[Sequence[Message]]) -> tuple[dict[MessageKey, Message], list[Message]]:
    """Return the first message of each key, and the messages that contradict the first one of their key."""
    first: dict[MessageKey, Message] = {}
    conflicts: list[Message] = []
    for message in chain.from_iterable(batches):
        known = first.setdefault(MessageKey(message.source, message.event_id), message)
        if known is not message and known.body_hash != message.body_hash:
            conflicts.append(message)
    return first, conflicts


def _count(batch: Sequence[Message], stored: set[int], conflicts: set[int]) -> Stored:
    """Count the outcomes of one caller's messages; `stored` and `conflicts` hold the `id()` of Message objects."""
    new = len({id(message) for message in batch} & stored)
    conflicting = sum(id(message) in conflicts for message in batch)
    results = tuple(
        "accepted" if id(message) in stored else "conflicting" if id(message) in conflicts else "repeated"
        for message in batch
    )
    return Stored(new, len(batch) - new - conflicting, conflicting, results)


def _insert(tx: Tx, values: dict[str, Any]) -> set[MessageKey]:
    """Insert messages with their work rows, and return the keys of those that were new."""
    sql = insertion(tuple(values), "SELECT CAST(:now AS timestamptz) AS now")
    return set(tx.rows_as(MessageKey, sql, **values, now=tx.now))


@cache
def insertion(columns: tuple[str, ...], time: str, before: str = "") -> str:
    """Return the statement that inserts messages with their work rows, and returns the keys of those that were new.
    `time` selects when they are received as `now`, in one row; without a row, nothing is inserted. `before` selects
    rows that precede the keys, and may read `time` as `moment`.

    Ids follow the order of the messages, which is the order of processing. Rows are inserted in key order, so that
    requests with the same messages in different orders wait for each other and do not deadlock.
    """
    names = ", ".join(columns)
    return f"""WITH moment AS MATERIALIZED ({time}),
                numbered AS MATERIALIZED (
                    SELECT nextval('inbox_event_id_seq') AS id,
                           {names}
                      FROM (SELECT * FROM {unnest(InboxEvent, *columns, ordinal="nth")} ORDER BY nth) AS sent),
                new AS (
                    INSERT INTO inbox_event (id, {names}, received_at)
                    OVERRIDING SYSTEM VALUE
                    SELECT id, {names}, now
                      FROM numbered CROSS JOIN moment ORDER BY source, event_id /* order:inbox */
                    ON CONFLICT (source, event_id) DO NOTHING RETURNING id, source, event_id),
                work AS (INSERT INTO inbox_work (inbox_id) SELECT id FROM new ORDER BY id)
                {before} SELECT source, event_id FROM new"""


def _contradicting(tx: Tx, keys: Keys, messages: Sequence[Message]) -> list[Message]:
    """Return the repeated messages whose content differs from the stored one. After a donor was erased, the content
    of their message cannot be compared any more, so the id alone decides."""
    if not messages:
        return []
    hashes = [keyed_content(keys, message.body_hash) for message in messages]
    rows = tx.rows_as(
        _Known,
        f"""SELECT e.source, e.event_id, e.body_hash, e.body, e.sealed, e.sealed_by
              FROM {unnest(InboxEvent, "source", "event_id", "body_hash")}
              JOIN inbox_event e ON e.source = u.source AND e.event_id = u.event_id
                                AND e.body_hash NOT IN (u.body_hash, '')""",
        source=[message.source for message in messages],
        event_id=[message.event_id for message in messages],
        body_hash=hashes,
    )
    # Earlier versions stored a hash of the whole body, so the content itself must be compared.
    stored = {
        (row.source, row.event_id): keyed_content(keys, content_hash(body))
        for row, body in zip(rows, opened(tx, keys, rows), strict=True)
    }
    return [
        message
        for message, hash_ in zip(messages, hashes, strict=True)
        if stored.get((message.source, message.event_id), hash_) != hash_
    ]


def claim(tx: Tx, keys: Keys, most: int) -> list[InboxMessage]:
    """Claim due messages until the transaction ends, oldest first.

    Messages claimed by another worker are skipped, so that no two workers process the same message.
    """
    rows = tx.rows_as(
        _Due,
        """SELECT e.id, e.source, e.event_id, e.received_at, e.body, e.sealed, e.sealed_by, due.note,
                  due.donation_id, due.confirmed
             FROM (SELECT inbox_id, note, donation_id, confirmed FROM inbox_work WHERE state = 'new'
                    ORDER BY inbox_id LIMIT :most FOR UPDATE SKIP LOCKED /* lock:inbox */) AS due
             JOIN inbox_event e ON e.id = due.inbox_id ORDER BY e.id""",
        most=most,
    )
    return [
        InboxMessage(*row[:4], body, row.note, row.donation_id, row.confirmed)
        for row, body in zip(rows, opened(tx, keys, rows), strict=True)
    ]


def has_due(tx: Tx, least: int) -> bool:
    """Return whether at least this many messages are due, claimed ones included."""
    return bool(
        tx.scalar("SELECT EXISTS (SELECT FROM inbox_work WHERE state = 'new' OFFSET :least - 1)", least=least)
    )


def finish(tx: Tx, outcomes: Sequence[Outcome]) -> None:
    """Record the outcomes of claimed messages."""
    if outcomes:
        values = {
            "inbox_id": [outcome.message_id for outcome in outcomes],
            "state": [outcome.state for outcome in outcomes],
            "note": [outcome.note for outcome in outcomes],
            "reference": [outcome.reference for outcome in outcomes],
            "done_at": tx.now,
        }
        update_rows(tx, InboxWork, "inbox_id", values)


def foreign_references(tx: Tx, references: Sequence[str]) -> set[str]:
    """Return which of these payments of the provider are known as another shop's."""
    if not references:
        return set()
    rows = tx.rows(
        "SELECT DISTINCT reference FROM inbox_work WHERE state = 'ignored' AND reference = ANY(:references)",
        references=list(references),
    )
    return {row.reference for row in rows}
