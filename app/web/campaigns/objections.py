"""Objections to a published result (公示异议): the form while the notice runs, and all objections with their
replies. Complaints (举报): the form, at any time."""

from collections.abc import Callable

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
    file_complaint,
    projects_of,
    public_objections,
    raise_objection,
)
from campaigns.disclosure.campaigns import public_campaign
from kernel.db import Tx
from kernel.errors import Refusal
from kernel.keys import Keys

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
    try:
        _file(slug, form, raise_objection)
    except Refusal as refusal:
        form.add_refusal(refusal)
        return _page(slug, form, status=status_of(refusal))
    flash(_("已收到。拨付配捐之前会有人答复，答复公布在本页。"), "good")
    return redirect(url_for("web.objections", slug=slug), 303)


@blueprint.get("/public/c/<slug>/complaint", endpoint="complaint")
@access.public
def show_complaint(slug: str) -> Response:
    """Show the form for a complaint about a campaign or one of its projects."""
    return _page(slug, Form({}), "web/complaint.html")


@blueprint.post("/public/c/<slug>/complaint", endpoint="file_complaint")
@access.public
def complain(slug: str) -> Response:
    """File a complaint. The host deals with it within five working days."""
    form = Form(request.form)
    try:
        _file(slug, form, file_complaint)
    except Refusal as refusal:
        form.add_refusal(refusal)
        return _page(slug, form, "web/complaint.html", status_of(refusal))
    flash(_("已收到，5 个工作日内处理；留了联系方式的会答复您。"), "good")
    return redirect(url_for("web.complaint", slug=slug), 303)


def _file(slug: str, form: Form, use_case: Callable[[Tx, Keys, str, NewObjection], int]) -> None:
    project = form["project"]
    chosen = int(project) if project.isascii() and project.isdecimal() and len(project) < 19 else None
    network = network_of(request.remote_addr or "")
    rate_limit.hit("objection", network, _MOST_PER_HOUR, _HOUR_S, without_redis=True)
    with deps().db.transaction() as tx:
        public_campaign(tx, slug)
        use_case(tx, deps().keys, slug, NewObjection(form["objection"], form["contact"], chosen))


def _page(slug: str, form: Form, template: str = "web/objections.html", status: int = 200) -> Response:
    with deps().db.snapshot() as tx:
        campaign = public_campaign(tx, slug)
        lines, projects = public_objections(tx, campaign.id), projects_of(tx, slug)
    page = render_template(
        template,
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
