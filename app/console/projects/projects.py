"""The list of projects and the steps of their review."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from app.console.blueprint import act, blueprint, said_of
from app.console.forms import ConsoleForm
from app.console.projects.chosen import MOST, each_chosen
from app.console.saved_views import views_at
from app.console.written import require_own
from app.current import deps
from app.duties import perform
from app.http import access, scope
from app.http.scope import Where
from app.web.blueprint import requested_page
from campaigns.disclosure.catalogue import NEWEST, SORTS, ProjectQuery, listed
from campaigns.network.roles import Caller, Permission
from campaigns.projects import transitions
from campaigns.projects.rating import rate
from campaigns.projects.states import STATUSES
from kernel.db import Tx
from matching.rules import MAX_RATING

PAGE_SIZE = MOST
NO_RATING = -1  # for an unreadable rating, which the use case refuses


@blueprint.get("/projects", endpoint="projects")
@access.signed_in(Permission.READ, where=Where.LISTED)
def list_projects() -> str:
    """List projects of every state, with search and pages."""
    page, filters = requested_page(PAGE_SIZE), _filters(request.args)
    with deps().db.transaction() as tx:
        query = ProjectQuery(**{"sort": NEWEST, **filters}, branch=scope.branch())
        rows, total = listed(tx, query, page)
        views = views_at(tx, "projects", filters)
    return render_template(
        "console/projects.html",
        rows=rows,
        total=total,
        filters=filters,
        statuses=STATUSES,
        page=page,
        views=views,
        may={verb: g.caller.may(permission) for verb, permission in _MAY.items()},
        stars=range(MAX_RATING + 1),
    )


def _filters(values: Mapping[str, str]) -> dict[str, Any]:
    """Return the filters of the list and its order. Unknown values are left out."""
    filters = {name: values.get(name, "").strip() for name in ("q", "status", "sort")}
    known = {"status": STATUSES, "sort": SORTS}
    return {name: text for name, text in filters.items() if text and text in known.get(name, (text,))}


@blueprint.post("/projects/submit", endpoint="projects_submit")
@access.signed_in_to_act(Permission.PROJECTS_WRITE, where=Where.LISTED)
def submit_several() -> Response:
    """Submit the chosen drafts of the manager's branch for review."""
    back = url_for("console.projects", **_filters(request.form))
    submitted = each_chosen(lambda tx, project_id: transitions.submit(tx, project_id, access.actor()))
    if submitted:
        flash(ngettext("已提交 %(num)s 个项目。", "已提交 %(num)s 个项目。", submitted), "good")
    return redirect(back, 303)


_MAY = {
    "submit": Permission.PROJECTS_WRITE,
    "approve": Permission.PROJECTS_APPROVE,
    "suspend": Permission.PROJECTS_APPROVE,
    "resume": Permission.PROJECTS_APPROVE,
    "rate": Permission.PROJECTS_APPROVE,
}


@blueprint.post(f"/projects/<int:project_id>/<any({', '.join(_MAY)}):verb>", endpoint="project_act")
@access.signed_in_to_act(Permission.PROJECTS_WRITE, Permission.PROJECTS_APPROVE)
def apply_step(project_id: int, verb: str) -> Response:
    """Move a project one step in its review, or rate it, within the manager's branch."""
    reason = request.form.get("reason", "")
    form = ConsoleForm(request.form)
    verbs: dict[str, Callable[[Tx, str], Any]] = {
        "submit": lambda tx, actor: transitions.submit(tx, project_id, actor),
        "approve": lambda tx, _actor: perform(tx, "project.approve", project_id),
        "suspend": lambda tx, actor: transitions.suspend(tx, project_id, reason, actor),
        "resume": lambda tx, actor: transitions.resume(tx, project_id, actor, reason),
        "rate": lambda tx, actor: _rate(tx, project_id, form, actor),
    }

    def do(tx: Tx, caller: Caller) -> Any:
        access.require_declared(_MAY[verb])
        return said_of(verbs[verb](tx, caller.name))

    back = url_for("console.projects", **_filters(request.form))
    return act(_MAY[verb], back, do, _("评级已保存。") if verb == "rate" else _("项目状态已更新。"))


def _rate(tx: Tx, project_id: int, form: ConsoleForm, actor: str) -> None:
    now = {"rating": str(transitions.lock_project(tx, project_id).rating)}
    require_own(tx, f"project:{project_id}", form, {"rating": form["rating"]}, now, action="project.rate")
    rating = form.whole("rating")
    rate(tx, project_id, NO_RATING if rating is None else rating, actor)
