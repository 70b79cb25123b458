"""The description of the requests that a partner platform may make besides sending events. The views are in
`app/webhooks`; tests compare the addresses with theirs."""

from typing import Any

from apispec import APISpec
from werkzeug.routing import Map, Rule

from app.api.partners.partner_door_schemas import SCHEMAS

# Address -> method, summary, parameters, and the schemas that its response may have.
ROUTES: dict[str, tuple[str, str, tuple[str, ...], str]] = {
    "/events": ("get", "List your events.", ("state", "since", "after"), "PartnerDoorEvents"),
    "/events/<path:event_id>": ("get", "What became of one of your events.", (), "PartnerDoorEvent"),
    "/donations/<path:their_id>": ("get", "How a donation stands, its match and why.", (), "PartnerDoorDonation"),
    "/summary": ("get", "Sum up a day in Shanghai.", ("day",), "PartnerDoorSummary"),
    "/health": ("get", "Whether we hear you, and what waits.", (), "PartnerDoorHealth"),
    "/projects": ("get", "Your projects, with their match.", ("updated_since", "page"), "PartnerDoorProjects"),
    "/sums": ("get", "What you brought in for each published event.", (), "PartnerDoorSumsList"),
    "/sums/answer": ("post", "Confirm or contradict your sums of an event.", (), "PartnerDoorSums"),
    "/bill": (
        "post",
        "Show what a bill would do; with `confirm=1`, import it.",
        ("confirm",),
        "PartnerDoorBill PartnerDoorEmptyDaySaid",
    ),
    "/secret": ("post", "Make another signing secret.", (), "PartnerDoorSecret"),
}
_BILL_EXAMPLE = """line_id,kind,donation_id,amount_minor,fee_minor,currency,occurred_at
L-0001,charge,their-0001,5000,30,CNY,2026-09-09T10:00:00+08:00
"""
# Address -> the request body by media type: the name of a schema, or an example of a file.
BODIES: dict[str, dict[str, Any]] = {
    "/bill": {
        "text/csv": {"schema": {"type": "string", "format": "binary"}, "example": _BILL_EXAMPLE},
        "application/json": {"schema": {"$ref": "#/components/schemas/PartnerDoorEmptyDay"}},
    },
    "/secret": {"application/json": {"schema": {"$ref": "#/components/schemas/PartnerDoorRotation"}}},
    "/sums/answer": {"application/json": {"schema": {"$ref": "#/components/schemas/PartnerDoorSumsAnswer"}}},
}
_NOTIFY_TYPES = ("application/json", "application/x-www-form-urlencoded")
_NOT_SIGNED = "`signature_missing`, `signature_invalid`, `timestamp_out_of_tolerance`"
_ASKED_OFTEN = "`rate_limited`: come back after `Retry-After` seconds"
_AWAY = "`database_unavailable`: send the same again after `Retry-After`"
GIVEN_TWICE = "`parameters_invalid`: a parameter occurs twice"
# What the web server refuses before an address is read.
UNREADABLE = {
    "400": "`request_invalid`: not HTTP, or an address that is not UTF-8",
    "414": "`address_too_long`",
    "431": "`headers_too_large`: above 8 KB, or 100 lines",
}
# Address -> its own refusals, besides those common to all addresses: status and stable codes.
REFUSALS: dict[str, dict[str, str]] = {
    "/events": {"422": "`parameters_invalid`: `state`, `since` or `after`"},
    "/events/<path:event_id>": {"404": "`event_unknown`"},
    "/donations/<path:their_id>": {"404": "`donation_unknown`"},
    "/summary": {"422": "`parameters_invalid`: `day`"},
    "/health": {},
    "/projects": {"422": "`parameters_invalid`: `page` or `updated_since`"},
    "/sums": {},
    "/sums/answer": {
        "400": "`body_invalid`",
        "404": "`sums_unknown`: no such event, or nothing of yours in it",
        "409": "`sums_answer_late`, `sums_answers_full`",
        "413": "`body_too_large`",
        "422": "`sums_answer_invalid`: `campaign`, `answer`, `text` or `projects`",
    },
    "/bill": {
        "400": "`body_invalid`: begins like JSON and is none",
        "409": "`bill_day_has_lines`: the day that is said to be empty",
        "413": "`body_too_large`: above 8 MiB",
        "422": "`file_missing`; `import_invalid`: no table; `day_invalid`, `parameters_invalid`: of an empty day",
    },
    "/secret": {
        "400": "`body_invalid`",
        "409": "`partner_secrets_full`: the federation must end one first; `partner_state`",
        "413": "`body_too_large`",
        "422": "`partner_invalid`: `rotate` or `old_valid_until`",
    },
}
# Not in ROUTES, because the platform's mapping determines signature, body and response.
NOTIFY = "/notify"


def describe(spec: APISpec, prefix: str, tag: str, headers: list[dict[str, Any]]) -> None:
    """Add the partner requests to the API description. `headers` are those of every signed request."""
    for name, schema in SCHEMAS.items():
        spec.components.schema(name, schema)
    _describe_notify(spec, prefix, tag)
    for address, (method, summary, parameters, shown) in ROUTES.items():
        rule = _rule(prefix + address)
        query = [{"name": name, "in": "query", "schema": {"type": "string"}} for name in parameters]
        schemas = [{"$ref": f"#/components/schemas/{schema}"} for schema in shown.split()]
        content = {"application/json": {"schema": schemas[0] if len(schemas) == 1 else {"anyOf": schemas}}}
        status = "201" if address == "/secret" else "200"
        operation = {
            "tags": [tag],
            "summary": summary,
            "parameters": [*query, *headers],
            "responses": {status: {"description": "in your own ids", "content": content}}
            | _refusals(address, method),
        }
        if address in BODIES:
            operation["requestBody"] = {"required": True, "content": BODIES[address]}
        spec.path(rule=rule, operations={method: operation})


def _refusals(address: str, method: str) -> dict[str, Any]:
    often = {"429": _ASKED_OFTEN} if method == "get" else {}
    return problems({"401": _NOT_SIGNED, "503": _AWAY} | often, REFUSALS[address])


def problems(*codes_by_status: dict[str, str]) -> dict[str, Any]:
    """Return the responses of refusals, with those that every address may give."""
    texts: dict[str, list[str]] = {}
    for codes in (*codes_by_status, UNREADABLE, {"422": GIVEN_TWICE}):
        for status, text in codes.items():
            texts.setdefault(status, []).append(text)
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": "; ".join(texts[status]), "content": problem} for status in sorted(texts)}


def _rule(address: str) -> Rule:
    rule = Rule(address, defaults={})
    rule.bind(Map())
    return rule


def _describe_notify(spec: APISpec, prefix: str, tag: str) -> None:
    reply = {"description": "as the platform's format wants it"}
    refused = "as its format says, which may name the code: `event_invalid`, `body_invalid`"
    stranger = f"{_NOT_SIGNED}; also of a platform without a mapping"
    refusals = {"400": refused, "401": stranger, "413": "`body_too_large`", "422": refused, "503": _AWAY}
    operation = {
        "tags": [tag],
        "summary": "Take a notification in the platform's own format, read by its mapping.",
        "requestBody": {"content": {kind: {"schema": {"type": "object"}} for kind in _NOTIFY_TYPES}},
        "responses": {"200": reply} | problems(refusals),
    }
    spec.path(rule=_rule(prefix + NOTIFY), operations={"post": operation})
