"""Requests for a donation receipt (公益事业捐赠票据) on the donation's page."""

from uuid import UUID

from flask import request
from werkzeug.wrappers import Response as AnyResponse

from app.current import deps
from app.forms import Form
from app.http import access, donor_cookie
from app.web.blueprint import blueprint
from app.web.giving.donation import refuse
from campaigns.donations.donors.payer import read_payer
from campaigns.donations.receipts.receipt_requests import request_receipt, waive_receipt, withdraw_receipt
from kernel.errors import Refusal


@blueprint.post("/d/<uuid:donation_id>/receipt")
@access.donor_link
def ask_for_receipt(donation_id: UUID) -> AnyResponse:
    """Request a receipt. A repeated form is one request."""
    form = Form(request.form)
    try:
        payer = read_payer(form["kind"], form["title"], form["tax_id"], form["email"])
        with deps().db.transaction() as tx:
            request_receipt(tx, deps().keys, donation_id, payer)
    except Refusal as refusal:
        return refuse(donation_id, refusal, form, at="receipt")
    return donor_cookie.to_page(donation_id, at="receipt")


@blueprint.post("/d/<uuid:donation_id>/receipt/withdraw")
@access.donor_link
def withdraw_own_receipt(donation_id: UUID) -> AnyResponse:
    """Withdraw the waiting request."""
    try:
        with deps().db.transaction() as tx:
            withdraw_receipt(tx, donation_id)
    except Refusal as refusal:
        return refuse(donation_id, refusal)
    return donor_cookie.to_page(donation_id, at="receipt")


@blueprint.post("/d/<uuid:donation_id>/receipt/waive")
@access.donor_link
def waive_own_receipt(donation_id: UUID) -> AnyResponse:
    """Record that the donor wants no receipt."""
    try:
        with deps().db.transaction() as tx:
            waive_receipt(tx, donation_id)
    except Refusal as refusal:
        return refuse(donation_id, refusal)
    return donor_cookie.to_page(donation_id, at="receipt")
