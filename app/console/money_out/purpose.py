"""Changes of purpose, and the surplus of ended projects."""

from collections.abc import Callable
from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.console.blueprint import act, blueprint, said_of
from app.console.forms import ConsoleForm
from app.current import deps
from app.duties import perform
from app.forms import is_id
from app.http import access, scope
from app.http.scope import Where
from app.web.blueprint import requested_page
from campaigns.approvals.desk import open_of
from campaigns.disclosure.purposes import moved_of
from campaigns.lifecycle.campaign import find_campaign
from campaigns.network.roles import Caller, Permission
from campaigns.payouts import movable, surplus
from campaigns.payouts.models import SurplusWay
from campaigns.payouts.surplus import NewReturn
from campaigns.projects import projects
from campaigns.projects.states import ENDED
from campaigns.spending.figures import account_of
from campaigns.spending.leftovers import surpluses
from kernel.clock import local_day
from kernel.db import Tx
from kernel.errors import Invalid, NotFound, fault

PAGE_SIZE = 50
_FUNDS = Permission.FUNDS_WRITE
_REQUESTED = ("project.change_purpose", "project.use_surplus")


@blueprint.get("/surpluses", endpoint="surpluses")
@access.signed_in(Permission.READ, where=Where.LISTED)
def list_surpluses() -> str:
    """List the ended projects of the manager's branch that have money left."""
    page = requested_page(PAGE_SIZE)
    with deps().db.transaction() as tx:
        rows, total = surpluses(tx, scope.branch(), page)
    return render_template("console/surpluses.html", rows=rows, total=total, page=page)


@blueprint.get("/projects/<int:project_id>/purpose", endpoint="project_purpose")
@access.signed_in(Permission.READ)
def show(project_id: int) -> str:
    """Show which money of a project may be given another purpose, and which was."""
    return _page(project_id, "", ConsoleForm({}))


def _page(project_id: int, name: str, form: ConsoleForm) -> str:
    """Show the page with one of its forms as typed, the others empty."""
    with deps().db.transaction() as tx:
        project = projects.find(tx, project_id)
        rows = movable.movable(tx, project_id)
        ended = project.status in ENDED
        campaigns = {row.slug: find_campaign(tx, row.slug) for row in rows} if ended else {}
        shown = {
            "rows": rows,
            "targets": {slug: movable.targets(tx, project, campaign) for slug, campaign in campaigns.items()},
            "payers": movable.payers(tx, project_id) if ended else [],
            "account": account_of(tx, project_id),
            "returns": surplus.returns_of(tx, project_id),
            "moved": moved_of(tx, project_id),
            "today": local_day(tx.now),
            "requested": [at for act in _REQUESTED for at in open_of(tx, act, [project_id]).values()],
        }
    shown |= {"name": name, "form": form, "empty": ConsoleForm({})}
    return render_template("console/project_purpose.html", project=project, ended=ended, **shown)


@blueprint.post("/projects/<int:project_id>/purpose", endpoint="project_purpose_change")
@access.signed_in_to_act(_FUNDS)
def change(project_id: int) -> str | Response:
    """Request a change of purpose, which another person approves."""
    form = ConsoleForm(request.form)

    def do(tx: Tx, _caller: Caller) -> Any:
        campaign, share = _source(form)
        arguments: dict[str, Any] = {"campaign": campaign, "share": share}
        arguments |= {"amount_minor": form.amount("amount_minor") or 0}
        arguments |= {name: form[name] for name in ("filing_no", "basis", "evidence")}
        arguments["to_project"] = _project_named(tx, form["to_project"])
        scope.require_named(tx, "slug", campaign)
        scope.require_named(tx, "project_id", arguments["to_project"])
        return said_of(perform(tx, "project.change_purpose", project_id, form["reason"], **arguments))

    return _kept(project_id, "change", form, do, _("用途已变更。"))


@blueprint.post("/projects/<int:project_id>/surplus", endpoint="surplus_use")
@access.signed_in_to_act(_FUNDS)
def use(project_id: int) -> str | Response:
    """Request the use of an ended project's surplus by the rule of its host. Another person approves it."""
    form = ConsoleForm(request.form)

    def do(tx: Tx, _caller: Caller) -> Any:
        campaign, share = _source(form)
        to = int(form["to"]) if is_id(form["to"]) else 0
        arguments: dict[str, Any] = {"campaign": campaign, "share": share, "way": form["way"], "to": to}
        arguments["amount_minor"] = form.amount("amount_minor") or 0
        scope.require_named(tx, "slug", campaign)
        if form["way"] != SurplusWay.FUND:
            scope.require_named(tx, "project_id", to)
        return said_of(perform(tx, "project.use_surplus", project_id, form["reason"], **arguments))

    return _kept(project_id, "use", form, do, _("结余的使用已记账。"))


@blueprint.post("/projects/<int:project_id>/surplus-returns", endpoint="surplus_return")
@access.signed_in_to_act(_FUNDS)
def send_back(project_id: int) -> str | Response:
    """Record that unspent money of a project was returned to the bank account."""
    form = ConsoleForm(request.form)

    def do(tx: Tx, caller: Caller) -> None:
        day = form.day("returned_on")
        if day is None:
            raise Invalid("surplus_invalid", fields={"returned_on": fault("not_a_date")})
        came = NewReturn(form["campaign"], form.amount("amount_minor") or 0, form.label("reference"), day)
        scope.require_named(tx, "slug", came.campaign)
        surplus.return_surplus(tx, project_id, came, caller.name)

    return _kept(project_id, "return", form, do, _("退回的结余已入账。"))


def _source(form: ConsoleForm) -> tuple[str, str]:
    """Return the chosen campaign and share from a value like `share_project/day`. Raises Invalid
    `purpose_invalid`."""
    share, slash, campaign = form["source"].partition("/")
    if not slash:
        raise Invalid("purpose_invalid", fields={"source": fault("required")})
    return campaign, share


def _project_named(tx: Tx, code: str) -> int:
    """Return the project with a code. Raises Invalid `purpose_invalid`."""
    try:
        return projects.by_code(tx, code).id or 0
    except NotFound as refusal:
        raise Invalid("purpose_invalid", fields={"to_project": fault("unknown_project")}) from refusal


def _kept(
    project_id: int, name: str, form: ConsoleForm, do: Callable[[Tx, Caller], Any], done: str
) -> str | Response:
    """Run `do` and redirect. After a refusal show the form of this name as typed."""
    back = act(_FUNDS, url_for("console.project_purpose", project_id=project_id), do, done, form)
    return _page(project_id, name, form) if form.faults else back
