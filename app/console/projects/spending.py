"""Spending of projects: entered on a phone with a photo of the voucher, checked by finance against the budget."""

from collections.abc import Callable
from typing import Any

from flask import g, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.console.blueprint import act, blueprint, refused, said_of
from app.console.written import require_own
from app.current import deps
from app.duties import perform
from app.forms import Form
from app.http import access
from app.http.pictures import picture_response, uploaded_picture
from app.http.scope import Where
from app.http.uploads import sent_files
from app.web.blueprint import requested_page
from campaigns.network.roles import Caller, Permission
from campaigns.projects import projects
from campaigns.projects.picture_file import WIDTHS
from campaigns.spending import figures, vouchers
from campaigns.spending.vouchers import Photo, Voucher
from kernel.clock import local_day
from kernel.db import Tx
from kernel.errors import Invalid, NotFound, Refusal, fault
from kernel.money import yuan

PAGE_SIZE = 50
_ENTERS = (Permission.PROJECTS_WRITE, Permission.FUNDS_WRITE)


@blueprint.get("/spendings", endpoint="spendings")
@access.signed_in(Permission.READ, where=Where.LISTED)
def desk() -> str:
    """List the spendings of projects in the manager's branch, those that wait for finance first."""
    page = requested_page(PAGE_SIZE)
    with deps().db.transaction() as tx:
        lines, total = figures.listed(tx, branch=g.caller.branch_code, page=page)
    return render_template("console/spendings.html", lines=lines, total=total, page=page)


@blueprint.get("/projects/<int:project_id>/spending", endpoint="spending")
@access.signed_in(Permission.READ)
def show(project_id: int) -> str:
    """Show the account of a project and its spendings."""
    page = requested_page(PAGE_SIZE)
    with deps().db.transaction() as tx:
        project = projects.find(tx, project_id)
        account = figures.account_of(tx, project_id)
        lines, total = figures.listed(tx, project_id, page=page)
        today = local_day(tx.now)
    shown = {"project": project, "account": account, "lines": lines, "total": total, "page": page}
    return render_template("console/spending.html", **shown, today=today)


@blueprint.post("/projects/<int:project_id>/spending", endpoint="spending_enter")
@access.signed_in(*_ENTERS)
def enter(project_id: int) -> Response:
    """Enter a spending with the photo of its voucher."""

    def do(voucher: Voucher, photo: Photo | None) -> Callable[[Tx, Caller], Any]:
        return lambda tx, caller: vouchers.enter(tx, project_id, voucher, photo, caller.name)

    return _save(project_id, do, _("支出已登记，等财务核对。"))


@blueprint.post("/spendings/<int:spending_id>", endpoint="spending_correct")
@access.signed_in(*_ENTERS)
def correct(spending_id: int) -> Response:
    """Correct an unchecked spending. Without a new photo the previous one stays."""
    with deps().db.transaction() as tx:
        project_id = vouchers.find_spending(tx, spending_id).project_id

    def do(voucher: Voucher, photo: Photo | None) -> Callable[[Tx, Caller], Any]:
        return lambda tx, caller: _correct(tx, spending_id, voucher, photo, caller.name)

    return _save(project_id, do, _("支出已更正，等财务核对。"))


@blueprint.post("/spendings/<int:spending_id>/<any(check, withdraw, back):verb>", endpoint="spending_act")
@access.signed_in_to_act(*_ENTERS)
def decide(spending_id: int, verb: str) -> Response:
    """Check a spending, send it back, or withdraw it."""
    reason = Form(request.form)["reason"]
    with deps().db.transaction() as tx:
        project_id = vouchers.find_spending(tx, spending_id).project_id

    def do(tx: Tx, caller: Caller) -> Any:
        if verb == "withdraw":
            vouchers.withdraw(tx, spending_id, reason, caller.name)
            return None
        access.require_declared(Permission.FUNDS_WRITE)
        if verb == "back":
            vouchers.send_back(tx, spending_id, reason, caller.name)
            return None
        return said_of(perform(tx, "spending.check", spending_id))

    done = {"check": _("已核对，项目页会公布。"), "withdraw": _("已撤回。"), "back": _("已退回修改。")}
    return act(None, url_for("console.spending", project_id=project_id), do, done[verb])


@blueprint.get("/spendings/<int:spending_id>/photo", endpoint="spending_photo")
@access.signed_in(Permission.READ)
def show_photo(spending_id: int) -> Response:
    """Return the photo of a voucher."""
    with deps().db.transaction() as tx:
        file_key = vouchers.find_spending(tx, spending_id).file_key
    if not file_key:
        raise NotFound("picture_unknown")
    return picture_response(file_key, WIDTHS[-1])


def _correct(tx: Tx, spending_id: int, voucher: Voucher, photo: Photo | None, actor: str) -> None:
    """Store the fields that were changed. Raises what `vouchers.correct` raises, and Conflict
    `changed_meanwhile`."""
    row = vouchers.find_spending(tx, spending_id, lock=True)
    stored = Voucher(*(getattr(row, name) for name in Voucher._fields))
    form, subject = Form(request.form), f"spending:{spending_id}"
    names = require_own(tx, subject, form, _shown(voucher), _shown(stored), action="spending.correct")
    changes = {name: getattr(voucher, name) for name in names}
    vouchers.correct(tx, spending_id, stored._replace(**changes), photo, actor)


def _shown(voucher: Voucher) -> dict[str, str]:
    """Return the shown values of a voucher, for detecting concurrent changes."""
    return {
        **{name: str(value) for name, value in voucher._asdict().items()},
        "amount_minor": yuan(voucher.amount_minor),
    }


def _save(
    project_id: int, do: Callable[[Voucher, Photo | None], Callable[[Tx, Caller], Any]], done: str
) -> Response:
    """Read the form and its photo before any transaction begins, then run the act that `do` returns for them."""
    back = url_for("console.spending", project_id=project_id)
    try:
        voucher = _voucher(Form(request.form))
        photo = vouchers.store_photo(deps(), uploaded_picture(request)) if sent_files(request) else None
    except Refusal as refusal:
        return refused(refusal, back)
    return act(None, back, do(voucher, photo), done)


def _voucher(form: Form) -> Voucher:
    amount_minor, spent_on = form.amount("amount"), form.day("spent_on")
    faults = {"amount_minor": fault("not_an_amount")} if amount_minor is None else {}
    faults |= {"spent_on": fault("not_a_date")} if spent_on is None else {}
    # Outside the budget is a choice of its own: nothing is assumed for the person who made none.
    faults |= {} if "budget_row" in request.form else {"budget_row": fault("required")}
    if amount_minor is None or spent_on is None or faults:
        raise Invalid("spending_invalid", fields=faults)
    return Voucher(amount_minor, spent_on, form["document_no"], form["purpose"], form["budget_row"])
