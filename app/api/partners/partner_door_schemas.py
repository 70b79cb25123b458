"""The schemas of what a partner platform's requests take and answer, besides sending events."""

from typing import Any

from campaigns.closing.reconciliation.bill_differences import MOST_DIFFERENCES, MOST_LINES
from campaigns.intake.check_list import Check
from payments.models import INBOX_STATES, PartnerState

TEXT = {"type": "string"}
COUNT = {"type": "integer", "minimum": 0}
MINOR = {"type": "integer", "description": "fen"}
MOMENT = {"type": "string", "format": "date-time"}
_MAYBE = {"nullable": True}
_YES_OR_NO = {"type": "boolean"}


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
_MATCH = described_object(
    captured_minor=MINOR,
    held_minor=MINOR | {"description": "fen, kept back until a reviewer decides"},
    parts=_list(described_object(pot=TEXT, amount_minor=MINOR, state=TEXT)),
)
_POT = described_object(
    pot=TEXT,
    asked=_YES_OR_NO,
    out_of_scope=TEXT | _MAYBE | {"description": "why it was not asked: the part of its scope, `paused`, `locked`"},
    due_minor=MINOR | {"description": "fen by its rules, before what it had left"},
    given_minor=MINOR,
    left_before_minor=MINOR | {"description": "fen that the pot had left before this decision"},
    cuts=_list(TEXT) | {"description": "the limits that reduced it"},
)
_DECISION = described_object(
    cause=TEXT,
    position=COUNT | _MAYBE | {"description": "place in the order of decisions, which is the order of arrival"},
    decided_at=MOMENT,
    window_open=_YES_OR_NO,
    pots=_list(_POT),
)
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
    why=_list(_DECISION),
    reason=TEXT | _MAYBE | {"description": "why a payment waits, as of its event"},
    test=_YES_OR_NO,
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
    may_raise=_YES_OR_NO,
    story=TEXT,
    picture=TEXT | _MAYBE,
    target_minor=MINOR,
    currency=TEXT,
    updated_at=MOMENT,
    campaigns=_list(described_object(slug=TEXT, opens_at=MOMENT, ends_at=MOMENT, page=TEXT, match_now=_MATCH_NOW)),
)
_SUMMARY = described_object(
    day=TEXT,
    test=_YES_OR_NO,
    events=described_object(**dict.fromkeys(INBOX_STATES, COUNT), conflicting=COUNT) | {"description": "by state"},
    donations=COUNT,
    amount_minor=MINOR,
    refunded_minor=MINOR,
    matched_minor=MINOR,
    currency=TEXT,
)
_HEALTH = described_object(
    partner=TEXT,
    state={"type": "string", "enum": list(PartnerState)},
    test=_YES_OR_NO,
    now=MOMENT,
    last_heard_at=MOMENT | _MAYBE,
    events=described_object(new=COUNT, waiting=COUNT, flagged=COUNT),
    conflicting=COUNT,
    limits=described_object(
        gift_most_minor=MINOR,
        day_most_minor=MINOR,
        day_most_count=COUNT,
        age_most_days=COUNT,
        today_minor=MINOR,
        today_count=COUNT,
    ),
    secrets=_list(
        described_object(id=COUNT, test=_YES_OR_NO, last_used_at=MOMENT | _MAYBE, ends_at=MOMENT | _MAYBE)
    )
    | {"description": "those that sign now"},
    checks={
        "type": "object",
        "additionalProperties": MOMENT | _MAYBE,
        "description": f"when each item of the check list passed: {', '.join(Check)}",
    },
)
_FAULT = described_object(line=COUNT | _MAYBE, field=TEXT, code=TEXT, params=described_object(), message=TEXT)
_LINES = _list(TEXT) | {"maxItems": MOST_LINES, "description": "the bill's lines about it"}
_DIFFERENCE = described_object(cause=TEXT, donation_id=TEXT, bill_minor=MINOR, events_minor=MINOR, line_ids=_LINES)
_DIFFERENCES = _list(_DIFFERENCE) | {"maxItems": MOST_DIFFERENCES}
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
    imported=_YES_OR_NO,
    added=COUNT | {"description": "lines that were stored now; a line that came before is stored once"},
    sums=_list(described_object(name=TEXT, rows=COUNT, amount_minor=MINOR | _MAYBE)),
    faults=_list(_FAULT) | {"description": "with one of them no line is taken"},
    fault_count=COUNT,
    questions=_list(_FAULT) | {"description": "none in a bill"},
    warnings=_list(_FAULT) | {"description": "lines that earlier bills have with other contents"},
    test=_YES_OR_NO,
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
    imported=_YES_OR_NO,
    differences=_DIFFERENCES | {"description": "payments of that day that we know of"},
    test=_YES_OR_NO,
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
