"""Donations for managers: the list, and one with its state, why, and its refunds."""

from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.console.blueprint import act, blueprint, said_of
from app.console.donation_file import donations_file
from app.console.donation_filters import FILTERS, STATE_GROUPS, filter_choices, find_in, read_query
from app.current import deps
from app.duties import perform
from app.forms import Form
from app.http import access
from app.http.scope import Where
from app.i18n.match_explanation import explain_lines
from app.web.donation_form import read_uuid
from campaigns.donations.explain import explain
from campaigns.donations.refunds import count_refunds, refunds
from campaigns.donations.search import contact_key, record_contact_search
from campaigns.donations.states import COUNTED
from campaigns.donations.store_warnings import warnings_of
from campaigns.donations.view import donation_view
from campaigns.network.roles import Caller, Permission
from kernel.db import Tx
from kernel.errors import Conflict, Invalid


@blueprint.get("/donations", endpoint="donations")
@access.signed_in(Permission.READ, where=Where.LISTED)
def list_donations() -> str | Response:
    """Donations of the own branch, filtered, sorted and paged by key; a whole id leads to its page at once."""
    form = Form(request.args)
    donation_id = read_uuid(form["id"])
    if donation_id is not None:
        return redirect(url_for("console.donation", donation_id=donation_id), 303)
    query = read_query(form)
    with deps().db.transaction() as tx:
        results = find_in(tx, form, query)
        choices = filter_choices(tx, query)
    kept = {name: form[name] for name in FILTERS if form[name]}
    return render_template(
        "console/donations.html",
        form=form,
        results=results,
        kept=kept,
        query=query,
        groups=STATE_GROUPS,
        **choices,
    )


@blueprint.get("/donations.csv", endpoint="donations_file")
@access.signed_in(Permission.READ, where=Where.LISTED)
def download_donations() -> Response:
    """All donations that fit the filters of the list, as a file without their donors."""
    form = Form(request.args)
    query = read_query(form)
    if query is None:
        return redirect(f"{url_for('console.donations')}?{request.query_string.decode()}", 303)
    return donations_file(query)


@blueprint.post("/donations/contact", endpoint="donations_of_contact")
@access.signed_in(Permission.DONATIONS_REFUND, where=Where.LISTED)
def search_contact() -> Response:
    """Find the donations of a phone number or e-mail address: it goes no further than its keyed hash, and into no
    address."""
    try:
        donor_key = contact_key(deps().keys, request.form.get("contact", "").strip()[:254])
    except Invalid:
        flash(_("请填写正确的手机号或邮箱。"), "bad")
        return redirect(url_for("console.donations"), 303)
    with deps().db.transaction() as tx:
        record_contact_search(tx, access.actor())
    return redirect(url_for("console.donations", donor=donor_key), 303)


@blueprint.get("/donations/<uuid:donation_id>", endpoint="donation")
@access.signed_in(Permission.READ)
def show(donation_id: UUID) -> str:
    """Its state and explanation; who gave is not shown here."""
    with deps().db.transaction() as tx:
        view = donation_view(tx, donation_id)
        explanation = explain(tx, donation_id)
        requested = refunds(tx, donation_id)
        warnings = warnings_of(tx, donation_id)
    return render_template(
        "console/donation.html",
        donation=view,
        explanation=explanation,
        lines=explain_lines(explanation),
        refunds=requested,
        warnings=warnings,
        refundable=view.status in COUNTED and view.refunded_minor < view.amount_minor,
    )


@blueprint.post("/donations/<uuid:donation_id>/refunds", endpoint="refund")
@access.signed_in_to_act(Permission.DONATIONS_REFUND)
def refund(donation_id: UUID) -> Response:
    """Request a refund. The form says how many refunds its reader saw, so a second click changes nothing."""
    form = Form(request.form)

    def do(tx: Tx, _caller: Caller) -> str | None:
        if form["seen"] != str(count_refunds(tx, donation_id)):
            raise Conflict("refund_seen")
        amount_minor = form.amount("amount")
        if form.faults:
            raise Invalid("amount_invalid")
        reason = request.form.get("reason", "").replace("\x00", "")[:500]
        return said_of(perform(tx, "donation.refund", donation_id, reason, amount_minor=amount_minor))

    back = url_for("console.donation", donation_id=donation_id)
    return act(Permission.DONATIONS_REFUND, back, do, _("退款已提交，支付平台确认后生效。"))
