"""PURE. Split a message into the fields that the engine uses and the rest, which may be personal and is sealed.

Only listed fields stay in clear, because the engine reads them later (facts about money, checks, lists). Everything
else is sealed, whatever a partner or provider adds to its messages.
"""

from collections.abc import Mapping
from typing import Any

Body = dict[str, Any]
Kept = Mapping[str, Any]  # field -> fields kept inside it; empty: the value itself, unless an object or a list

_VALUE: Kept = {}
_REFERENCE: Kept = {"id": _VALUE}  # an id, or the object with this id

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
    """Return the fields that stay in clear in messages of a source."""
    return _PARTNER if source.startswith("partner:") else _PROVIDER


def split(body: Body, kept: Kept) -> tuple[Body, Body]:
    """Return the part of a message that stays in clear, and the rest; `join` puts them together again."""
    clear: Body = {}
    rest: Body = {}
    for name, value in body.items():
        inner, kind = kept.get(name), type(value)
        if inner is None or kind is list:
            rest[name] = value
        elif kind is not dict:
            clear[name] = value
        elif not inner:
            rest[name] = value
        else:
            clear[name], left = split(value, inner)
            if left:
                rest[name] = left
    return clear, rest


def join(clear: Body, rest: Body) -> Body:
    """Complete the clear part of a message that `split` divided, and return it."""
    for name, value in rest.items():
        inner = clear.get(name)
        clear[name] = join(inner, value) if type(inner) is dict else value
    return clear
