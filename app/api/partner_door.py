"""The description of what a partner platform may ask and do beside sending events. The views are in `app/webhooks`;
tests compare the addresses with theirs."""

from typing import Any

from apispec import APISpec
from werkzeug.routing import Map, Rule

from payments.models import INBOX_STATES

_TEXT = {"type": "string"}
_COUNT = {"type": "integer", "minimum": 0}
_MINOR = {"type": "integer", "description": "fen"}
_MOMENT = {"type": "string", "format": "date-time"}
_MAYBE = {"nullable": True}


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties} if properties else {"type": "object"}


def _list(of: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": of}


_EVENT = _object(
    id=_TEXT,
    type=_TEXT,
    donation_id=_TEXT,
    state={"type": "string", "enum": list(INBOX_STATES)},
    reason=_TEXT | _MAYBE,
    received_at=_MOMENT,
    processed_at=_MOMENT | _MAYBE,
)
_MATCH = _object(captured_minor=_MINOR, held_minor=_MINOR, parts=_list(_object()))
_DONATION = _object(
    donation_id=_TEXT,
    status=_TEXT,
    campaign=_TEXT | _MAYBE,
    project_code=_TEXT,
    amount_minor=_MINOR,
    refunded_minor=_MINOR,
    currency=_TEXT,
    paid_at=_MOMENT | _MAYBE,
    match=_MATCH,
    why=_list(_object()),
    reason=_TEXT | _MAYBE | {"description": "why a payment waits, as of its event"},
    test={"type": "boolean"},
)
_MATCH_NOW = _object(
    ratio_bps=_COUNT,
    left_minor=_MINOR,
    cap_minor=_MINOR | _MAYBE | {"description": "of one donation, in fen"},
    next_at=_MOMENT | _MAYBE,
)
_PROJECT = _object(
    code=_TEXT,
    name=_TEXT,
    state=_TEXT,
    may_raise={"type": "boolean"},
    story=_TEXT,
    picture=_TEXT | _MAYBE,
    target_minor=_MINOR,
    currency=_TEXT,
    updated_at=_MOMENT,
    campaigns=_list(_object(slug=_TEXT, opens_at=_MOMENT, ends_at=_MOMENT, page=_TEXT, match_now=_MATCH_NOW)),
)
_SUMMARY = _object(
    day=_TEXT,
    test={"type": "boolean"},
    events=_object(),
    donations=_COUNT,
    amount_minor=_MINOR,
    refunded_minor=_MINOR,
    matched_minor=_MINOR,
    currency=_TEXT,
)
_HEALTH = _object(
    partner=_TEXT,
    state=_TEXT,
    test={"type": "boolean"},
    now=_MOMENT,
    last_heard_at=_MOMENT | _MAYBE,
    events=_object(),
    conflicting=_COUNT,
    limits=_object(),
    secrets=_list(_object()),
    checks=_object(),
)
_BILL = _object(
    imported={"type": "boolean"},
    added=_COUNT,
    sums=_list(_object()),
    faults=_list(_object(line=_COUNT | _MAYBE, field=_TEXT, code=_TEXT, message=_TEXT)),
    warnings=_list(_object(line=_COUNT | _MAYBE, field=_TEXT, code=_TEXT, message=_TEXT)),
    differences=_list(_object(cause=_TEXT, donation_id=_TEXT, bill_minor=_MINOR, events_minor=_MINOR)),
)
SCHEMAS = {
    "PartnerDoorEvent": _EVENT,
    "PartnerDoorEvents": _object(events=_list(_EVENT), next_after=_COUNT | _MAYBE),
    "PartnerDoorDonation": _DONATION,
    "PartnerDoorSummary": _SUMMARY,
    "PartnerDoorHealth": _HEALTH,
    "PartnerDoorProjects": _object(projects=_list(_PROJECT), page=_COUNT, pages=_COUNT, total=_COUNT),
    "PartnerDoorBill": _BILL,
    "PartnerDoorSecret": _object(id=_COUNT, secret=_TEXT, created_at=_MOMENT),
}
# Address -> method, what it does, its parameters, and the schema of its response.
ROUTES: dict[str, tuple[str, str, tuple[str, ...], str]] = {
    "/events": ("get", "List your events.", ("state", "since", "after"), "PartnerDoorEvents"),
    "/events/<path:event_id>": ("get", "What became of one of your events.", (), "PartnerDoorEvent"),
    "/donations/<path:their_id>": ("get", "How a donation stands, its match and why.", (), "PartnerDoorDonation"),
    "/summary": ("get", "Sum up a day in Shanghai.", ("day",), "PartnerDoorSummary"),
    "/health": ("get", "Whether we hear you, and what waits.", (), "PartnerDoorHealth"),
    "/projects": ("get", "Your projects, with their match.", ("updated_since", "page"), "PartnerDoorProjects"),
    "/bill": ("post", "Show what a bill would do; with `confirm=1`, import it.", ("confirm",), "PartnerDoorBill"),
    "/secret": ("post", "Make another signing secret.", (), "PartnerDoorSecret"),
}
# Not of ROUTES: what comes here is signed, said and answered as the platform's mapping says.
NOTIFY = "/notify"


def describe(spec: APISpec, prefix: str, tag: str, headers: list[dict[str, Any]], refusal: dict[str, Any]) -> None:
    """Add the door to the description of the API. `headers` are those of every signed request."""
    for name, schema in SCHEMAS.items():
        spec.components.schema(name, schema)
    _describe_notify(spec, prefix, tag, refusal)
    for address, (method, summary, parameters, shown) in ROUTES.items():
        rule = _rule(prefix + address)
        query = [{"name": name, "in": "query", "schema": {"type": "string"}} for name in parameters]
        content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{shown}"}}}
        status = "201" if address == "/secret" else "200"
        operation = {
            "tags": [tag],
            "summary": summary,
            "parameters": [*query, *headers],
            "responses": {status: {"description": "in your own ids", "content": content}, "401": refusal},
        }
        spec.path(rule=rule, operations={method: operation})


def _rule(address: str) -> Rule:
    rule = Rule(address, defaults={})
    rule.bind(Map())
    return rule


def _describe_notify(spec: APISpec, prefix: str, tag: str, refusal: dict[str, Any]) -> None:
    reply = {"description": "as the platform's format wants it"}
    operation = {
        "tags": [tag],
        "summary": "Take a notification in the platform's own format, read by its mapping.",
        "requestBody": {"content": {"application/json": {}, "application/x-www-form-urlencoded": {}}},
        "responses": {"200": reply, "422": reply, "401": refusal},
    }
    spec.path(rule=_rule(prefix + NOTIFY), operations={"post": operation})
