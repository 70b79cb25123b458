"""PURE. A partner platform's event, in the shape of our own published interface, read into facts."""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from kernel.clock import parse_time
from kernel.errors import Fault, fault
from kernel.ids import donation_id_of
from kernel.money import CURRENCY, amount_fault

PAID = "donation.paid"
REFUNDED = "donation.refunded"
OFFLINE = "offline"  # reserved: donations from files, see campaigns/donations/offline_import.py
BATCH_MOST = 1_000
MOST_TEXT = 200  # characters
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
DEEPEST = 20  # levels of nesting; ours. Far above the interface's three, far below what a parser gives up at


@dataclass(frozen=True, slots=True)
class PartnerFact:
    """What a platform says of one donation. `donor` is its own id of the donor, never a name; amounts in fen.

    For a refund `amount_minor` is what has been given back in all so far.
    """

    kind: Literal["paid", "refunded"]
    partner: str
    donation_id: UUID
    their_id: str
    project_code: str
    amount_minor: int
    currency: str
    occurred_at: datetime
    donor: str
    donor_name: str


def faults(event: Any) -> dict[str, Fault]:
    """Return what is wrong with an event: field -> fault. Empty when `fact_of` can read it."""
    if not isinstance(event, Mapping):
        return {"": fault("not_an_object")}
    if where := _unstorable(event):
        return {where: fault("not_storable")}
    wrong: dict[str, Fault] = {}
    if event.get("type") not in (PAID, REFUNDED):
        wrong["type"] = fault("not_one_of", options=[PAID, REFUNDED])
    _text(event, "id", wrong, "id")
    _time(event, "occurred_at", wrong, "occurred_at")
    data = event.get("data")
    if not isinstance(data, Mapping):
        return wrong | {"data": fault("not_an_object")}
    _text(data, "donation_id", wrong, "data.donation_id")
    amount = data.get("amount_minor")
    refused = amount_fault(amount) if type(amount) is int else fault("not_whole")
    if refused:
        wrong["data.amount_minor"] = refused
    if data.get("currency") != CURRENCY:
        wrong["data.currency"] = fault("currency_unsupported", currency=CURRENCY)
    if event.get("type") == PAID:
        _paid_faults(data, wrong)
    return wrong


def _paid_faults(data: Mapping[str, Any], wrong: dict[str, Fault]) -> None:
    _text(data, "project_code", wrong, "data.project_code")
    _time(data, "paid_at", wrong, "data.paid_at")
    donor = data.get("donor")
    if not isinstance(donor, Mapping):
        wrong["data.donor"] = fault("not_an_object")
        return
    _text(donor, "key", wrong, "data.donor.key")
    if donor.get("name"):
        _text(donor, "name", wrong, "data.donor.name", blank=True)


def _unstorable(event: Mapping[str, Any]) -> str | None:
    """Where an event holds what JSON allows and a database's text does not: NUL, lone surrogates, numbers
    without end; or None. Answers the field's path, `body` where the name itself is such a text."""
    todo: list[tuple[str, Any, int]] = [("", event, 1)]
    while todo:
        path, value, depth = todo.pop()
        if isinstance(value, str) and _UNSTORABLE.search(value):
            return path
        if isinstance(value, float) and not math.isfinite(value):
            return path
        inside: Iterable[tuple[object, Any]] = ()
        if isinstance(value, Mapping):
            inside = value.items()
        elif isinstance(value, list):
            inside = enumerate(value)
        if inside and depth > DEEPEST:
            return path
        for name, part in inside:
            if _UNSTORABLE.search(str(name)):
                return path or "body"
            todo.append((f"{path}.{name}" if path else str(name), part, depth + 1))
    return None


def _text(
    source: Mapping[str, Any], name: str, wrong: dict[str, Fault], label: str, *, blank: bool = False
) -> None:
    value = source.get(name)
    if not isinstance(value, str):
        wrong[label] = fault("required") if value is None else fault("not_text")
    elif len(value) > MOST_TEXT:
        wrong[label] = fault("too_long", most=MOST_TEXT)
    elif not blank and not value.strip():
        wrong[label] = fault("required")


def _time(source: Mapping[str, Any], name: str, wrong: dict[str, Fault], label: str) -> None:
    try:
        parse_time(source[name])
    except (KeyError, ValueError, TypeError, OverflowError):
        wrong[label] = fault("not_a_time")


def fact_of(partner: str, event: Mapping[str, Any]) -> PartnerFact:
    """The fact in an event that has no `faults`."""
    data = event["data"]
    paid = event["type"] == PAID
    donor = data.get("donor") or {}
    return PartnerFact(
        kind="paid" if paid else "refunded",
        partner=partner,
        donation_id=donation_id_of(partner, data["donation_id"]),
        their_id=data["donation_id"],
        project_code=data.get("project_code", ""),
        amount_minor=data["amount_minor"],
        currency=data["currency"],
        occurred_at=parse_time(data["paid_at"] if paid else event["occurred_at"]),
        donor=donor.get("key", ""),
        donor_name=donor.get("name") or "",
    )
