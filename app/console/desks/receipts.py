"""Requests for donation receipts, which finance issues or withdraws."""

from datetime import date

from flask import g, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.console.blueprint import act, blueprint
from app.console.desks.assignments import assignments_at
from app.current import deps
from app.forms import Form
from app.http import access
from app.http.scope import Where
from app.i18n.receipt_columns import header, row_of
from app.table_file import FORMATS, table_response
from app.web.blueprint import requested_page
from campaigns.audit import record_audit
from campaigns.desks import receipt_desk
from campaigns.desks.receipt_desk import Issued, Red
from campaigns.network.roles import Caller, Permission
from kernel.db import Tx
from kernel.errors import Invalid, fault
from kernel.paging import Page

PAGE_SIZE = 50
MOST_LINES = 5_000


@blueprint.get("/receipts")
@access.signed_in(Permission.RECEIPTS, where=Where.LISTED)
def receipts() -> str:
    """List the requests of the manager's branch, those that wait first."""
    page = requested_page(PAGE_SIZE)
    with deps().db.transaction() as tx:
        rows, total = receipt_desk.listed(tx, deps().keys, branch=g.caller.branch_code, page=page)
        assigned = assignments_at(tx, "receipt", (row.id for row in rows))
    return render_template("console/receipts.html", rows=rows, total=total, page=page, assigned=assigned)


@blueprint.get(f"/receipts{FORMATS}")
@access.signed_in(Permission.RECEIPTS, where=Where.LISTED)
def receipts_file(file_format: str) -> Response:
    """Export the requests for the fiscal system."""
    with deps().db.transaction() as tx:
        rows, _total = receipt_desk.listed(tx, deps().keys, branch=g.caller.branch_code, page=Page(1, MOST_LINES))
        record_audit(tx, g.caller.name, "receipts.export", "receipts", rows=len(rows))
    return table_response(file_format, "receipt-requests", header(), map(row_of, rows))


@blueprint.post("/receipts/<int:receipt_id>")
@access.signed_in_to_act(Permission.RECEIPTS)
def decide_receipt(receipt_id: int) -> Response:
    """Record a receipt that the fiscal system issued, or withdraw a request or receipt."""
    form = Form(request.form)
    decision = form["decision"]

    def do(tx: Tx, caller: Caller) -> None:
        if decision == "withdraw":
            receipt_desk.withdraw(tx, receipt_id, form["reason"], caller.name)
        elif decision == "red_flush":
            red = Red(form.label("code"), form.label("number"), _day(form["issued_on"]))
            receipt_desk.red_flush(tx, receipt_id, red, form["reason"], caller.name)
        else:
            code, number, check_code = (form.label(name) for name in ("code", "number", "check_code"))
            issued = Issued(code, number, check_code, _day(form["issued_on"]))
            receipt_desk.issue(tx, receipt_id, issued, caller.name)

    done = {"withdraw": _("已撤回。"), "red_flush": _("红冲已登记，剩下的捐款等着开新票。")}
    issued = _("票据号码已登记，捐赠人能看到。")
    return act(Permission.RECEIPTS, url_for("console.receipts"), do, done.get(decision, issued))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid("receipt_invalid", fields={"issued_on": fault("not_a_date")}) from None
