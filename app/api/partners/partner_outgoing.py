"""The description of the events that we send to partner platforms, as `x-webhooks` because OpenAPI 3.0 has no field
for them."""

from typing import Any

from apispec import APISpec

from app.api.partners.partner_door import COUNT, MINOR, MOMENT, TEXT, described_object
from payments.outgoing import BACKOFF
from payments.outgoing_models import OutgoingType

_DONATION = described_object(
    donation_id=TEXT | {"description": "yours"},
    campaign=TEXT,
    status=TEXT,
    amount_minor=MINOR,
    refunded_minor=MINOR,
    currency=TEXT,
    match=described_object(captured_minor=MINOR, held_minor=MINOR),
    as_of=MOMENT | {"description": "how the donation stood then; the latest counts, in whatever order events come"},
)
_NEWS = described_object(project_code=TEXT, happened_on=TEXT | {"format": "date"}, title=TEXT, text=TEXT)
PROJECT_SUMS = {"donations": COUNT, "raised_minor": MINOR, "refunded_minor": MINOR, "matched_minor": MINOR}
SUMS = PROJECT_SUMS | {
    "campaign": TEXT,
    "currency": TEXT,
    "projects": {"type": "array", "items": described_object(project_code=TEXT, **PROJECT_SUMS)},
    "number": COUNT | {"description": "1, 2, ...: the highest holds"},
    "answer_until": MOMENT | {"description": "until when you may contradict: `POST .../sums/answer`"},
}
DATA: dict[OutgoingType, tuple[str, dict[str, Any]]] = {
    OutgoingType.DONATION_MATCHED: ("A payment of yours was booked, with its match.", _DONATION),
    OutgoingType.DONATION_SETTLED: ("Your bill shows the payment too.", _DONATION),
    OutgoingType.REFUND_BOOKED: ("A refund of yours was booked.", _DONATION),
    OutgoingType.CAMPAIGN_PHASE: (
        "An event opened, ended, was published.",
        described_object(campaign=TEXT, phase=TEXT),
    ),
    OutgoingType.CAMPAIGN_SUMS: (
        "The result of an event is published, or corrected: what you brought in, to confirm or contradict.",
        described_object(**SUMS),
    ),
    OutgoingType.PROJECT_NEWS: ("A village of yours told something.", _NEWS),
}
_HEADERS = {
    "webhook-id": "the id of the event, the same at every attempt",
    "webhook-timestamp": "when this attempt was signed, whole seconds since 1970",
    "webhook-signature": "`v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`, keyed by its own secret",
}


def describe(spec: APISpec, tag: str) -> None:
    """Add the events that platforms can subscribe to."""
    spec.options["x-webhooks"] = {type_.value: {"post": _operation(type_, tag)} for type_ in OutgoingType}


def schema_of(type_: OutgoingType) -> dict[str, Any]:
    """Return the schema of an event as it is sent."""
    fields = {"type": TEXT | {"enum": [type_.value]}, "id": TEXT, "occurred_at": MOMENT, "data": DATA[type_][1]}
    return described_object(**fields) | {"required": list(fields)}


def _operation(type_: OutgoingType, tag: str) -> dict[str, Any]:
    return {
        "tags": [tag],
        "summary": DATA[type_][0],
        "description": "Events may arrive in any order, and more than once: take each id once.",
        "parameters": [
            {"name": name, "in": "header", "required": True, "schema": TEXT, "description": description}
            for name, description in _HEADERS.items()
        ],
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema_of(type_)}}},
        "responses": {
            "2XX": {"description": "taken; it is not sent again"},
            "default": {"description": f"tried again up to {len(BACKOFF)} times within a day"},
        },
    }
