"""The donor's own papers: certificate of thanks and poster. They open only with the donation's token."""

from uuid import UUID

from flask import Response, request

from app.current import deps
from app.http import access
from app.papers import donor
from app.papers.donor import Thanked
from app.papers.press import Form, draw
from app.web.blueprint import blueprint
from campaigns.disclosure.campaigns import entry_if_any, public_campaign
from campaigns.disclosure.project_page import unit_of
from campaigns.donations.donors.contact import read_contact
from campaigns.donations.view import donation_view

_PPI = {Form.PDF: 72, Form.PNG: 150}  # PNG: A4 as a picture for phones


@blueprint.get("/d/<uuid:donation_id>/certificate.<any(png,pdf):form>")
@access.donor_link
def certificate(donation_id: UUID, form: str) -> Response:
    """Return a certificate of thanks, with the donor's name unless `name=no`."""
    values = donor.certificate_values(thanked(donation_id, named=request.args.get("name") != "no"))
    return _file(draw("certificate", values, Form(form), ppi=_PPI[Form(form)]), Form(form), "certificate")


@blueprint.get("/d/<uuid:donation_id>/poster.png")
@access.donor_link
def donor_poster(donation_id: UUID) -> Response:
    """Return a poster to share, without the donor's name unless `name=yes`. Nothing on it leads to the donation."""
    values = donor.poster_values(thanked(donation_id, named=request.args.get("name") == "yes"), deps().public_url)
    return _file(draw("poster", values), Form.PNG, "poster")


def thanked(donation_id: UUID, *, named: bool) -> Thanked:
    """Return what a paper says thanks for. Raises Conflict `paper_unpaid`, `paper_withdrawn`."""
    with deps().db.snapshot() as tx:
        view = donation_view(tx, donation_id)
        campaign, unit = public_campaign(tx, view.campaign), unit_of(tx, view.project_id)
        name = read_contact(tx, deps().keys, donation_id).get("name", "") if named else ""
        project = entry_if_any(tx, campaign.id, view.project_id)
    return donor.thanked(view, campaign, name, unit, project)


def _file(drawn: bytes, form: Form, name: str) -> Response:
    response = Response(drawn, mimetype="application/pdf" if form is Form.PDF else "image/png")
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Disposition"] = f'inline; filename="{name}.{form}"'
    return response
