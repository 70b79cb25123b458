"""PURE. Read a partner platform's event, in the format of our published interface, as a fact."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple
from uuid import UUID

from kernel.clock import parse_time
from kernel.errors import Fault, fault
from kernel.ids import donation_id_of
from kernel.json_reader import Fields
from kernel.money import CURRENCY, amount_fault
from kernel.strict_json import unstorable
from kernel.tables import clean_cell
from kernel.text import clean_text, text_fault, turns_direction
from payments.partners.gift_details import NO_DETAILS, GiftDetails, check_details, check_flag, details_of

PAID = "donation.paid"
REFUNDED = "donation.refunded"
REFUND_REVERSED = "donation.refund_reversed"
PING = "ping"  # checks the connection; nothing is kept of it
KINDS: Mapping[str, Literal["paid", "refunded", "refund_reversed"]] = {
    PAID: "paid",
    REFUNDED: "refunded",
    REFUND_REVERSED: "refund_reversed",
}
PARTNER_PREFIX = "partner:"  # prefix of the provider of a donation that a platform received
OFFLINE = "offline"  # reserved: donations from files, see campaigns/intake/offline_import.py
BATCH_MOST = 1_000
MOST_TEXT = 200  # characters
SKEW = timedelta(minutes=5)  # how far a partner's clock may be ahead of ours; also the tolerance of the signature
DEEPEST = 20  # levels of nesting, our default; the interface has three


class PartnerFact(NamedTuple):
    """What a platform reports of one donation. `donor` is its own id of the donor, never a name; amounts are in
    fen.

    The `amount_minor` of a refund is the total refunded so far. That of a reversed refund is the total that came
    back of it, because the money did not arrive.
    """

    kind: Literal["paid", "refunded", "refund_reversed"]
    partner: str
    donation_id: UUID
    their_id: str
    project_code: str
    amount_minor: int
    currency: str
    occurred_at: datetime
    donor: str
    donor_name: str
    details: GiftDetails = NO_DETAILS

    @property
    def provider(self) -> str:
        """Return who holds the money, as named in the donation."""
        return f"{PARTNER_PREFIX}{self.partner}"


def is_unknown_type(event: Any) -> bool:
    """Return whether we do not know an event's type. A partner may send more types than we follow."""
    kind = event.get("type") if isinstance(event, Mapping) else None
    is_word = isinstance(kind, str) and 0 < len(kind) <= MOST_TEXT and bool(kind.strip())
    return is_word and kind not in KINDS and kind != PING


def is_ping(event: Any) -> bool:
    """Return whether an event only checks the connection."""
    return isinstance(event, Mapping) and event.get("type") == PING


def is_test(event: Mapping[str, Any]) -> bool:
    """Return whether an event without `faults` is marked as a test."""
    return event.get("test") is True or event["data"].get("test") is True


def faults(event: Any, now: datetime | None = None) -> dict[str, Fault]:
    """Return the faults of an event by field. Empty if `fact_of` can read it.

    With `now`, times more than `SKEW` after it are faults. No event is too old.
    """
    if refused := unstorable(event, DEEPEST):
        return refused
    fields = Fields(event, required=True)
    if fields.faults:
        return fields.faults
    kind = fields.constant("type", tuple(KINDS), fault("not_one_of", options=[*KINDS, PING]))
    event_id = fields.text("id", MOST_TEXT)
    if event_id is not None and (refused_id := text_fault(event_id, MOST_TEXT)):
        fields.refuse("id", refused_id)
    _check_time(fields, "occurred_at", now)
    check_flag(fields, "test")
    data = fields.part("data", required=True)
    if data.is_object:
        their_id = data.text("donation_id", MOST_TEXT)
        data.required_number("amount_minor", amount_fault if kind == PAID else _total_fault)
        data.constant("currency", (CURRENCY,), fault("currency_unsupported", currency=CURRENCY))
        check_flag(data, "test")
        if kind == PAID:
            if their_id is not None and (refused_id := _id_fault(their_id)):
                data.refuse("donation_id", refused_id)
            _check_payment(data, now)
            check_details(data)
    return fields.faults


def _id_fault(their_id: str) -> Fault | None:
    """Return why a new donation may not have this id: files and pages could not show it on one line, or bills lose
    some of its characters, so that the two would never match."""
    return fault("hidden_characters") if clean_cell(their_id) != their_id else text_fault(their_id, MOST_TEXT)


def _total_fault(amount_minor: int) -> Fault | None:
    """Return the fault of a total. It may be 0, because a refund may not have arrived."""
    return amount_fault(amount_minor) if amount_minor else None


def _check_time(fields: Fields, name: str, now: datetime | None) -> None:
    moment = fields.time(name)
    if moment is not None and now is not None and moment > now + SKEW:
        fields.refuse(name, fault("in_the_future"))


def _check_payment(data: Fields, now: datetime | None) -> None:
    data.text("project_code", MOST_TEXT)
    _check_time(data, "paid_at", now)
    donor = data.part("donor", required=True)
    if donor.is_object:
        donor.text("key", MOST_TEXT)
        if donor.value("name"):
            name = donor.text("name", MOST_TEXT, blank=True)
            if name and turns_direction(name):
                donor.refuse("name", fault("direction_controls"))


def fact_of(partner: str, event: Mapping[str, Any]) -> PartnerFact:
    """Return the fact in an event without `faults`."""
    data = event["data"]
    paid = event["type"] == PAID
    donor = data.get("donor") or {}
    return PartnerFact(
        kind=KINDS[event["type"]],
        partner=partner,
        donation_id=donation_id_of(partner, data["donation_id"]),
        their_id=data["donation_id"],
        project_code=data.get("project_code", ""),
        amount_minor=data["amount_minor"],
        currency=data["currency"],
        occurred_at=parse_time(data["paid_at"] if paid else event["occurred_at"]),
        donor=donor.get("key", ""),
        donor_name=" ".join(clean_text(donor.get("name") or "").split()),
        details=details_of(data),
    )
