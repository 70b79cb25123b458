"""The donor's own page of one donation, before and after paying; open only with its token."""

from uuid import UUID

from flask import abort, current_app, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from app.current import deps
from app.forms import Form
from app.http import access, donor_cookie
from app.http.errors import status_of
from app.i18n.fields import refusal_words
from app.i18n.locale import chosen
from app.i18n.match_explanation import decision_lines, end_lines
from app.i18n.refusals import REFUSALS, refusal_text
from app.web.blueprint import blueprint
from campaigns.disclosure.campaigns import public_campaign
from campaigns.donations import expire
from campaigns.donations.explain import explain
from campaigns.donations.open_payment import open_payment
from campaigns.donations.own_unpaid import own_unpaid_sum
from campaigns.donations.refund_requests import MOST_REQUESTS, request_money_back, requests_of, returnable
from campaigns.donations.shared_device import contact_would_help
from campaigns.donations.states import WAITING
from campaigns.donations.view import donation_view
from campaigns.reasons import MOST_REASON
from kernel.errors import Refusal

_LEFT_S = 30 * 60  # how long we remember that a donor went to the cashier


@blueprint.get("/d/<uuid:donation_id>")
@access.donor_link
def donation(donation_id: UUID) -> AnyResponse:
    """The state of the donation, and the explanation of its match."""
    return _show(donation_id, REFUSALS.get(request.args.get("trouble", ""), ""))


@blueprint.post("/d/<uuid:donation_id>/go")
@access.donor_link
def pay(donation_id: UUID) -> AnyResponse:
    """Send the donor to the cashier; open the payment if that has not worked before."""
    with deps().db.transaction() as tx:
        view = donation_view(tx, donation_id)
    try:
        view = open_payment(deps(), view, "redirect", chosen())
    except Refusal as refusal:
        return donor_cookie.to_page(donation_id, trouble=refusal.code)
    if view.status not in WAITING or not view.payment_url:
        return donor_cookie.to_page(donation_id)
    response = redirect(view.payment_url, 303)
    response.set_cookie(
        "went",
        "1",
        max_age=_LEFT_S,
        path=f"/d/{donation_id}",
        httponly=True,
        samesite="Lax",
        secure=current_app.config["SESSION_COOKIE_SECURE"],
    )
    return donor_cookie.remember(response, donation_id)


@blueprint.post("/d/<uuid:donation_id>/cancel")
@access.donor_link
def cancel(donation_id: UUID) -> AnyResponse:
    """Cancel the unpaid donation."""
    try:
        expire.cancel(deps(), donation_id)
    except Refusal as refusal:
        return _show(donation_id, refusal_text(refusal), status_of(refusal))
    return donor_cookie.to_page(donation_id)


@blueprint.post("/d/<uuid:donation_id>/refund-requests")
@access.donor_link
def request_refund(donation_id: UUID) -> AnyResponse:
    """Request money back; staff decide. The same request sent twice is one."""
    form = Form(request.form)
    amount_minor, reason = form.amount("amount"), form.text("reason", MOST_REASON, lines=True) or ""
    if form.faults:
        return _show(donation_id, next(iter(form.faults.values())), 422, form)
    try:
        with deps().db.transaction() as tx:
            request_money_back(tx, deps().keys, donation_id, amount_minor, reason)
    except Refusal as refusal:
        return _show(donation_id, refusal_words(refusal), status_of(refusal), form)
    return donor_cookie.to_page(donation_id, at="refund")


def _show(donation_id: UUID, trouble: object, status: int = 200, form: Form | None = None) -> AnyResponse:
    with deps().db.snapshot() as tx:
        view = donation_view(tx, donation_id)
        explanation = explain(tx, donation_id)
        unpaid = own_unpaid_sum(tx, explanation)
        contact_helps = contact_would_help(tx, explanation)
        refund_requests = requests_of(tx, deps().keys, donation_id)
        returnable_minor, not_returnable = returnable(tx, donation_id)
        try:
            campaign = public_campaign(tx, view.campaign)
        except Refusal:
            abort(404)
    waiting = view.status in WAITING
    left = "left" in request.args
    page = render_template(
        "web/donation.html",
        donation=view,
        explanation=explanation,
        unpaid=unpaid,
        contact_helps=contact_helps,
        refund_requests=refund_requests,
        returnable_minor=returnable_minor,
        not_returnable=REFUSALS.get(not_returnable, "") % {"most": MOST_REQUESTS},
        form=form or Form({}),
        campaign=campaign,
        decisions=[decision_lines(decision) for decision in explanation.decisions],
        ends=end_lines(explanation),
        token=(token := deps().keys.token(str(donation_id))),
        lasting_link=f"{deps().public_url}/d/{donation_id}?token={token}",
        visit=donor_cookie.pass_for(donation_id),
        trouble=str(trouble),
        waiting=waiting,
        left=left,
        confirming=waiting and not left and "went" in request.cookies,
    )
    response = make_response(page, status)
    if left:  # came back from the cashier without paying
        response.delete_cookie("went", path=f"/d/{donation_id}")
    response.headers["Cache-Control"] = "no-store"
    return response
