"""The form with which a donor gives. Its hidden id makes a double click one donation."""

from typing import Any
from uuid import UUID, uuid4

from flask import Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.current import create_donation, deps
from app.http import access
from app.http.errors import status_of
from app.i18n.refusals import refusal_text
from app.web import queries, visitor
from app.web.blueprint import blueprint
from app.web.forecast import expected_match
from app.web.form import CHIPS, Form
from campaigns.donations.commands import CreateDonation
from campaigns.donations.create import Created
from campaigns.donations.open_payment import open_payment
from kernel.errors import Conflict, Refusal


@blueprint.get("/donate/<slug>/<int:project_id>")
@access.public
def donate(slug: str, project_id: int) -> AnyResponse:
    """An empty form, or one with what the address asks for."""
    return _show(slug, project_id, Form.fresh(request.args))


@blueprint.post("/donate/<slug>/<int:project_id>")
@access.public
def donated(slug: str, project_id: int) -> AnyResponse:
    """Store the donation, hold its match, open its payment; then on to the donation's own page."""
    form = Form.sent(request.form)
    if request.form.get("edit"):
        return _show(slug, project_id, form)
    command = form.command(slug, project_id, visitor.known())
    if command is None:
        return _show(slug, project_id, form, 422)
    try:
        given = create_donation(command)
    except Conflict as refusal:
        if refusal.code == "match_short":
            return _short(slug, project_id, form, refusal, command)
        if refusal.code == "donation_id_reused":
            form.id = uuid4()
        return _show(slug, project_id, form.refused(refusal), status_of(refusal))
    except Refusal as refusal:
        return _show(slug, project_id, form.refused(refusal), status_of(refusal))
    return _on(given, command)


def _on(given: Created, command: CreateDonation) -> AnyResponse:
    """The match is held; a payment that cannot be opened now can be opened from the donation's page."""
    try:
        open_payment(deps(), given.donation, command.payment_flow, command.locale)
        trouble = None
    except Refusal as refusal:
        trouble = refusal.code
    return redirect(address(given.donation.id, trouble=trouble), 303)


def address(donation_id: UUID, **more: Any) -> str:
    """The donor's own page of a donation, token included."""
    token = deps().keys.token(str(donation_id))
    return url_for("web.donation", donation_id=donation_id, token=token, **more)


def _show(slug: str, project_id: int, form: Form, status: int = 200) -> AnyResponse:
    with deps().db.snapshot() as tx:
        found = queries.campaign_page(tx, slug)
        row = queries.project_in(tx, found.id, project_id)
        pots = queries.serving(tx, found, project_id)
        places = queries.place_names(tx, pots)
        forecast = expected_match(tx, found, project_id, CHIPS, pots)
    page = render_template(
        "web/donate.html",
        event=found,
        project=row,
        pots=pots,
        places=places,
        form=form,
        chips=forecast,
        limits=deps().limits,
    )
    return visitor.remember(_private(make_response(page, status)))


def _short(slug: str, project_id: int, form: Form, refusal: Conflict, command: CreateDonation) -> AnyResponse:
    """The pots hold less than their rules would give: the donor decides, and nothing is held meanwhile."""
    with deps().db.snapshot() as tx:
        found = queries.campaign_page(tx, slug)
        row = queries.project_in(tx, found.id, project_id)
        names = {pot.id: pot.name for pot in queries.pots(tx, found.id)}
    page = render_template(
        "web/short.html",
        event=found,
        project=row,
        form=form,
        amount_minor=command.amount_minor,
        match_minor=refusal.params["match_minor"],
        shares=[{**one, "name": names.get(one["pot"], "")} for one in refusal.params["pots"]],
        reason=refusal_text(refusal),
    )
    return _private(make_response(page, status_of(refusal)))


def _private(answer: Response) -> Response:
    answer.headers["Cache-Control"] = "no-store"
    return answer
