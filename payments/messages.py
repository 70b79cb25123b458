"""PURE. A message from outside, ready for the inbox."""

from typing import Any, NamedTuple

from kernel.ids import fingerprint


class Message(NamedTuple):
    """One message. `source` is the provider's name or partner:NAME; `event_id` is unique within it."""

    source: str
    event_id: str
    body: dict[str, Any]
    # Tells a repetition from a contradiction. Stripe counts its deliveries inside the body, so for it the id
    # alone decides.
    body_hash: str = ""


def message(source: str, event_id: str, body: dict[str, Any], *, compare: bool) -> Message:
    """Return a message; with `compare`, another body under the same id counts as a conflict."""
    return Message(source, event_id, body, fingerprint(body) if compare else "")
