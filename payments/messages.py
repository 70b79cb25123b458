"""PURE. A message from outside, ready for the inbox."""

import hashlib
from typing import Any, NamedTuple

import orjson

from kernel.ids import fingerprint


class Message(NamedTuple):
    """One message. `source` is the provider's name or partner:NAME; `event_id` is unique within it."""

    source: str
    event_id: str
    body: dict[str, Any]
    # The hash of the content tells a repetition from a contradiction. Empty for Stripe, where the id alone decides.
    body_hash: str = ""


# The content of a partner's event. The other fields belong to its delivery and may differ between repetitions.
CONTENT = ("type", "data")


def message(source: str, event_id: str, body: dict[str, Any], *, compare: bool) -> Message:
    """Return a message. With `compare`, other content under the same id counts as a conflict."""
    return Message(source, event_id, body, content_hash(body) if compare else "")


def content_hash(body: dict[str, Any]) -> str:
    """Return a hash of the content of a partner's event, without the fields of its envelope."""
    content = [body.get(name) for name in CONTENT]
    try:
        return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()
    except TypeError:  # an integer beyond 64 bits
        return fingerprint(content)
