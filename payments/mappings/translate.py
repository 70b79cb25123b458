"""PURE. Turn the fields of a notification into events of our own interface."""

import re
from collections.abc import Iterator
from collections.abc import Mapping as Dictionary
from datetime import UTC, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from kernel.errors import Fault, Invalid, fault
from kernel.text import text_fault
from payments.mappings.document import Mapping, Minor, Rule, Time, parameter_words
from payments.mappings.templates import fill, fits, value_at
from payments.partners.gift_details import MOST_LABEL, MOST_MESSAGE
from payments.partners.partner_events import BATCH_MOST, MOST_TEXT, PAID

_FEN = re.compile(r"[0-9]{1,16}", re.ASCII)
_YUAN = re.compile(r"([0-9]{1,14})(?:\.([0-9]{1,2})0*)?", re.ASCII)


class Translated(NamedTuple):
    """An event of ours. With `each`, its amount is that of the refund `refund_id` alone, not the total."""

    event: dict[str, Any]
    each: bool = False
    refund_id: str = ""

    @property
    def fault(self) -> dict[str, Fault]:
        """Return the faults that only a translated event can have."""
        if not self.each:
            return {}
        if not self.refund_id:
            return {"refund_id": fault("required")}
        return {"refund_id": fault("too_long", most=MOST_TEXT)} if len(self.refund_id) > MOST_TEXT else {}


def translate(
    mapping: Mapping, parameters: Dictionary[str, str], fields: Dictionary[str, Any]
) -> list[Translated | None]:
    """Return the events in a notification; None for each that the mapping ignores.

    Raises Invalid `notification_of_another` if it is for another account or app, `event_invalid` if it matches no
    rule or has no list of events where one is expected, and `batch_too_large`.
    """
    return [_event(mapping, parameters, item) for item in _items(mapping, fields)]


def _items(mapping: Mapping, fields: Dictionary[str, Any]) -> Iterator[dict[str, Any]]:
    if not mapping.events:
        yield dict(fields)
        return
    items = value_at(mapping.events, fields)
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise Invalid("event_invalid", fields={mapping.events: fault("no_events")})
    if len(items) > BATCH_MOST:
        raise Invalid("batch_too_large", most=BATCH_MOST)
    rest = {name: value for name, value in fields.items() if name != mapping.events.split(".")[0]}
    yield from (rest | item for item in items)


def _event(mapping: Mapping, parameters: Dictionary[str, str], fields: dict[str, Any]) -> Translated | None:
    required = _required(mapping, parameters)
    if (path := fits(required, fields)) is not None:
        of_parameter = any(word.startswith("$") for word in mapping.require[path])
        code = "notification_of_another" if of_parameter else "event_invalid"
        raise Invalid(code, fields={path: fault("not_one_of", options=required[path])})
    if any(fits(words, fields) is None for words in mapping.ignore):
        return None
    for rule in mapping.rules:
        if fits(rule.when, fields) is None:
            return _apply(mapping, rule, fields)
    raise Invalid("event_invalid", fields={"rules": fault("no_rule")})


def _required(mapping: Mapping, parameters: Dictionary[str, str]) -> dict[str, list[str]]:
    """Return the words that each field must have, without the fields of optional parameters that are not set."""
    unset = {f"${name}" for name in mapping.optional_parameters if name not in parameters}
    return {
        path: [each for word in words for each in _stated(word, parameters)]
        for path, words in mapping.require.items()
        if unset.isdisjoint(words)
    }


def _stated(word: str, parameters: Dictionary[str, str]) -> list[str]:
    return parameter_words(parameters[word[1:]]) if word.startswith("$") else [word]


def _apply(mapping: Mapping, rule: Rule, fields: dict[str, Any]) -> Translated:
    at = _time(mapping.time, fill(rule.at, fields))
    data: dict[str, Any] = {
        "donation_id": fill(rule.donation_id, fields),
        "amount_minor": _amount(mapping.amount_unit, fill(rule.amount, fields)),
        "currency": fill(rule.currency, fields),
    }
    if rule.type == PAID:
        data |= {"project_code": fill(rule.project_code, fields), "paid_at": at}
        data["donor"] = {"key": fill(rule.donor_key, fields)} | _optional(
            rule.donor_name, fields, "name", MOST_TEXT
        )
        data |= _optional(rule.message, fields, "message", MOST_MESSAGE, lines=True)
        data |= _optional(rule.campaign, fields, "campaign", MOST_LABEL)
        data |= _minor(rule.minor, fields) if rule.minor else {}
    event = {"type": rule.type, "id": fill(rule.id, fields), "occurred_at": at, "data": data, "original": fields}
    return Translated(event, rule.refund == "each", fill(rule.refund_id, fields))


def _minor(rule: Minor, fields: dict[str, Any]) -> dict[str, Any]:
    """Return what a payment states of a donor under age; nothing of a donor of full age."""
    for age, words in (("under_14", rule.under_14), ("under_18", rule.under_18)):
        if words and fits(words, fields) is None:
            return {"minor": {"age": age, "guardian": fits(rule.guardian, fields) is None}}
    return {}


def _optional(
    template: str, fields: dict[str, Any], name: str, most: int, *, lines: bool = False
) -> dict[str, str]:
    """Return an optional text of a payment, left out if it is invalid, because no payment is refused for it."""
    text = fill(template, fields) if template else ""
    return {name: text} if text and text_fault(text, most, lines=lines) is None else {}


def _amount(unit: str, text: str) -> int | str:
    """Return an amount in fen. An unreadable amount is returned unchanged and becomes a fault of the event."""
    if unit == "fen":
        return int(text) if _FEN.fullmatch(text) else text
    figures = _YUAN.fullmatch(text)
    return int(figures[1]) * 100 + int((figures[2] or "").ljust(2, "0")) if figures else text


def _time(rule: Time, text: str) -> str:
    """Return a time as ISO 8601. An unreadable time is returned unchanged."""
    try:
        if rule.form in ("unix_s", "unix_ms"):
            moment = datetime.fromtimestamp(int(text) / (1000 if rule.form == "unix_ms" else 1), UTC)
        elif rule.form == "iso":
            moment = datetime.fromisoformat(text)
        else:
            moment = datetime.strptime(text, rule.pattern)  # noqa: DTZ007 - the zone is the mapping's
    except (ValueError, OverflowError, OSError):
        return text
    return (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(rule.zone))).isoformat()
