"""Objections to a published result (公示异议): the form while the notice runs, and all objections with their
replies."""

from flask import flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.current import deps
from app.forms import Form
from app.http import access, rate_limit
from app.http.errors import status_of
from app.http.network import network_of
from app.web.blueprint import blueprint
from campaigns.closing.publication.objections import (
    MOST_CONTACT,
    MOST_WORDS,
    NewObjection,
    projects_of,
    public_objections,
    raise_objection,
)
from campaigns.disclosure.campaigns import public_campaign
from kernel.errors import Refusal

_HOUR_S, _MOST_PER_HOUR = 3_600, 10


@blueprint.get("/public/c/<slug>/objections", endpoint="objections")
@access.public
def show(slug: str) -> Response:
    """Show the objections to a campaign's result with their replies, and a form while the notice runs."""
    return _page(slug, Form({}))


@blueprint.post("/public/c/<slug>/objections", endpoint="raise_objection")
@access.public
def object_to(slug: str) -> Response:
    """File an objection. It is answered before the match is disbursed."""
    form = Form(request.form)
    project = form["project"]
    chosen = int(project) if project.isascii() and project.isdecimal() and len(project) < 19 else None
    network = network_of(request.remote_addr or "")
    try:
        rate_limit.hit("objection", network, _MOST_PER_HOUR, _HOUR_S, without_redis=True)
        with deps().db.transaction() as tx:
            raise_objection(tx, deps().keys, slug, NewObjection(form["objection"], form["contact"], chosen))
    except Refusal as refusal:
        form.add_refusal(refusal)
        return _page(slug, form, status_of(refusal))
    flash(_("已收到。拨付配捐之前会有人答复，答复公布在本页。"), "good")
    return redirect(url_for("web.objections", slug=slug), 303)


def _page(slug: str, form: Form, status: int = 200) -> Response:
    with deps().db.snapshot() as tx:
        campaign = public_campaign(tx, slug)
        lines, projects = public_objections(tx, campaign.id), projects_of(tx, slug)
    page = render_template(
        "web/objections.html",
        campaign=campaign,
        lines=lines,
        projects=projects,
        form=form,
        most=MOST_WORDS,
        most_contact=MOST_CONTACT,
    )
    response = make_response(page, status)
    response.headers["Cache-Control"] = "no-store"
    return response
