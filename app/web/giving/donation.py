"""The donor's page of one donation, before and after paying. It opens only with the donation's token."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from flask import abort, current_app, make_response, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from app.current import deps
from app.forms import Form
from app.http import access, donor_cookie
from app.http.errors import status_of
from app.i18n.locale import chosen
from app.i18n.match_explanation import decision_lines, end_lines
from app.i18n.refusals.fields import at_fields
from app.i18n.refusals.refusals import REFUSALS, refusal_text
from app.i18n.screening_evidence import reasons_text
from app.web import visitor
from app.web.blueprint import blueprint
from app.web.giving.own import donation_url
from app.web.match_state import match_state
from campaigns.audit import DONOR
from campaigns.disclosure.campaigns import CampaignView, public_campaign
from campaigns.disclosure.own_donations import replacement_of
from campaigns.disclosure.pictures import covers
from campaigns.disclosure.pot_details import pots_serving
from campaigns.disclosure.project_page import unit_of
from campaigns.disclosure.totals import PotView
from campaigns.disclosure.trace import traces
from campaigns.donations.donors.consent import published_of
from campaigns.donations.explain import Explanation, explain
from campaigns.donations.letters.letters import letters_shown
from campaigns.donations.models import RefundRequestState
from campaigns.donations.open_payment import open_payment
from campaigns.donations.questions import ask, questions_of
from campaigns.donations.receipts.receipt_requests import receipts_of
from campaigns.donations.refunds.refund_requests import MOST_REQUESTS, request_money_back, requests_of, returnable
from campaigns.donations.refunds.refunds import refunds, returned_at
from campaigns.donations.states import REPLACED, WAITING
from campaigns.donations.unpaid import expire
from campaigns.donations.unpaid.own_unpaid import own_unpaid_sum, typed_before
from campaigns.donations.unpaid.shared_device import contact_would_help
from campaigns.donations.view import DonationView, donation_view
from campaigns.reasons import MOST_REASON
from campaigns.screening.appeal import file_appeal
from campaigns.screening.cases import OwnCase, case_id_of_donation, case_of_donation
from kernel.db import Tx
from kernel.errors import Refusal
from payments.gateway import ClosedAs, GatewayError

_LEFT_S = 30 * 60  # how long we remember that a donor was sent to the checkout page


@blueprint.get("/d/<uuid:donation_id>")
@access.donor_link
def donation(donation_id: UUID) -> AnyResponse:
    """Show the state of the donation and the explanation of its match."""
    return show_donation(donation_id, REFUSALS.get(request.args.get("trouble", ""), ""))


@blueprint.post("/d/<uuid:donation_id>/go")
@access.donor_link
def pay(donation_id: UUID) -> AnyResponse:
    """Redirect the donor to the checkout page; open the payment if that failed before."""
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
        return refuse(donation_id, refusal)
    return donor_cookie.to_page(donation_id)


@blueprint.post("/d/<uuid:donation_id>/refund-requests")
@access.donor_link
def request_refund(donation_id: UUID) -> AnyResponse:
    """Request a refund, which staff decide. A repeated request counts once."""
    form = Form(request.form)
    amount_minor, reason = form.amount("amount"), form.text("reason", MOST_REASON, lines=True) or ""
    if form.faults:
        return show_donation(donation_id, _("有内容需要修改，请看标红的地方。"), 422, form, at="refund")
    try:
        with deps().db.transaction() as tx:
            request_money_back(tx, deps().keys, donation_id, amount_minor, reason)
    except Refusal as refusal:
        return refuse(donation_id, refusal, form, at="refund")
    return donor_cookie.to_page(donation_id, at="refund")


@blueprint.post("/d/<uuid:donation_id>/statement", endpoint="explain_case")
@access.donor_link
def explain_case(donation_id: UUID) -> AnyResponse:
    """File the donor's statement about match under review as an appeal, to which a reviewer replies."""
    form = Form(request.form)
    text = form.text("text", MOST_REASON, lines=True) or ""
    try:
        with deps().db.transaction() as tx:
            file_appeal(tx, deps().keys, case_id_of_donation(tx, donation_id), text, DONOR)
    except Refusal as refusal:
        return refuse(donation_id, refusal, form)
    return donor_cookie.to_page(donation_id)


class RefundLine(NamedTuple):
    """A refund that has not succeeded, or not yet, in fen."""

    amount_minor: int
    state: str
    requested_at: datetime


class _Page(NamedTuple):
    """The data of a donation's page, read in one snapshot."""

    donation: DonationView
    explanation: Explanation
    campaign: CampaignView
    pots: Sequence[PotView]
    case: OwnCase | None
    refunds: Sequence[RefundLine]
    name: str
    more: dict[str, Any]


def _read(tx: Tx, donation_id: UUID) -> _Page:
    donation = donation_view(tx, donation_id)
    explanation = explain(tx, donation_id)
    try:
        campaign = public_campaign(tx, donation.campaign)
    except Refusal:
        abort(404)
    returnable_minor, not_returnable = returnable(tx, donation_id)
    return _Page(
        donation,
        explanation,
        campaign,
        pots_serving(tx, campaign.id, donation.project_id),
        case_of_donation(tx, donation_id) if donation.held_minor else None,
        [
            RefundLine(refund.amount_minor, refund.state, refund.requested_at)
            for refund in refunds(tx, donation_id)
            if refund.state != RefundRequestState.SUCCEEDED
        ],
        typed_before(tx, deps(), donation_id, visitor.known()).get("name", ""),
        {
            "steps": traces(tx, [donation]).get(donation_id),
            "letters": letters_shown(tx, donation_id),
            "unit": unit_of(tx, donation.project_id),
            "cover": covers(tx, [donation.project_id]).get(donation.project_id),
            "receipts": receipts_of(tx, deps().keys, donation_id),
            "unpaid": own_unpaid_sum(tx, explanation),
            "replacement": _replacement(tx, explanation),
            "contact_helps": contact_would_help(tx, explanation),
            "returned_at": returned_at(tx, donation_id) if donation.refunded_minor else None,
            "refund_requests": requests_of(tx, deps().keys, donation_id),
            "published": published_of(tx, donation_id),
            "questions": questions_of(tx, deps().keys, donation_id),
            "returnable_minor": returnable_minor,
            "not_returnable": REFUSALS.get(not_returnable, "") % {"most": MOST_REQUESTS},
        },
    )


def _replacement(tx: Tx, explanation: Explanation) -> UUID | None:
    """Return the donation that replaced this one from the visitor's browser."""
    last, known = explanation.history[-1], visitor.known()
    if last.cause != REPLACED or known is None:
        return None
    return replacement_of(tx, deps().keys, known, last.at)


@blueprint.post("/d/<uuid:donation_id>/questions")
@access.donor_link
def ask_question(donation_id: UUID) -> AnyResponse:
    """Ask a question about the donation. The answer appears on its page."""
    form = Form(request.form)
    try:
        with deps().db.transaction() as tx:
            ask(tx, deps().keys, donation_id, form["question"])
    except Refusal as refusal:
        return refuse(donation_id, refusal, form, at="question")
    return donor_cookie.to_page(donation_id, at="question")


def _in_flight(donation: DonationView) -> bool | None:
    """Return whether the provider has a payment under way, for a donor back from the checkout page; None if the
    provider does not answer. Call it outside transactions."""
    try:
        return deps().gateway.state(donation.payment_reference or "") in (ClosedAs.PAID, ClosedAs.PROCESSING)
    except GatewayError:
        return None


def refuse(donation_id: UUID, refusal: Refusal, form: Form | None = None, at: str = "") -> AnyResponse:
    """Return the page of a donation with a refusal, its faults at those fields that `form` has."""
    if form is not None:
        form.faults |= {name: sentence for name, sentence in at_fields(refusal).items() if name in form.data}
    return show_donation(donation_id, refusal_text(refusal), status_of(refusal), form, at)


def show_donation(
    donation_id: UUID, trouble: object, status: int = 200, form: Form | None = None, at: str = ""
) -> AnyResponse:
    """Return the page of a donation. `trouble`: why something was refused; `form`: what was typed there, in the
    part of the page that `at` names."""
    with deps().db.snapshot() as tx:
        read = _read(tx, donation_id)
    view, campaign = read.donation, read.campaign
    waiting = view.status in WAITING
    left = "left" in request.args
    # None means unknown: the page then says that it waits for the provider, and links to the checkout page too.
    flying = _in_flight(view) if waiting and not left and "went" in request.cookies else False
    match = match_state(view, campaign, read.pots, read.explanation, read.case, in_flight=flying is not False)
    page = render_template(
        "web/donation.html",
        donation=view,
        explanation=read.explanation,
        campaign=campaign,
        match=match,
        reasons=reasons_text,
        sure_in_flight=bool(flying),
        refunds=read.refunds,
        name=read.name,
        form=form or Form({}),
        decisions=[decision_lines(decision) for decision in read.explanation.decisions],
        ends=end_lines(read.explanation),
        token=(token := deps().keys.token(str(donation_id))),
        lasting_link=f"{deps().public_url}/d/{donation_id}?token={token}",
        visit=donor_cookie.pass_for(donation_id),
        trouble=str(trouble),
        trouble_at=at,
        waiting=waiting,
        donation_url=donation_url,
        left=left,
        seen=f"{view.status}/{view.reserved_minor}/{view.captured_minor}/{view.held_minor}/{view.refunded_minor}",
        every_s=2 if waiting else 5 if match.moves or view.payment_reference else 0,
        **read.more,
    )
    response = make_response(page, status)
    if left or (waiting and flying is False and "went" in request.cookies):  # returned without paying
        response.delete_cookie("went", path=f"/d/{donation_id}")
    response.headers["Cache-Control"] = "no-store"
    return response
