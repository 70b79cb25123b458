"""The donation form. Its hidden id makes a double click create one donation."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from flask import Response, make_response, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from app.current import create_donation, deps
from app.http import access, donor_cookie
from app.http.errors import status_of
from app.http.network import sender
from app.i18n.refusals.refusals import refusal_text
from app.web import visitor
from app.web.blueprint import blueprint
from app.web.campaigns.sources import source_of_browser
from app.web.campaigns.teams import joined_team, remember_team
from app.web.giving.donation_form import CHIPS, DonationForm, read_uuid
from app.web.giving.forecast import forecast
from app.web.outlook import outlook
from campaigns.disclosure.campaigns import CampaignView, entry, public_campaign
from campaigns.disclosure.catalogue import ProjectRow
from campaigns.disclosure.pot_details import place_names, pots_serving
from campaigns.disclosure.project_page import unit_of
from campaigns.disclosure.totals import PotView, pot_views
from campaigns.donations.commands import CreateDonation, amount_fault
from campaigns.donations.create import Created
from campaigns.donations.open_payment import open_payment
from campaigns.donations.unpaid.own_unpaid import OwnUnpaid, own_unpaid, typed_before
from campaigns.donations.unpaid.shared_device import device_cap_used_up
from campaigns.teams.names import clean_name, name_fault
from campaigns.teams.teams import TeamView, team_of_link
from kernel.db import Tx
from kernel.errors import Refusal


@blueprint.get("/donate/<slug>/<int:project_id>")
@access.public
def donate(slug: str, project_id: int) -> AnyResponse:
    """Show the form, prefilled from the query if that names values."""
    replaces = read_uuid(request.args.get("replaces", ""))
    typed: dict[str, str] = {}
    if replaces and (visit := request.args.get("visit")) and donor_cookie.opens(replaces, visit):
        with deps().db.snapshot() as tx:
            typed = typed_before(tx, deps(), replaces, visitor.known())
        typed |= {"replaces": str(replaces), "replaces_token": deps().keys.token(str(replaces))}
    form = DonationForm.fresh(request.args, typed)
    if not form["team"] and (joined := joined_team(slug)):
        form.data["team"] = joined
    for name, origin in source_of_browser(slug).items() if not form["source"] else ():
        form.data[name] = origin
    return _show(slug, project_id, form)


@blueprint.post("/donate/<slug>/<int:project_id>", endpoint="create_donation")
@access.public
def create(slug: str, project_id: int) -> AnyResponse:
    """Create the donation, reserve its match, open its payment, then redirect to the donation's own page."""
    form = DonationForm(request.form)
    response = _show(slug, project_id, form) if request.form.get("edit") else _submit(slug, project_id, form)
    left = joined_team(slug) and not form["team"]
    return remember_team(response, slug, "") if left else response


def _submit(slug: str, project_id: int, form: DonationForm) -> AnyResponse:
    command = form.command(slug, project_id, visitor.known())
    if command is None:
        return _show(slug, project_id, form, 422)
    command = replace(command, **sender())
    asks = not form["both"] and not amount_fault(command.amount_minor, deps().limits)  # a fault is said first
    if asks and (unpaid := _own_unpaid(slug, command)):
        return _show_unpaid(slug, project_id, form, unpaid, command)
    try:
        created = create_donation(command)
    except Refusal as refusal:
        if refusal.code == "match_short":
            return _show_shortage(slug, project_id, form, refusal, command)
        if refusal.code == "unpaid_match_limit":
            return _show_withheld(slug, project_id, form, refusal)
        if refusal.code == "giving_unusual":
            return _show_question(slug, project_id, form, refusal)
        if refusal.code == "donation_id_reused":  # the donor returned to the form and changed something
            form.renew()
            return _submit(slug, project_id, form)
        if refusal.code in ("replaced_being_paid", "replaced_unknown"):
            form.replace_nothing()
        form.add_refusal(refusal)
        return _show(slug, project_id, form, status_of(refusal))
    return _open_payment(created, command)


def _open_payment(created: Created, command: CreateDonation) -> AnyResponse:
    """Open the payment, now that the match is reserved. If that fails, the donation's page offers it again."""
    try:
        open_payment(deps(), created.donation, command.payment_flow, command.locale)
        trouble = ""
    except Refusal as refusal:
        trouble = refusal.code
    return donor_cookie.to_page(created.donation.id, trouble=trouble)


def _show(slug: str, project_id: int, form: DonationForm, status: int = 200) -> AnyResponse:
    with deps().db.snapshot() as tx:
        campaign = public_campaign(tx, slug)
        project = entry(tx, campaign.id, project_id)
        pots = pots_serving(tx, campaign.id, project_id)
        places = place_names(tx, pots)
        forecast_html = _forecast(tx, campaign, project, pots, form)
        team = team_of_link(tx, campaign.id, form["team"]) if form["team"] else None
        cap_used_up = device_cap_used_up(tx, deps(), campaign.id, [pot.id for pot in pots], visitor.known())
    keep_team(form, team)
    page = render_template(
        "web/donate.html",
        team=team,
        campaign=campaign,
        project=project,
        pots=pots,
        places=places,
        form=form,
        chips=CHIPS,
        forecast=forecast_html,
        match=outlook(campaign, pots),
        contact_helps=cap_used_up and not (form["phone"] or form["email"]),
        limits=deps().limits,
    )
    response = make_response(page, status)
    response.headers["Cache-Control"] = "no-store"
    return visitor.remember(response)


def keep_team(form: DonationForm, team: TeamView | None) -> None:
    """Replace a team id from a link by the team's name, which donations store. An unknown team is kept if its text
    could be a name, because a poster may be printed before the name is approved."""
    if team is not None:
        form.data["team"] = team.name
    elif form["team"] and name_fault(clean_name(form["team"])):
        form.drop("team")


@blueprint.post("/donate/<slug>/<int:project_id>/forecast", endpoint="forecast")
@access.public
def show_forecast(slug: str, project_id: int) -> AnyResponse:
    """Return the sentence and figures of what a typed amount would become for this visitor. Changes nothing."""
    form = DonationForm(request.form)
    with deps().db.snapshot() as tx:
        campaign = public_campaign(tx, slug)
        project = entry(tx, campaign.id, project_id)
        pots = pots_serving(tx, campaign.id, project_id)
        html = _forecast(tx, campaign, project, pots, form)
    return _private(make_response({"html": html, "fault": form.faults.get("amount", "")}))


def _forecast(
    tx: Tx, campaign: CampaignView, project: ProjectRow, pots: Sequence[PotView], form: DonationForm
) -> Markup:
    """Return the live sentence for the typed amount, or a fault if it cannot be read or accepted."""
    amount_minor = form.amount_minor() if not form.faults else None
    if amount_minor is not None and (refused := amount_fault(amount_minor, deps().limits)):
        form.add_refusal(refused)
        amount_minor = None
    expected = None
    if amount_minor:
        by_amount = forecast(tx, campaign, project.id, [amount_minor], pots, form.donor, visitor.known())
        expected = by_amount[amount_minor]
    html = render_template(
        "web/forecast.html",
        campaign=campaign,
        project=project,
        form=form,
        expected=expected,
        unit=unit_of(tx, project.id),
        match=outlook(campaign, pots),
    )
    return Markup(html)  # noqa: S704 - a template of ours, which escapes


def _show_shortage(
    slug: str, project_id: int, form: DonationForm, refusal: Refusal, command: CreateDonation
) -> AnyResponse:
    """Ask the donor, because the pots hold less than their rules would give. Nothing is reserved meanwhile."""
    with deps().db.snapshot() as tx:
        campaign = public_campaign(tx, slug)
        project = entry(tx, campaign.id, project_id)
        names = {pot.id: pot.name for pot in pot_views(tx, campaign.id)}
        match = outlook(campaign, pots_serving(tx, campaign.id, project_id))
    page = render_template(
        "web/short.html",
        match=match,
        campaign=campaign,
        project=project,
        form=form,
        amount_minor=command.amount_minor,
        match_minor=refusal.params["match_minor"],
        shares=[{**share, "name": names.get(share["pot"], "")} for share in refusal.params["pots"]],
        reason=refusal_text(refusal),
    )
    return _private(make_response(page, status_of(refusal)))


def _show_withheld(slug: str, project_id: int, form: DonationForm, refusal: Refusal) -> AnyResponse:
    """Offer to give without match, because too much match is reserved unpaid. Nothing is reserved meanwhile."""
    with deps().db.snapshot() as tx:
        campaign = public_campaign(tx, slug)
        project = entry(tx, campaign.id, project_id)
    page = render_template(
        "web/withheld.html", campaign=campaign, project=project, form=form, reason=refusal_text(refusal)
    )
    return _private(make_response(page, status_of(refusal)))


def _show_question(slug: str, project_id: int, form: DonationForm, refusal: Refusal) -> AnyResponse:
    """Ask the donor to confirm an unusually large gift, or one of many. Nothing is reserved meanwhile."""
    form.data.poplist("confirmed")
    with deps().db.snapshot() as tx:
        campaign = public_campaign(tx, slug)
        project = entry(tx, campaign.id, project_id)
    page = render_template(
        "web/unusual.html", campaign=campaign, project=project, form=form, unusual=refusal.params
    )
    return _private(make_response(page, status_of(refusal)))


def _own_unpaid(slug: str, command: CreateDonation) -> list[OwnUnpaid]:
    with deps().db.snapshot() as tx:
        return own_unpaid(tx, deps(), public_campaign(tx, slug).id, command)


def _show_unpaid(
    slug: str, project_id: int, form: DonationForm, unpaid: Sequence[OwnUnpaid], command: CreateDonation
) -> AnyResponse:
    """Ask the donor about their unpaid donations, whose match counts against their caps. Nothing is reserved
    meanwhile. Donations of another browser with the same contact are mentioned, but not shown."""
    with deps().db.snapshot() as tx:
        campaign = public_campaign(tx, slug)
        project = entry(tx, campaign.id, project_id)
    page = render_template(
        "web/unpaid.html",
        campaign=campaign,
        project=project,
        form=form,
        amount_minor=command.amount_minor,
        mine=[donation for donation in unpaid if donation.same_browser],
        elsewhere=[donation for donation in unpaid if not donation.same_browser],
        donation_url=_pass_url,
        token_of=lambda donation_id: deps().keys.token(str(donation_id)),
    )
    return _private(make_response(page, 409))


def _pass_url(donation_id: UUID) -> str:
    """Return the URL, with a pass, of another donation of this donor, for which this browser may have no cookie."""
    return url_for("web.donation", donation_id=donation_id, visit=donor_cookie.pass_for(donation_id))


def _private(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response
