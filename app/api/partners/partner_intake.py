"""The description of `POST /webhooks/partners/{name}` for API clients. The view is in `app/webhooks`. A test sends
it these examples, and the enumerations and limits come from its code."""

from typing import Any

from apispec import APISpec
from werkzeug.routing import Map, Rule

from app.api.partners import partner_door, partner_outgoing
from app.api.partners.partner_door_schemas import described_object
from app.webhooks.partners import MOST_BYTES, REPRESENTATION, RESULTS
from kernel.money import CURRENCY, MAX_MINOR
from payments.partners.gift_details import AGES, CHANNELS, MOST_LABEL, MOST_MESSAGE
from payments.partners.partner_events import BATCH_MOST, KINDS, MOST_TEXT, PAID, PING, REFUND_REVERSED, REFUNDED

RULE = "/webhooks/partners/<name>"
TAG = "partner intake"


def _ref(schema: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{schema}"}


def _part(description: str, *required: str, **properties: Any) -> dict[str, Any]:
    return described_object(**properties) | {"required": list(required), "description": description}


_DATA = {
    "donation_id": {"type": "string", "maxLength": MOST_TEXT, "description": "your id of the donation"},
    "project_code": {"type": "string", "maxLength": MOST_TEXT, "description": "our code; for payments"},
    "amount_minor": {
        "type": "integer",
        "minimum": 0,
        "maximum": MAX_MINOR,
        "description": "fen; above zero for a payment, for the others the total so far",
    },
    "currency": {"type": "string", "enum": [CURRENCY]},
    "paid_at": {"type": "string", "description": "ISO 8601; for payments. Decides match and campaign"},
    "donor": _part(
        "for payments",
        "key",
        key={"type": "string", "maxLength": MOST_TEXT, "description": "your stable id of the donor"},
        name={"type": "string", "maxLength": MOST_TEXT, "nullable": True},
    ),
    "campaign": {"type": "string", "maxLength": MOST_LABEL, "description": "slug of the event it was for"},
    "channel": _part(
        "through which source the donor came",
        "kind",
        "code",
        kind={"type": "string", "enum": list(CHANNELS)},
        code={"type": "string", "maxLength": MOST_LABEL},
    ),
    "message": {"type": "string", "maxLength": MOST_MESSAGE, "description": "shown once somebody has looked at it"},
    "team": {"type": "string", "maxLength": MOST_LABEL},
    "consent": {
        "type": "object",
        "description": "what the donor agreed to",
        "properties": {"publish_name": {"type": "boolean"}},
    },
    "minor": _part(
        "of a donor under age; left out: of full age. Their name is never published",
        "age",
        "guardian",
        age={"type": "string", "enum": list(AGES)},
        guardian={"type": "boolean", "enum": [True], "description": "their guardian agrees to the gift"},
    ),
    "anonymous": {"type": "boolean", "description": "counts more than any consent"},
}
_EVENT = {
    "type": "object",
    "required": ["type", "id", "occurred_at", "data"],
    "properties": {
        "type": {
            "type": "string",
            "description": f"{', '.join(KINDS)}; others are ignored",
        },
        "test": {"type": "boolean", "description": "only judged, never booked"},
        "id": {"type": "string", "maxLength": MOST_TEXT, "description": "of the event, the same at each attempt"},
        "occurred_at": {"type": "string", "description": "ISO 8601"},
        "data": {
            "type": "object",
            "required": ["donation_id", "amount_minor", "currency"],
            "properties": _DATA,
        },
    },
}
_PING = described_object(type={"type": "string", "enum": [PING]}) | {"required": ["type"]}
_BATCH = {
    "type": "object",
    "required": ["events"],
    "properties": {
        "events": {
            "type": "array",
            "minItems": 1,
            "maxItems": BATCH_MOST,
            "items": {"anyOf": [_ref("PartnerEvent"), _ref("PartnerPing")]},
        }
    },
}
_COUNT = {"type": "integer", "minimum": 0}
_RECEIPT = {
    "type": "object",
    "required": ["accepted", "repeated", "conflicting"],
    "properties": {
        "accepted": {**_COUNT, "description": "stored now"},
        "repeated": {**_COUNT, "description": "came before with the same content"},
        "conflicting": {**_COUNT, "description": "came before with other content; the first one counts"},
        "ignored": {**_COUNT, "description": "of types that are not described here; left out when there are none"},
        "pings": {**_COUNT, "description": "left out when there are none"},
        "test": {"type": "boolean", "description": "signed with a secret of the test mode: judged, not booked"},
        "tests": {**_COUNT, "description": "marked as test: judged, not booked; left out when there are none"},
        "events": {
            "type": "array",
            "description": "with Prefer: return=representation: what became of each, in their order",
            "items": {
                "type": "object",
                "properties": {
                    "index": _COUNT,
                    "id": {"type": "string"},
                    "result": {"type": "string", "enum": list(RESULTS)},
                    "reason": {"type": "string", "nullable": True},
                    "fields": {"type": "object"},
                },
            },
        },
        "refused": {
            "type": "array",
            "description": "with ?partial=1: the bad ones, by their place in the batch",
            "items": {"type": "object", "properties": {"index": _COUNT, "fields": {"type": "object"}}},
        },
    },
}
_SCHEMAS = {"PartnerEvent": _EVENT, "PartnerPing": _PING, "PartnerBatch": _BATCH, "PartnerReceipt": _RECEIPT}
_PAID_EXAMPLE = {
    "type": PAID,
    "id": "evt-0001",
    "occurred_at": "2026-09-09T10:00:01+08:00",
    "data": {
        "donation_id": "their-0001",
        "project_code": "P000033",
        "amount_minor": 5000,
        "currency": CURRENCY,
        "paid_at": "2026-09-09T10:00:00+08:00",
        "donor": {"key": "user-42", "name": "张三"},
    },
}
_REFUND_EXAMPLE = {
    "type": REFUNDED,
    "id": "evt-0002",
    "occurred_at": "2026-09-09T11:00:00+08:00",
    "data": {"donation_id": "their-0001", "amount_minor": 2000, "currency": CURRENCY},
}
_REVERSED_EXAMPLE = {
    "type": REFUND_REVERSED,
    "id": "evt-0003",
    "occurred_at": "2026-09-09T12:00:00+08:00",
    "data": {"donation_id": "their-0001", "amount_minor": 2000, "currency": CURRENCY},
}
EXAMPLES = {
    "paid": {"summary": "A donation was paid", "value": _PAID_EXAMPLE},
    "refunded": {"summary": "Money went back, in all so far", "value": _REFUND_EXAMPLE},
    "refund_reversed": {"summary": "A refund came back, in all so far", "value": _REVERSED_EXAMPLE},
    "ping": {"summary": "Does the connection work?", "value": {"type": PING}},
    "batch": {"summary": "Several at once", "value": {"events": [_PAID_EXAMPLE, _REFUND_EXAMPLE]}},
}
_REFUSALS = {
    "400": "`body_invalid`: not JSON in UTF-8, also when it was compressed",
    "401": "`signature_missing`, `signature_invalid`, `timestamp_out_of_tolerance`",
    "413": f"`body_too_large`: above {MOST_BYTES >> 20} MiB",
    "422": "`event_invalid`, `batch_too_large`: nothing was stored",
    "503": "`database_unavailable`, `requests_met`: send the same again after `Retry-After`",
}


def describe(spec: APISpec) -> None:
    """Add the intake to the API description."""
    spec.tag({"name": TAG, "description": "What partner platforms send (docs/partners.md)."})
    for name, schema in _SCHEMAS.items():
        spec.components.schema(name, schema)
    rule = Rule(RULE, defaults={})
    rule.bind(Map())  # the library reads the parameters of the view from its rule
    spec.path(rule=rule, operations={"post": _operation()})
    headers = [_header(name, description) for name, description in _HEADERS.items()]
    partner_door.describe(spec, RULE, TAG, headers)
    partner_outgoing.describe(spec, TAG)


def _operation() -> dict[str, Any]:
    bodies = [_ref("PartnerEvent"), _ref("PartnerBatch"), _ref("PartnerPing")]
    answers = partner_door.problems(_REFUSALS)
    receipt = {"application/json": {"schema": _ref("PartnerReceipt")}}
    answers["202"] = {"description": "stored durably; do not send it again", "content": receipt}
    return {
        "tags": [TAG],
        "summary": "Send events of donations, one or a batch, signed after Standard Webhooks.",
        "parameters": [
            {"name": "partial", "in": "query", "schema": {"type": "string", "enum": ["1"]}},
            {"name": "Prefer", "in": "header", "schema": {"type": "string", "enum": [REPRESENTATION]}},
            *(_header(name, description) for name, description in _HEADERS.items()),
        ],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"anyOf": bodies}, "examples": EXAMPLES}},
        },
        "responses": answers,
    }


_HEADERS = {
    "webhook-id": "your id of this request; signed, and used for nothing else",
    "webhook-timestamp": "now, whole seconds since 1970; at most 5 minutes off",
    "webhook-signature": "`v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`",
}


def _header(name: str, description: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "header",
        "required": True,
        "schema": {"type": "string"},
        "description": description,
    }
