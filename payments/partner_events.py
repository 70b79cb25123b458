"""PURE. A partner platform's event, in the shape of our own published interface, read into facts."""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from kernel.clock import parse_time
from kernel.ids import donation_id_of
from kernel.money import CURRENCY, MAX_MINOR

PAID = "donation.paid"
REFUNDED = "donation.refunded"
OFFLINE = "offline"  # reserved: donations from files, see campaigns/donations/offline_import.py
BATCH_MOST = 1_000
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


def faults(event: Any) -> dict[str, str]:
    """What is wrong with an event: field -> reason. Empty when `fact_of` can read it."""
    if not isinstance(event, Mapping):
        return {"": "must be an object"}
    if where := _unstorable(event):
        return {where: f"holds a NUL, half a character, or more than {DEEPEST} levels"}
    wrong: dict[str, str] = {}
    if event.get("type") not in (PAID, REFUNDED):
        wrong["type"] = f"must be {PAID} or {REFUNDED}"
    _text(event, "id", wrong, "id")
    _time(event, "occurred_at", wrong, "occurred_at")
    data = event.get("data")
    if not isinstance(data, Mapping):
        return wrong | {"data": "must be an object"}
    _text(data, "donation_id", wrong, "data.donation_id")
    amount = data.get("amount_minor")
    if not isinstance(amount, int) or isinstance(amount, bool) or not 1 <= amount <= MAX_MINOR:
        wrong["data.amount_minor"] = "must be a positive whole number of fen"
    if data.get("currency") != CURRENCY:
        wrong["data.currency"] = f"must be {CURRENCY}"
    if event.get("type") == PAID:
        _paid_faults(data, wrong)
    return wrong


def _paid_faults(data: Mapping[str, Any], wrong: dict[str, str]) -> None:
    _text(data, "project_code", wrong, "data.project_code")
    _time(data, "paid_at", wrong, "data.paid_at")
    donor = data.get("donor")
    if not isinstance(donor, Mapping):
        wrong["data.donor"] = "must be an object with a key"
        return
    _text(donor, "key", wrong, "data.donor.key")
    name = donor.get("name") or ""
    if not isinstance(name, str) or len(name) > 200:
        wrong["data.donor.name"] = "must be text of at most 200 characters"


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


def _text(source: Mapping[str, Any], name: str, wrong: dict[str, str], label: str) -> None:
    value = source.get(name)
    if not isinstance(value, str) or not value.strip() or len(value) > 200:
        wrong[label] = "must be text of at most 200 characters"


def _time(source: Mapping[str, Any], name: str, wrong: dict[str, str], label: str) -> None:
    try:
        parse_time(source[name])
    except (KeyError, ValueError, TypeError, OverflowError):
        wrong[label] = "must be an ISO 8601 time"


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
