"""The keys that seal raw messages: one per day, wrapped with FIELD_KEY. Deleting a day's key makes the personal
parts of that day's messages unreadable, also in backups without keys. The rows stay as they are."""

import os
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any, NamedTuple

from kernel.db import Tx
from kernel.keys import Keys

NOTHING = 0  # in place of a key's id: the message has no personal part, or no longer has one


class MessageSealing(NamedTuple):
    """A key and its id."""

    id: int
    key: bytes


class KnownKey(NamedTuple):
    """A key that this process has read. It is a day's key as long as the row of the day holds `wrapped`."""

    sealing: MessageSealing
    wrapped: bytes


def known_key(memory: dict[Any, Any]) -> KnownKey | None:
    """Return the key that this process read last (`Database.memory`). The caller must check that it is today's."""
    known: KnownKey | None = memory.get(KnownKey)
    return known


def sealing_key(tx: Tx, keys: Keys) -> MessageSealing:
    """Return today's key, which is created with the first message of the day."""
    return _of_day(tx, keys, tx.now.date())


def make_ahead(tx: Tx, keys: Keys) -> None:
    """Create the keys of today and tomorrow. Call it in a short transaction of its own: a long one (an import) that
    creates a day's key would block every other first message of the day."""
    for day in (tx.now.date(), tx.now.date() + timedelta(days=1)):
        _of_day(tx, keys, day)


def _of_day(tx: Tx, keys: Keys, day: date) -> MessageSealing:
    return _stored(tx, keys, day) or _made(tx, keys, day)


def _stored(tx: Tx, keys: Keys, day: date) -> MessageSealing | None:
    row = tx.row("SELECT id, wrapped FROM message_key WHERE day = :day", day=day)
    if row is None:
        return None
    sealing = MessageSealing(row.id, keys.unwrap(bytes(row.wrapped), context_of(day)))
    tx.memory[KnownKey] = KnownKey(sealing, bytes(row.wrapped))
    return sealing


def _made(tx: Tx, keys: Keys, day: date) -> MessageSealing:
    key = os.urandom(32)
    row = tx.row(
        """INSERT INTO message_key (day, key_id, wrapped) VALUES (:day, :key_id, :wrapped)
           ON CONFLICT (day) DO NOTHING RETURNING id""",
        day=day,
        key_id=keys.key_id,
        wrapped=keys.wrap(key, context_of(day)),
    )
    if row is not None:
        return MessageSealing(row.id, key)
    stored = _stored(tx, keys, day)  # another process created it first
    assert stored is not None
    return stored


def opening_keys(tx: Tx, keys: Keys, ids: Iterable[int]) -> dict[int, bytes]:
    """Return the keys with these ids that still exist, by id."""
    wanted = sorted(set(ids) - {NOTHING})
    if not wanted:
        return {}
    rows = tx.rows("SELECT id, day, wrapped FROM message_key WHERE id = ANY(:ids)", ids=wanted)
    return {row.id: keys.unwrap(bytes(row.wrapped), context_of(row.day)) for row in rows}


def context_of(day: date) -> str:
    """Return the context to which a day's key is bound when it is wrapped."""
    return f"messages:{day.isoformat()}"
