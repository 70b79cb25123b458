"""The description of the events that we send to partner platforms, as `x-webhooks` because OpenAPI 3.0 has no field
for them."""

from typing import Any

from apispec import APISpec

from app.api.partners.partner_door_schemas import COUNT, MINOR, MOMENT, TEXT, described_object
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
    OutgoingType.DONATION_SETTLED: ("Your bill shows the payment; sent after the campaign's end.", _DONATION),
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
_A_DONATION = {
    "donation_id": "2026090900017",
    "campaign": "99-2026",
    "status": "paid",
    "amount_minor": 5_000,
    "refunded_minor": 0,
    "currency": "CNY",
    "match": {"captured_minor": 5_000, "held_minor": 0},
    "as_of": "2026-09-09T09:09:10+08:00",
}
_OF_A_PROJECT = {"donations": 1_200, "raised_minor": 6_000_000, "refunded_minor": 5_000, "matched_minor": 2_000_000}
EXAMPLES: dict[OutgoingType, dict[str, Any]] = {
    OutgoingType.DONATION_MATCHED: _A_DONATION,
    OutgoingType.DONATION_SETTLED: _A_DONATION | {"status": "settled", "as_of": "2026-09-10T10:00:00+08:00"},
    OutgoingType.REFUND_BOOKED: _A_DONATION
    | {
        "status": "refunded",
        "refunded_minor": 5_000,
        "match": {"captured_minor": 0, "held_minor": 0},
        "as_of": "2026-09-11T15:30:00+08:00",
    },
    OutgoingType.CAMPAIGN_PHASE: {"campaign": "99-2026", "phase": "open"},
    OutgoingType.CAMPAIGN_SUMS: _OF_A_PROJECT
    | {
        "campaign": "99-2026",
        "currency": "CNY",
        "projects": [{"project_code": "V-0412", **_OF_A_PROJECT}],
        "number": 1,
        "answer_until": "2026-10-01T00:00:00+08:00",
    },
    OutgoingType.PROJECT_NEWS: {
        "project_code": "V-0412",
        "happened_on": "2026-09-20",
        "title": "灶台修好了",
        "text": "村里的长者食堂开了火，第一天有三十二位老人来吃饭。",
    },
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


def example_of(type_: OutgoingType) -> dict[str, Any]:
    """Return an event as it may be sent."""
    at = "2026-09-09T09:09:10+08:00"
    return {"type": type_.value, "id": f"{type_.value}:1", "occurred_at": at, "data": EXAMPLES[type_]}


def _operation(type_: OutgoingType, tag: str) -> dict[str, Any]:
    return {
        "tags": [tag],
        "summary": DATA[type_][0],
        "description": "Events may arrive in any order, and more than once: take each id once.",
        "parameters": [
            {"name": name, "in": "header", "required": True, "schema": TEXT, "description": description}
            for name, description in _HEADERS.items()
        ],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": schema_of(type_), "example": example_of(type_)}},
        },
        "responses": {
            "2XX": {"description": "taken; it is not sent again"},
            "default": {"description": f"tried again up to {len(BACKOFF)} times within a day"},
        },
    }
