"""Receive messages of concurrent callers: store them durably before their senders get an answer."""

import random
import time
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from sqlalchemy.exc import OperationalError

from kernel.db import NOW, Database
from kernel.errors import Unavailable
from kernel.keys import Keys
from payments.inbox.inbox import MessageKey, Stored, distinct, insertion, outcomes, store_each
from payments.inbox.message_keys import known_key
from payments.inbox.sealed_messages import sealed_columns
from payments.messages import Message

_MET = ("40P01", "40001")  # deadlock and serialization failure: another transaction got in the way
_ATTEMPTS = 6  # our default; the sixth begins after about 2 s
_PAUSE_S = 0.05  # before the second attempt; doubled before each further one
# The time, if the key that sealed the messages is still the key of its day.
_IN_TIME = f"""
    SELECT now FROM (SELECT {NOW} AS now OFFSET 0) AS t
      JOIN message_key k ON k.day = CAST(t.now AT TIME ZONE 'UTC' AS date) AND k.wrapped = :wrapped"""


def receive(db: Database, keys: Keys, messages: Sequence[Message]) -> Stored:
    """Store the messages of one caller. Raises as `receive_each`."""
    return receive_each(db, keys, [messages])[0]


def receive_each(db: Database, keys: Keys, batches: Sequence[Sequence[Message]]) -> list[Stored]:
    """Store the messages of several callers; try again if another transaction gets in the way.

    Nearly all messages are new, and one statement stores them. The rest (repeated or contradicting messages, the
    first ones of a day) takes a transaction.

    Raises Unavailable `requests_met` if the last attempt conflicts too.
    """
    first, conflicts = distinct(batches)
    new: set[MessageKey] | None = None
    for attempt in range(_ATTEMPTS):
        if attempt:
            time.sleep(_PAUSE_S * 2 ** (attempt - 1) * random.uniform(0.5, 1.5))  # noqa: S311 - no secret
        try:
            if new is None:
                new = _store_at_once(db, keys, list(first.values()))
            if new is not None and len(new) == len(first) and not conflicts:
                return outcomes(batches, first.values(), ())
            with db.transaction() as tx:
                return store_each(tx, keys, batches, new)
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) not in _MET:
                raise
    raise Unavailable("requests_met")


class _StoredKey(NamedTuple):
    source: str | None
    event_id: str


def _store_at_once(db: Database, keys: Keys, messages: Sequence[Message]) -> set[MessageKey] | None:
    """Store messages with one statement and return the keys of the new ones; None, with nothing stored, if this
    process does not know today's key."""
    known = known_key(db.memory)
    if known is None or not messages:
        return None
    values = sealed_columns(known.sealing, keys, messages)
    rows = db.rows_at_once(_StoredKey, _statement(tuple(values)), **values, wrapped=known.wrapped)
    return {MessageKey(row.source, row.event_id) for row in rows if row.source is not None} if rows else None


@cache
def _statement(columns: tuple[str, ...]) -> str:
    """Return the statement that stores messages. Its first row has no source, and is missing if their key is not
    today's, so that nothing was stored."""
    return insertion(columns, _IN_TIME, "SELECT NULL AS source, NULL AS event_id FROM moment UNION ALL")
