"""PURE. Split a message into what the engine goes by and the rest, which may be personal and is sealed.

What stays in clear is a list of fields (the engine reads them later: facts about money, checks, lists); everything
else is sealed, whatever a partner or provider adds to its messages.
"""

from collections.abc import Mapping
from typing import Any

Body = dict[str, Any]
Kept = Mapping[str, Any]  # field -> the fields kept inside it; empty: the value itself, when it is no object

_VALUE: Kept = {}
_REFERENCE: Kept = {"id": _VALUE}  # an id, or the object that has it

_PARTNER: Kept = {
    **dict.fromkeys(("id", "type", "occurred_at"), _VALUE),
    "data": {
        **dict.fromkeys(("donation_id", "project_code", "amount_minor", "currency", "paid_at", "campaign"), _VALUE),
        "channel": dict.fromkeys(("kind", "code"), _VALUE),
    },
    "correction": dict.fromkeys(("amount_minor", "project_code"), _VALUE),
}
_OBJECT = ("id", "object", "amount", "amount_received", "amount_total", "amount_refunded", "currency", "status")
_PROVIDER: Kept = {
    **dict.fromkeys(("id", "object", "type", "created", "livemode"), _VALUE),
    "data": {
        "object": {
            **dict.fromkeys((*_OBJECT, "created", "fraud_type"), _VALUE),
            "latest_charge": {"id": _VALUE, "amount_refunded": _VALUE},
            "payment_intent": _REFERENCE,
            "charge": _REFERENCE,
            "metadata": {"donation_id": _VALUE},
        }
    },
}


def kept_of(source: str) -> Kept:
    """Return the fields that stay in clear of the messages of a source."""
    return _PARTNER if source.startswith("partner:") else _PROVIDER


def split(body: Body, kept: Kept) -> tuple[Body, Body]:
    """Return what is kept in clear of a message, and the rest; `join` puts them together."""
    clear: Body = {}
    rest: Body = {}
    for name, value in body.items():
        inner = kept.get(name)
        if inner is None or isinstance(value, list) or (isinstance(value, dict) and not inner):
            rest[name] = value
        elif isinstance(value, dict):
            clear[name], left = split(value, inner)
            if left:
                rest[name] = left
        else:
            clear[name] = value
    return clear, rest


def join(clear: Body, rest: Body) -> Body:
    """Return the message that was split."""
    body = dict(clear)
    for name, value in rest.items():
        inner = clear.get(name)
        body[name] = join(inner, value) if isinstance(inner, dict) else value
    return body
