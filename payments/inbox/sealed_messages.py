"""Messages at rest: the personal part of each is sealed with the key of its day (`message_keys`)."""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import orjson

from kernel.db import Tx
from kernel.keys import Cipher, Keys
from payments.inbox.message_keys import NOTHING, MessageSealing, opening_keys, sealing_key
from payments.inbox.personal_parts import Body, join, kept_of, split
from payments.messages import Message

_AS_ZEROS = bytes.maketrans(b"123456789", b"000000000")
_LONG_NUMBER = b"0" * 19  # after `_AS_ZEROS`: orjson would parse it as a float


class OpenMessage(Protocol):
    """A message whose body is complete."""

    @property
    def source(self) -> str: ...
    @property
    def event_id(self) -> str: ...
    @property
    def body(self) -> Body: ...


class SealedMessage(OpenMessage, Protocol):
    """A stored message."""

    @property
    def sealed(self) -> bytes | None: ...
    @property
    def sealed_by(self) -> int | None: ...


class Sealed(NamedTuple):
    """A message as it is stored: its clear part as JSON, and the rest sealed (None: there is none)."""

    body: str
    sealed: bytes | None


def columns(tx: Tx, keys: Keys, messages: Sequence[Message]) -> dict[str, list[Any]]:
    """Return the column values of messages to be stored."""
    return sealed_columns(sealing_key(tx, keys), keys, messages)


def sealed_columns(sealing: MessageSealing, keys: Keys, messages: Sequence[Message]) -> dict[str, list[Any]]:
    """Return the column values of messages sealed with a key."""
    key_id, key = sealing
    rows = seal_messages(Cipher(key), messages)
    return {
        "source": [message.source for message in messages],
        "event_id": [message.event_id for message in messages],
        "body": [row.body for row in rows],
        "body_hash": [keyed_content(keys, message.body_hash) for message in messages],
        "sealed": [row.sealed for row in rows],
        "sealed_by": [NOTHING if row.sealed is None else key_id for row in rows],
    }


def keyed_content(keys: Keys, body_hash: str) -> str:
    """Return the keyed hash that is stored for a message's content; "" stays "" (the id alone decides)."""
    return keys.content(body_hash) if body_hash else ""


def seal_messages(cipher: Cipher, messages: Sequence[OpenMessage]) -> list[Sealed]:
    """Split messages and seal their personal parts."""
    parts = [split(message.body, kept_of(message.source)) for message in messages]
    personal = [(rest, message) for (_, rest), message in zip(parts, messages, strict=True) if rest]
    sealed = iter(
        cipher.seal_each(
            [_json(rest).encode() for rest, _ in personal],
            (_context(message.source, message.event_id) for _, message in personal),
        )
    )
    return [Sealed(_json(clear), next(sealed) if rest else None) for clear, rest in parts]


def _json(body: Body) -> str:
    try:
        return orjson.dumps(body).decode()
    except TypeError:  # an integer beyond 64 bits
        return json.dumps(body, ensure_ascii=False)


def _context(source: str, event_id: str) -> bytes:
    return f"{source}\x1f{event_id}".encode()


def opened(tx: Tx, keys: Keys, messages: Sequence[SealedMessage]) -> list[Body]:
    """Return the bodies of stored messages, complete if the personal part is still readable."""
    day_keys = opening_keys(tx, keys, {message.sealed_by or NOTHING for message in messages})
    ciphers = {id_: Cipher(key) for id_, key in day_keys.items()}
    return [_whole(message, ciphers.get(message.sealed_by or NOTHING)) for message in messages]


def _whole(message: SealedMessage, cipher: Cipher | None) -> Body:
    if message.sealed is None or cipher is None:
        return message.body
    plain = cipher.unseal(bytes(message.sealed), _context(message.source, message.event_id))
    return join(message.body, _parsed(plain))


def _parsed(plain: bytes) -> Body:
    """Parse JSON written by `_json`; integers beyond 64 bits stay integers."""
    # A regular expression would take twice as long as parsing.
    body: Body = json.loads(plain) if _LONG_NUMBER in plain.translate(_AS_ZEROS) else orjson.loads(plain)
    return body
