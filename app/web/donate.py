"""The form with which a donor gives. Its hidden id makes a double click one donation."""

from uuid import UUID, uuid4

from flask import Response, current_app, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.errors import status_of
from app.web import reads, visitor
from app.web.expect import expected
from app.web.form import CHIPS, Form
from app.web.frame import blueprint, engine
from app.wording import refusal_text
from campaigns.donations.give import Given
from campaigns.donations.pay import open_payment
from campaigns.donations.wish import Give
from kernel.errors import Conflict, Refusal


@blueprint.get("/donate/<slug>/<int:project_id>")
def donate(slug: str, project_id: int) -> AnyResponse:
    """An empty form, or one with what the address asks for."""
    return _show(slug, project_id, Form.fresh(request.args))


@blueprint.post("/donate/<slug>/<int:project_id>")
def donated(slug: str, project_id: int) -> AnyResponse:
    """Store the donation, hold its match, open its payment; then on to the donation's own page."""
    form = Form.sent(request.form)
    if request.form.get("edit"):
        return _show(slug, project_id, form)
    wish = form.wish(slug, project_id, visitor.known())
    if wish is None:
        return _show(slug, project_id, form, 422)
    try:
        given: Given = current_app.extensions["gather"].give(wish)
    except Conflict as refusal:
        if refusal.code == "match_short":
            return _short(slug, project_id, form, refusal, wish)
        if refusal.code == "donation_id_reused":
            form.id = uuid4()
        return _show(slug, project_id, form.refused(refusal), status_of(refusal))
    except Refusal as refusal:
        return _show(slug, project_id, form.refused(refusal), status_of(refusal))
    return _on(given, wish)


def _on(given: Given, wish: Give) -> AnyResponse:
    """The match is held; a payment that cannot be opened now can be opened from the donation's page."""
    try:
        open_payment(engine(), given.standing, wish.payment_flow, wish.locale)
        trouble = None
    except Refusal as refusal:
        trouble = refusal.code
    return redirect(address(given.standing.id, trouble=trouble), 303)


def address(donation_id: UUID, **more: str | None) -> str:
    """The donor's own page of a donation, token included."""
    token = engine().keys.token(str(donation_id))
    return url_for("web.donation", donation_id=donation_id, token=token, **more)


def _show(slug: str, project_id: int, form: Form, status: int = 200) -> AnyResponse:
    with engine().db.snapshot() as tx:
        found = reads.event(tx, slug)
        row = reads.project_in(tx, found.id, project_id)
        pots = reads.serving(tx, found, project_id)
        places = reads.place_names(tx, pots)
        forecast = expected(tx, found, project_id, CHIPS, pots)
    page = render_template(
        "web/donate.html",
        event=found,
        project=row,
        pots=pots,
        places=places,
        form=form,
        chips=forecast,
        limits=engine().limits,
    )
    return visitor.remember(_private(make_response(page, status)))


def _short(slug: str, project_id: int, form: Form, refusal: Conflict, wish: Give) -> AnyResponse:
    """The pots hold less than their rules would give: the donor decides, and nothing is held meanwhile."""
    with engine().db.snapshot() as tx:
        found = reads.event(tx, slug)
        row = reads.project_in(tx, found.id, project_id)
        names = {pot.id: pot.name for pot in reads.pots(tx, found.id)}
    page = render_template(
        "web/short.html",
        event=found,
        project=row,
        form=form,
        amount_minor=wish.amount_minor,
        match_minor=refusal.facts["match_minor"],
        shares=[{**one, "name": names.get(one["pot"], "")} for one in refusal.facts["pots"]],
        reason=refusal_text(refusal),
    )
    return _private(make_response(page, status_of(refusal)))


def _private(answer: Response) -> Response:
    answer.headers["Cache-Control"] = "no-store"
    return answer
