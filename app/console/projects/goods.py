"""Goods (物) given to projects: entered, their value confirmed by a second person, handed out."""

from datetime import date
from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.console.blueprint import act, blueprint, said_of
from app.console.forms import ConsoleForm
from app.console.written import require_own, shown_before
from app.current import deps
from app.duties import perform
from app.forms import Form, format_yuan
from app.http import access, scope
from app.http.scope import Where
from app.web.blueprint import requested_page
from campaigns.goods import goods, reading
from campaigns.goods.goods import NewGoods, NewHandout
from campaigns.network.organisations import names_of
from campaigns.network.roles import Caller, Permission
from campaigns.projects import projects
from kernel.db import Tx
from kernel.errors import Invalid, fault

PAGE_SIZE = 50
_ENTERS = (Permission.PROJECTS_WRITE, Permission.FUNDS_WRITE)


@blueprint.get("/goods", endpoint="goods")
@access.signed_in(Permission.READ, where=Where.LISTED)
def list_goods() -> str:
    """List the goods of the manager's branch, those whose value waits for confirmation first."""
    page = requested_page(PAGE_SIZE)
    with deps().db.transaction() as tx:
        lines, total = reading.listed(tx, branch=scope.branch(), page=page)
    return render_template("console/goods.html", lines=lines, total=total, page=page, project=None)


@blueprint.get("/projects/<int:project_id>/goods", endpoint="project_goods")
@access.signed_in(Permission.READ)
def list_of_project(project_id: int) -> str:
    """List the goods of a project, with the form to enter more."""
    return _of_project(project_id, ConsoleForm({}))


@blueprint.post("/projects/<int:project_id>/goods", endpoint="goods_enter")
@access.signed_in_to_act(*_ENTERS)
def enter(project_id: int) -> str | Response:
    """Enter goods that a project received."""
    form = ConsoleForm(request.form)

    def do(tx: Tx, caller: Caller) -> None:
        goods.enter(tx, project_id, _typed(tx, form), caller.name)

    address = url_for("console.project_goods", project_id=project_id)
    back = act(None, address, do, _("物资已登记，等确认价值。"), form)
    return _of_project(project_id, form) if form.faults else back


@blueprint.get("/goods/<int:goods_id>", endpoint="goods_entry")
@access.signed_in(Permission.READ)
def show(goods_id: int) -> str:
    """Show goods, their handouts, and the possible actions."""
    return _entry(goods_id, None)


@blueprint.post("/goods/<int:goods_id>", endpoint="goods_correct")
@access.signed_in_to_act(*_ENTERS)
def correct(goods_id: int) -> str | Response:
    """Correct goods whose value is not yet confirmed."""
    form = ConsoleForm(request.form)

    def do(tx: Tx, caller: Caller) -> None:
        _correct(tx, goods_id, form, caller.name)

    back = act(None, url_for("console.goods_entry", goods_id=goods_id), do, _("物资已更正，等确认价值。"), form)
    return _entry(goods_id, form) if form.faults else back


@blueprint.post(
    "/goods/<int:goods_id>/<any(confirm, reopen, withdraw, handout, correction):verb>", endpoint="goods_act"
)
@access.signed_in_to_act(*_ENTERS)
def change(goods_id: int, verb: str) -> Response:
    """Confirm the value of goods or undo that, withdraw them, record a handout or correct one."""
    form = Form(request.form)

    def do(tx: Tx, caller: Caller) -> Any:
        if verb in ("confirm", "reopen"):
            access.require_declared(Permission.FUNDS_WRITE)
        if verb == "confirm":
            return said_of(perform(tx, "goods.confirm", goods_id))
        if verb == "handout":
            goods.hand_out(tx, goods_id, _handout(form), caller.name)
        elif verb == "correction":
            right = (form.whole("handout") or 0, _count(form), form["reason"], caller.name)
            goods.correct_handout(tx, goods_id, *right)
        else:
            change_state = goods.reopen if verb == "reopen" else goods.withdraw
            change_state(tx, goods_id, form["reason"], caller.name)
        return None

    done = {
        "confirm": _("价值已确认，项目页会公布。"),
        "reopen": _("已撤销确认，可以更正。"),
        "withdraw": _("已撤回。"),
        "correction": _("发放已更正，原来那条不动。"),
    }
    return act(None, url_for("console.goods_entry", goods_id=goods_id), do, done.get(verb, _("发放已登记。")))


def _correct(tx: Tx, goods_id: int, form: ConsoleForm, actor: str) -> None:
    """Store the fields that were changed. Raises what `goods.correct` raises, and Conflict `changed_meanwhile`."""
    typed, row = _typed(tx, form), goods.find(tx, goods_id, lock=True)
    now = _shown(row)
    names = require_own(tx, f"goods:{goods_id}", form, {name: form[name] for name in now}, now)
    if names:
        stored = NewGoods(**{name: getattr(row, name) for name in NewGoods._fields})
        goods.correct(tx, goods_id, stored._replace(**{name: getattr(typed, name) for name in names}), actor)


def _of_project(project_id: int, form: ConsoleForm) -> str:
    page = requested_page(PAGE_SIZE)
    with deps().db.transaction() as tx:
        project = projects.find(tx, project_id)
        lines, total = reading.listed(tx, project_id, page=page)
    shown = {"lines": lines, "total": total, "page": page}
    return render_template("console/goods.html", form=form, project=project, **shown)


def _entry(goods_id: int, form: ConsoleForm | None) -> str:
    with deps().db.transaction() as tx:
        row = goods.find(tx, goods_id)
        project = projects.find(tx, row.project_id)
        handouts = goods.handouts_of(tx, goods_id)
        receiver = names_of(tx, [row.organisation_code]).get(row.organisation_code, row.organisation_code)
    was = _shown(row) if form is None or form.overtaken else shown_before(form, _shown(row))
    form = form or ConsoleForm(was)
    return render_template(
        "console/goods_entry.html",
        row=row,
        project=project,
        handouts=handouts,
        receiver=receiver,
        form=form,
        was=was,
    )


def _shown(row: Any) -> dict[str, str]:
    """Return goods as their form fields show them."""
    texts = {name: str(getattr(row, name)) for name in NewGoods._fields}
    return {**texts, "value_minor": format_yuan(row.value_minor)}


def _typed(tx: Tx, form: Form) -> NewGoods:
    if form["organisation_code"]:
        scope.require_node(tx, form["organisation_code"])
    texts = ("name", "unit", "basis", "valued_by", "document", "giver", "organisation_code")
    return NewGoods(
        **{name: form[name] for name in texts},
        quantity=form.whole("quantity") or 0,
        value_minor=form.amount("value_minor") or 0,
        received_on=_day(form, "received_on", "goods_invalid"),
    )


def _handout(form: Form) -> NewHandout:
    handed_on = _day(form, "handed_on", "handout_invalid")
    return NewHandout(form.whole("quantity") or 0, form["recipient"], handed_on, form["evidence"])


def _count(form: Form) -> int:
    quantity = form.whole("quantity")
    if quantity is None:
        raise Invalid("handout_invalid", fields={"quantity": fault("not_a_number")})
    return quantity


def _day(form: Form, name: str, code: str) -> date:
    day = form.day(name)
    if day is None:
        raise Invalid(code, fields={name: fault("not_a_date")})
    return day
