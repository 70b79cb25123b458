"""Donations for managers: the list, and the page of one with its state, explanation and refunds."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.console.blueprint import blueprint
from app.console.donations.donation_filters import FILTERS, STATE_GROUPS, filter_choices, find_in, read_query
from app.console.donations.donation_story import story_of
from app.console.saved_views import views_at
from app.current import deps
from app.exports.donations import donations_file
from app.forms import Form
from app.http import access
from app.http.heavy_reads import heavy
from app.http.scope import Where
from app.i18n.match_explanation import explain_lines
from app.table_file import FORMATS
from app.web.giving.donation_form import read_uuid
from campaigns.closing.correct_project import CORRECTABLE
from campaigns.donations.donors.contact_look import look_at_contact, look_at_token
from campaigns.donations.donors.identity import contact_identity
from campaigns.donations.explain import explain
from campaigns.donations.facts.store_warnings import warnings_of
from campaigns.donations.refunds.refunds import refunds
from campaigns.donations.search import contact_key, name_key_of, record_contact_search
from campaigns.donations.states import COUNTED
from campaigns.donations.view import donation_view
from campaigns.lifecycle.campaign import find_campaign
from campaigns.network.roles import Permission
from campaigns.screening.open_manually import is_openable
from kernel.db import Tx
from kernel.errors import Invalid
from kernel.text import clean_text


@blueprint.get("/donations", endpoint="donations")
@access.signed_in(Permission.READ, where=Where.LISTED)
def list_donations() -> str | Response:
    """List donations of the manager's branch, filtered, sorted and paged by key. A complete id redirects to its
    page."""
    form = Form(request.args)
    donation_id = read_uuid(form["id"])
    if donation_id is not None:
        return redirect(url_for("console.donation", donation_id=donation_id), 303)
    query = read_query(form)
    kept = {name: form[name] for name in FILTERS if form[name]}
    with deps().db.transaction() as tx:
        results = find_in(tx, form, query)
        choices = filter_choices(tx, query)
        views = views_at(tx, "donations", kept)
    return render_template(
        "console/donations.html",
        form=form,
        results=results,
        kept=kept,
        query=query,
        groups=STATE_GROUPS,
        views=views,
        **choices,
    )


@blueprint.get(f"/donations{FORMATS}", endpoint="donations_file")
@access.signed_in(Permission.READ, where=Where.LISTED)
@heavy
def download_donations(file_format: str) -> Response:
    """Export all donations that match the filters of the list, without donors' data."""
    form = Form(request.args)
    query = read_query(form)
    if query is None:
        return redirect(f"{url_for('console.donations')}?{request.query_string.decode()}", 303)
    return donations_file(query, file_format)


@blueprint.post("/donations/contact", endpoint="donations_of_contact")
@access.signed_in(Permission.DONATIONS_REFUND, where=Where.LISTED)
def search_contact() -> Response:
    """Find the donations of a phone number, an e-mail address or a full name.

    Only the keyed hash of the text is used further; the text itself appears in no address.
    """
    typed = clean_text(request.form.get("contact", "")).strip()[:254]
    donor = name = None
    try:
        if contact_identity(typed) is not None:
            donor = contact_key(deps().keys, typed)
        else:
            name = name_key_of(deps().keys, typed)
    except Invalid:
        flash(_("请填写手机号、邮箱或姓名。"), "bad")
        return redirect(url_for("console.donations"), 303)
    with deps().db.transaction() as tx:
        record_contact_search(tx, access.actor())
    return redirect(url_for("console.donations", donor=donor, name=name), 303)


@blueprint.get("/donations/<uuid:donation_id>", endpoint="donation")
@access.signed_in(Permission.READ)
def show(donation_id: UUID) -> str:
    """Show the state and story of a donation. `look` shows its donor."""
    with deps().db.transaction() as tx:
        return _page(tx, donation_id)


@blueprint.post("/donations/<uuid:donation_id>/contact", endpoint="look_at_contact")
@access.signed_in(Permission.CONTACTS)
def look(donation_id: UUID) -> str:
    """Show the page once with the donor's contact. Every look is recorded."""
    with deps().db.transaction() as tx:
        contact = look_at_contact(tx, deps().keys, donation_id, access.actor())
        return _page(tx, donation_id, contact=contact)


@blueprint.post("/donations/<uuid:donation_id>/link", endpoint="look_at_link")
@access.signed_in(Permission.CONTACTS)
def look_at_link(donation_id: UUID) -> str:
    """Show the page once with the link that the donor received. Every look is recorded."""
    with deps().db.transaction() as tx:
        token = look_at_token(tx, deps().keys, donation_id, access.actor())
        link = f"{deps().public_url}{url_for('web.donation', donation_id=donation_id, token=token)}"
        return _page(tx, donation_id, link=link)


def _page(tx: Tx, donation_id: UUID, **looked_at: Any) -> str:
    view = donation_view(tx, donation_id)
    explanation = explain(tx, donation_id)
    return render_template(
        "console/donation.html",
        donation=view,
        explanation=explanation,
        lines=explain_lines(explanation),
        refunds=refunds(tx, donation_id),
        warnings=warnings_of(tx, donation_id),
        story=story_of(tx, donation_id),
        **looked_at,
        suspectable=bool(view.captured_minor) and not view.held_minor and is_openable(tx, donation_id),
        refundable=view.status in COUNTED and view.refunded_minor < view.amount_minor,
        correctable=view.status in COUNTED and find_campaign(tx, view.campaign).phase in CORRECTABLE,
        taken_by_us=view.provider in ("", deps().gateway.provider),
    )
