"""The description of the requests that a partner platform may make besides sending events. The views are in
`app/webhooks`; tests compare the addresses with theirs."""

from typing import Any

from apispec import APISpec
from werkzeug.routing import Map, Rule

from campaigns.closing.reconciliation.bill_differences import MOST_DIFFERENCES
from payments.models import INBOX_STATES

TEXT = {"type": "string"}
COUNT = {"type": "integer", "minimum": 0}
MINOR = {"type": "integer", "description": "fen"}
MOMENT = {"type": "string", "format": "date-time"}
_MAYBE = {"nullable": True}


def described_object(**properties: Any) -> dict[str, Any]:
    """Return the schema of an object with these fields."""
    return {"type": "object", "properties": properties} if properties else {"type": "object"}


def _list(of: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": of}


_EVENT = described_object(
    id=TEXT,
    type=TEXT,
    donation_id=TEXT,
    state={"type": "string", "enum": list(INBOX_STATES)},
    reason=TEXT | _MAYBE,
    received_at=MOMENT,
    processed_at=MOMENT | _MAYBE,
)
_MATCH = described_object(captured_minor=MINOR, held_minor=MINOR, parts=_list(described_object()))
_DONATION = described_object(
    donation_id=TEXT,
    status=TEXT,
    campaign=TEXT | _MAYBE,
    project_code=TEXT,
    amount_minor=MINOR,
    refunded_minor=MINOR,
    currency=TEXT,
    paid_at=MOMENT | _MAYBE,
    match=_MATCH,
    why=_list(described_object()),
    reason=TEXT | _MAYBE | {"description": "why a payment waits, as of its event"},
    test={"type": "boolean"},
)
_MATCH_NOW = described_object(
    ratio_bps=COUNT,
    left_minor=MINOR,
    cap_minor=MINOR | _MAYBE | {"description": "of one donation, in fen"},
    next_at=MOMENT | _MAYBE,
)
_PROJECT = described_object(
    code=TEXT,
    name=TEXT,
    state=TEXT,
    may_raise={"type": "boolean"},
    story=TEXT,
    picture=TEXT | _MAYBE,
    target_minor=MINOR,
    currency=TEXT,
    updated_at=MOMENT,
    campaigns=_list(described_object(slug=TEXT, opens_at=MOMENT, ends_at=MOMENT, page=TEXT, match_now=_MATCH_NOW)),
)
_SUMMARY = described_object(
    day=TEXT,
    test={"type": "boolean"},
    events=described_object(),
    donations=COUNT,
    amount_minor=MINOR,
    refunded_minor=MINOR,
    matched_minor=MINOR,
    currency=TEXT,
)
_HEALTH = described_object(
    partner=TEXT,
    state=TEXT,
    test={"type": "boolean"},
    now=MOMENT,
    last_heard_at=MOMENT | _MAYBE,
    events=described_object(),
    conflicting=COUNT,
    limits=described_object(),
    secrets=_list(described_object()),
    checks=described_object(),
)
_FAULT = described_object(line=COUNT | _MAYBE, field=TEXT, code=TEXT, params=described_object(), message=TEXT)
_DIFFERENCES = _list(described_object(cause=TEXT, donation_id=TEXT, bill_minor=MINOR, events_minor=MINOR)) | {
    "maxItems": MOST_DIFFERENCES
}
_BILL = described_object(
    layout=TEXT | {"description": "the format that it was read in"},
    encoding=TEXT,
    headings={
        "type": "object",
        "additionalProperties": TEXT,
        "description": "the file's own header of each column that was read",
    },
    rows=COUNT,
    new=COUNT | {"description": "lines that could be read"},
    unread=_list(TEXT) | {"description": "headers of columns that nothing reads"},
    skipped=COUNT | {"description": "blank lines, totals, refunds that failed"},
    first_at=MOMENT | _MAYBE,
    last_at=MOMENT | _MAYBE,
    imported={"type": "boolean"},
    added=COUNT | {"description": "lines that were stored now; a line that came before is stored once"},
    sums=_list(described_object(name=TEXT, rows=COUNT, amount_minor=MINOR)),
    faults=_list(_FAULT) | {"description": "with one of them no line is taken"},
    fault_count=COUNT,
    questions=_list(_FAULT) | {"description": "none in a bill"},
    warnings=_list(_FAULT) | {"description": "lines that earlier bills have with other contents"},
    test={"type": "boolean"},
    differences=_DIFFERENCES,
)
_SUMS = described_object(
    campaign=TEXT,
    currency=TEXT,
    donations=COUNT,
    raised_minor=MINOR | {"description": "fen, before refunds"},
    refunded_minor=MINOR,
    matched_minor=MINOR,
    projects=_list(described_object()),
    number=COUNT | {"description": "1, 2, ... of the event; the highest holds, and answers are to it"},
    stated_at=MOMENT,
    answer_until=MOMENT,
    answers=_list(
        described_object(
            answer={"type": "string", "enum": ["confirmed", "contradicted"]},
            text=TEXT,
            projects=_list(TEXT),
            answered_at=MOMENT,
            reply=TEXT | _MAYBE,
            replied_at=MOMENT | _MAYBE,
        )
    ),
)
_SUMS_ANSWER = described_object(
    campaign=TEXT,
    answer={"type": "string", "enum": ["confirmed", "contradicted"]},
    text=TEXT | {"description": "what differs; for `contradicted`"},
    projects=_list(TEXT) | {"description": "codes of those that differ"},
) | {"required": ["campaign", "answer"]}
_ROTATION = described_object(
    rotate={"type": "boolean", "enum": [True]},
    old_valid_until=MOMENT
    | _MAYBE
    | {"description": "until when the old one is valid too; else until it is ended"},
) | {"required": ["rotate"]}
_EMPTY_DAY_SAID = described_object(
    day=TEXT,
    lines=COUNT,
    imported={"type": "boolean"},
    differences=_DIFFERENCES | {"description": "payments of that day that we know of"},
    test={"type": "boolean"},
)
_EMPTY_DAY = described_object(empty={"type": "string", "format": "date"}) | {"required": ["empty"]}
SCHEMAS = {
    "PartnerDoorSumsAnswer": _SUMS_ANSWER,
    "PartnerDoorRotation": _ROTATION,
    "PartnerDoorEmptyDay": _EMPTY_DAY,
    "PartnerDoorEmptyDaySaid": _EMPTY_DAY_SAID,
    "PartnerDoorEvent": _EVENT,
    "PartnerDoorEvents": described_object(events=_list(_EVENT), next_after=COUNT | _MAYBE),
    "PartnerDoorDonation": _DONATION,
    "PartnerDoorSummary": _SUMMARY,
    "PartnerDoorHealth": _HEALTH,
    "PartnerDoorProjects": described_object(projects=_list(_PROJECT), page=COUNT, pages=COUNT, total=COUNT),
    "PartnerDoorBill": _BILL,
    "PartnerDoorSums": _SUMS,
    "PartnerDoorSumsList": described_object(sums=_list(_SUMS)),
    "PartnerDoorSecret": described_object(id=COUNT, secret=TEXT, created_at=MOMENT),
}
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
    codes = {"401": _NOT_SIGNED, "503": _AWAY} | often | REFUSALS[address]
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": text, "content": problem} for status, text in sorted(codes.items())}


def _rule(address: str) -> Rule:
    rule = Rule(address, defaults={})
    rule.bind(Map())
    return rule


def _describe_notify(spec: APISpec, prefix: str, tag: str) -> None:
    reply = {"description": "as the platform's format wants it"}
    refused = {"description": "as its format says, which may name the code: `event_invalid`, `body_invalid`"}
    stranger = {"description": f"{_NOT_SIGNED}; also of a platform without a mapping"}
    operation = {
        "tags": [tag],
        "summary": "Take a notification in the platform's own format, read by its mapping.",
        "requestBody": {"content": {kind: {"schema": {"type": "object"}} for kind in _NOTIFY_TYPES}},
        "responses": {"200": reply, "400": refused, "422": refused, "401": stranger},
    }
    spec.path(rule=_rule(prefix + NOTIFY), operations={"post": operation})
