"""A new project of a village or any other organisation, which is found by its name."""

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.console import choices
from app.console.blueprint import blueprint
from app.console.forms import Typed
from app.current import deps
from app.http import access
from campaigns.network.organisations import find as find_organisation
from campaigns.network.roles import Permission, require
from campaigns.projects import drafts
from campaigns.projects.drafts import NewProject
from kernel.db import Tx
from kernel.errors import NotFound, Refusal


@blueprint.route("/projects/new", methods=["GET", "POST"], endpoint="project_new")
@access.signed_in(Permission.PROJECTS_WRITE)
def new() -> str | Response:
    """A new project in draft, within the manager's branch."""
    form = Typed(request.form)
    wanted = _wish(form) if form.verb == "save" else None
    if wanted is None or form.faults:
        return _form(form)
    try:
        with deps().db.transaction() as tx:
            fresh = _made(tx, wanted, form)
    except Refusal as refusal:
        form.refused(refusal)
        return _form(form)
    flash(_("项目草稿已建立。") if fresh else _("这个项目刚才已经建立，没有重复建立。"), "good")
    return redirect(url_for("console.projects", q=wanted.name), 303)


def _wish(form: Typed) -> NewProject:
    target = form.amount("target_minor")
    form.need("organisation", "name", "target_minor")
    name, summary = form.text("name") or "", form.text("summary", lines=True) or ""
    return NewProject(form["organisation"], name, form["tier"], summary, target or 0)


def _made(tx: Tx, wanted: NewProject, form: Typed) -> bool:
    """Make it; False when one of this name and place is younger than the form. Raises what
    `campaigns.projects.projects.create` raises, and Forbidden `not_permitted` outside the own branch."""
    try:
        place = find_organisation(tx, wanted.organisation_code)
        require(g.caller, Permission.PROJECTS_WRITE, place.lineage)
    except NotFound:
        pass  # the use case names it as a fault of its field
    # The organisation's row orders two clicks, so that the second finds the first one's project.
    tx.rows("SELECT code FROM organisation WHERE code = :code FOR NO KEY UPDATE", code=wanted.organisation_code)
    twin = tx.scalar(
        "SELECT 1 FROM project WHERE id > :seen AND organisation_code = :code AND name = :name",
        seen=form.whole("seen") or 0,
        code=wanted.organisation_code,
        name=wanted.name,
    )
    if not twin:
        drafts.create(tx, wanted, g.caller.name)
    return not twin


def _form(form: Typed) -> str:
    with deps().db.transaction() as tx:
        chosen = {form["organisation"]} - {""}
        found = choices.places(tx, chosen, form["place_q"])
        seen = form["seen"] or tx.scalar("SELECT coalesce(max(id), 0) FROM project")
    return render_template("console/project_new.html", form=form, places=found, seen=seen)
