"""Changes that a partner platform may make besides sending events: submit its bill, rotate its secret."""

from typing import Any

from flask import Blueprint, request

from app.current import deps
from app.http import access
from app.http.off_loop import off_loop
from app.http.problems import plain
from app.i18n.refusals.faults import program_text
from app.webhooks.signed import SignedRequest, note_refused, signed_request
from campaigns.closing.reconciliation.bill_differences import BillDifference, bill_differences, tested_differences
from campaigns.closing.reconciliation.empty_days import record_empty_day, require_over
from campaigns.import_plan import Confirmation, ImportPlan
from campaigns.imports.kinds import ImportRequest, import_file, preview
from campaigns.imports.report import report_of
from campaigns.imports.runs import MOST_BYTES
from campaigns.intake import registered
from campaigns.intake.check_list import Check, note_check
from campaigns.intake.door_donations import day_of
from kernel.clock import parse_time
from kernel.errors import Fault, Invalid, fault
from kernel.strict_json import load_json
from payments.gateway import StatementLine

blueprint = Blueprint("partner_door_changes", __name__, url_prefix="/webhooks/partners/<name>")

blueprint.after_request(note_refused)
EMPTY = "empty"  # the body's key for the bill of a day without lines


@blueprint.post("/bill")
@access.signature
def upload_bill(name: str) -> Any:
    """Preview a bill: its lines, faults and differences. With `?confirm=1`, import it unless it has faults or
    contradicts what was imported before; test mode imports nothing.

    `{"empty": "2026-09-09"}` states that a day had no payment; payments that we know of are differences.
    """
    sent = signed_request(name, MOST_BYTES)
    if not sent.payload:
        raise Invalid("file_missing", fields={"body": fault("required")})
    if sent.payload[:1] == b"{":
        return _say_empty(sent)
    asked_for = ImportRequest("statement", Confirmation(f"partner:{name}"), name)
    plan = preview(deps(), asked_for, sent.payload, apart=off_loop)
    sound = not (plan.faults or plan.contradictions)
    added = None
    if sound and request.args.get("confirm") == "1" and not sent.test:
        added = import_file(deps(), asked_for, sent.payload).added
    return _shown(sent, plan, added)


def _shown(sent: SignedRequest, plan: ImportPlan[StatementLine], added: int | None) -> dict[str, Any]:
    report = report_of(plan)
    with deps().db.transaction() as tx:
        if sent.test:
            differences = tested_differences(tx, sent.partner, plan.new)
            if plan.new and not differences and not report["fault_count"]:
                note_check(tx, sent.partner, Check.BILL)
        else:
            differences = bill_differences(tx, sent.source, plan.new)
    for refused in [*report["faults"], *report["warnings"]]:
        refused["message"] = program_text(Fault(refused["code"], refused["params"]))
    return report | {
        "imported": added is not None,
        "added": added or 0,
        "differences": [difference._asdict() for difference in differences],
        "test": sent.test,
    }


def _say_empty(sent: SignedRequest) -> dict[str, Any]:
    body, differences = load_json(sent.payload), list[BillDifference]()
    try:
        day = day_of(body.get(EMPTY) if isinstance(body, dict) else None)
        with deps().db.transaction() as tx:
            if sent.test:
                require_over(tx, day)
            else:
                record_empty_day(tx, sent.partner, day, sent.source)
                differences = bill_differences(tx, sent.source, [], [day])
    except Invalid as refusal:
        if "day" in refusal.fields:  # named as in the body
            raise Invalid(refusal.code, fields={EMPTY: refusal.fields["day"]}) from refusal
        raise
    return {
        "day": day.isoformat(),
        "lines": 0,
        "imported": not sent.test,
        "differences": [difference._asdict() for difference in differences],
        "test": sent.test,
    }


@blueprint.post("/secret")
@access.signature
def change_secret(name: str) -> Any:
    """Create another signing secret of the kind that signed this request, and return it, once. The body contains
    `{"rotate": true}` and optionally `old_valid_until` for the old secret (default: until it is ended)."""
    sent = signed_request(name)
    body = load_json(sent.payload)
    rotate = body.get("rotate") if isinstance(body, dict) else None
    if rotate is not True:
        refused = fault("required") if rotate is None else fault("not_one_of", options=["true"])
        raise Invalid("partner_invalid", fields={"rotate": refused})
    until = body.get("old_valid_until")
    try:
        old_valid_until = parse_time(until) if until is not None else None
    except (ValueError, TypeError, OverflowError) as error:
        raise Invalid("partner_invalid", fields={"old_valid_until": fault("not_a_time")}) from error
    with deps().db.transaction() as tx:
        made = registered.rotate_secret(tx, deps().keys, name, old_valid_until, sent.source, test=sent.test)
    return plain(made._asdict()), 201
