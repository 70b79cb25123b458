"""Create a project of a village or another organisation, which is searched by name."""

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlmodel import col, select
from werkzeug.wrappers import Response

from app.console import choices
from app.console.blueprint import blueprint
from app.console.forms import ConsoleForm
from app.current import deps
from app.forms import format_yuan
from app.http import access, scope
from app.http.scope import Where
from app.i18n.labels import TIERS, word
from campaigns.network.models import Organisation
from campaigns.network.organisations import find
from campaigns.network.roles import Permission
from campaigns.projects import drafts
from campaigns.projects.drafts import NewProject
from campaigns.projects.models import Project
from campaigns.projects.templates import description_from, find_template, templates
from campaigns.projects.themes import Theme
from campaigns.projects.tiers import require_tier, tiers_of
from kernel.db import Tx
from kernel.errors import Refusal
from matching.rules import Level


@blueprint.route("/projects/new", methods=["GET", "POST"], endpoint="project_new")
@access.signed_in(Permission.PROJECTS_WRITE, where=Where.NAMED)
def create() -> str | Response:
    """Create a draft project within the manager's branch."""
    form = ConsoleForm(request.form)
    if request.method == "GET" and request.args.get("template"):
        return _form(_from_template(ConsoleForm(request.args)))
    new = _new_project(form) if form.verb == "save" else None
    if new is None or form.faults:
        return _form(form)
    try:
        with deps().db.transaction() as tx:
            created = _create(tx, new, form)
    except Refusal as refusal:
        form.add_refusal(refusal)
        return _form(form)
    flash(_("项目草稿已建立。") if created else _("这个项目刚才已经建立，没有重复建立。"), "good")
    return redirect(url_for("console.projects", q=new.name), 303)


def _from_template(query: ConsoleForm) -> ConsoleForm:
    """Return the form with what a template says; empty with an unknown one."""
    try:
        with deps().db.transaction() as tx:
            template = find_template(tx, query.whole("template"), scope.branch())
    except Refusal as refusal:
        form = ConsoleForm({})
        form.add_refusal(refusal)
        return form
    return ConsoleForm(
        {
            "template": str(template.id),
            "theme": template.theme,
            "summary": template.summary,
            "target_minor": format_yuan(template.target_minor),
        }
    )


def _new_project(form: ConsoleForm) -> NewProject:
    target = form.amount("target_minor")
    form.require("organisation", "name", "target_minor")
    name, summary = form.text("name") or "", form.text("summary", lines=True) or ""
    return NewProject(
        form["organisation"], name, form["tier"], summary, target or 0, theme=form["theme"] or Theme.OTHER
    )


def _create(tx: Tx, new: NewProject, form: ConsoleForm) -> bool:
    """Create the project; return False if one of the same name and place was created since the form was opened.

    Raises what `campaigns.projects.drafts.create` raises, and Forbidden `not_permitted` outside the manager's
    branch.
    """
    scope.require_node(tx, new.organisation_code)
    require_tier(tx, new.tier, scope.branch())
    # Locking the organisation serialises two clicks, so that the second finds the project of the first.
    tx.get(Organisation, new.organisation_code, lock=True)
    younger = select(col(Project.id)).where(col(Project.id) > (form.whole("seen") or 0))
    same = younger.where(Project.organisation_code == new.organisation_code, Project.name == new.name)
    if tx.first(same.order_by(col(Project.id))) is not None:
        return False
    if form["template"]:
        template = find_template(tx, form.whole("template"), scope.branch())
        new = new._replace(description=description_from(tx, template, new.target_minor))
    drafts.create(tx, new, g.caller.name)
    return True


def _form(form: ConsoleForm) -> str:
    with deps().db.transaction() as tx:
        chosen = {form["organisation"] or _own_village(tx)} - {""}
        places = choices.places(tx, chosen, form["place_q"], scope.branch())
        tiers = [(tier, word(TIERS, tier)) for tier in tiers_of(tx, scope.branch())]
        newest = tx.first(select(col(Project.id)).order_by(col(Project.id).desc()))
        seen = form["seen"] or newest or 0
        shown = templates(tx, scope.branch())
    return render_template(
        "console/project_new.html", form=form, places=places, seen=seen, tiers=tiers, templates=shown
    )


def _own_village(tx: Tx) -> str:
    """Return the village of the manager, which is the only place that they file for; "" above villages."""
    branch = scope.branch()
    return branch if branch and find(tx, branch).level == Level.VILLAGE else ""
