"""PURE. Recognise events without faults in one pass. Nearly all have none, and `partner_events.faults`, which names
every wrong field, takes four times as long.

An event that is not plain may still be valid (a message of several lines, an unknown field). Then `faults` decides.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from kernel.clock import parse_time
from kernel.money import CURRENCY, MAX_MINOR
from payments.partners.gift_details import CHANNELS, MOST_LABEL, MOST_MESSAGE
from payments.partners.partner_events import MOST_TEXT, PAID, REFUND_REVERSED, REFUNDED, SKEW

Check = Callable[[Any], bool]


def is_plain(event: Any, now: datetime) -> bool:
    """Return whether an event certainly has no `faults`."""
    if type(event) is not dict or not _fits(event, *_EVENT):
        return False
    data = event["data"]
    if event["type"] != PAID:
        return _fits(data, *_REFUND) and _has_come(event["occurred_at"], now)
    if not _fits(data, *_PAYMENT):
        return False
    return all(_has_come(time, now) for time in {event["occurred_at"], data["paid_at"]})


def _fits(values: dict[str, Any], checks: Mapping[str, Check], required: frozenset[str]) -> bool:
    """Return whether an object has all required fields and no unknown ones, and each value passes its check."""
    if not required <= values.keys():
        return False
    for name, value in values.items():
        check = checks.get(name)
        if check is None or not check(value):
            return False
    return True


def _has_come(time: str, now: datetime) -> bool:
    try:
        return parse_time(time) <= now + SKEW
    except (ValueError, OverflowError):
        return False


def _text(most: int) -> Check:
    """Return a check for text. Printable text has no control characters, lone surrogates or direction marks."""
    return lambda value: type(value) is str and len(value) <= most and value.isprintable() and bool(value.strip())


def _text_or_nothing(most: int) -> Check:
    return lambda value: type(value) is str and len(value) <= most and value.isprintable()


def _object(checks: Mapping[str, Check], *required: str) -> Check:
    names = frozenset(required)
    return lambda value: type(value) is dict and _fits(value, checks, names)


def _is_flag(value: Any) -> bool:
    return type(value) is bool


def _is_amount(value: Any) -> bool:
    return type(value) is int and 0 < value <= MAX_MINOR


def _is_total(value: Any) -> bool:
    return type(value) is int and 0 <= value <= MAX_MINOR


_is_plain_text = _text(MOST_TEXT)


def _is_plain_id(value: Any) -> bool:
    """Return whether a bill would keep every character of an id (`kernel.tables.clean_cell`)."""
    return _is_plain_text(value) and value[0] not in " `'=" and value[-1] != " "


_MOVE: Mapping[str, Check] = {
    "donation_id": _is_plain_id,
    "currency": lambda value: value == CURRENCY,
    "test": _is_flag,
}
_PAYMENT = (
    {
        **_MOVE,
        "amount_minor": _is_amount,
        "project_code": _text(MOST_TEXT),
        "paid_at": _text(MOST_TEXT),
        "donor": _object({"key": _text(MOST_TEXT), "name": _text_or_nothing(MOST_TEXT)}, "key"),
        "campaign": _text(MOST_LABEL),
        "team": _text(MOST_LABEL),
        "message": _text_or_nothing(MOST_MESSAGE),
        "anonymous": _is_flag,
        "consent": _object({"publish_name": _is_flag}),
        "channel": _object({"kind": CHANNELS.__contains__, "code": _text(MOST_LABEL)}, "kind", "code"),
    },
    frozenset({"donation_id", "amount_minor", "currency", "project_code", "paid_at", "donor"}),
)
_REFUND = ({**_MOVE, "amount_minor": _is_total}, frozenset({"donation_id", "amount_minor", "currency"}))
_EVENT = (
    {
        "type": (PAID, REFUNDED, REFUND_REVERSED).__contains__,
        "id": _text(MOST_TEXT),
        "occurred_at": _text(MOST_TEXT),
        "test": _is_flag,
        "data": lambda value: type(value) is dict,
    },
    frozenset({"type", "id", "occurred_at", "data"}),
)
