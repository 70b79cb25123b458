"""Donation receipts. Donors request them; finance lists the requests and records what the fiscal system issued."""

from typing import Any
from uuid import UUID

from flask import Response, g
from flask_smorest.pagination import PaginationParameters
from marshmallow import Schema, fields

from app.api.base import make_blueprint, page_of
from app.api.reason_schemas import DonorReasonIn
from app.api.schema_fields import Day, Key, Label, Minor, Prose, Text, Time, one_of
from app.current import deps
from app.http import access
from app.http.scope import Where
from app.i18n.receipt_columns import header, row_of
from app.table_file import FORMATS, table_response
from campaigns.audit import record_audit
from campaigns.desks import receipt_desk
from campaigns.desks.receipt_desk import Issued, Red
from campaigns.donations.donors.payer import MOST_TITLE, read_payer
from campaigns.donations.receipts.receipt_models import ReceiptState
from campaigns.donations.receipts.receipt_requests import (
    receipts_of,
    request_receipt,
    waive_receipt,
    withdraw_receipt,
)
from campaigns.network.roles import Permission
from campaigns.reasons import MOST_REASON
from kernel.paging import Page

MOST_LINES = 5_000  # per file; waiting requests come first

blueprint = make_blueprint("receipts", "Donation receipts: requested by donors, issued by the fiscal system.")


class PayerIn(Schema):
    """The person or organisation named on the receipt."""

    kind = one_of("person", "company", required=True)
    title = Text(MOST_TITLE, required=True, metadata={"description": "name of the person or company"})
    tax_id = Text(30, load_default="", metadata={"description": "unified social credit code, of companies only"})
    email = Text(254, required=True, metadata={"description": "where the receipt is sent"})


class PayerOut(Schema):
    kind = one_of("person", "company")
    title = Text()
    tax_id = Text()
    email = Text()


class ReceiptOut(Schema):
    """A request as its donor sees it."""

    id = Key()
    state = one_of(*ReceiptState)
    payer = fields.Nested(PayerOut)
    requested_at = Time()
    code = Text()
    number = Text()
    check_code = Text()
    issued_on = Day(allow_none=True)
    issued_minor = Minor(0, allow_none=True)
    ended_at = Time(allow_none=True)
    reason = Text()
    red_code = Text(metadata={"description": "of the red receipt that cancelled this one (红冲)"})
    red_number = Text()
    red_flushed_on = Day(allow_none=True)


class ReceiptLineOut(ReceiptOut):
    """A request as finance sees it."""

    donation = fields.UUID(attribute="donation_id")
    campaign = Text()
    project_code = Text()
    project_name = Text()
    host = Text()
    kept_minor = Minor(0, metadata={"description": "what is left of the donation now, in fen"})
    paid_at = Time(allow_none=True)
    actor = Text()


class ReceiptQuery(Schema):
    state = one_of(*ReceiptState)
    campaign = Text(60)


class IssuedIn(Schema):
    """The data of a receipt that the fiscal system issued."""

    code = Label(receipt_desk.MOST_NUMBER, required=True, metadata={"description": "票据代码"})
    number = Label(receipt_desk.MOST_NUMBER, required=True, metadata={"description": "票据号码"})
    check_code = Label(receipt_desk.MOST_NUMBER, required=True, metadata={"description": "校验码"})
    issued_on = Day(required=True, metadata={"description": "开票日期"})


class RedIn(Schema):
    """The red receipt by which the fiscal system cancelled an issued one."""

    code = Label(receipt_desk.MOST_NUMBER, required=True, metadata={"description": "票据代码"})
    number = Label(receipt_desk.MOST_NUMBER, required=True, metadata={"description": "票据号码"})
    flushed_on = Day(required=True, metadata={"description": "红冲日期"})
    reason = Prose(MOST_REASON, 1, required=True, metadata={"description": "why; the donor reads it"})


@blueprint.post("/donations/<uuid:donation_id>/receipt-requests")
@access.donor
@blueprint.arguments(PayerIn)
@blueprint.response(201, ReceiptOut)
def create(body: dict[str, Any], donation_id: UUID) -> Any:
    """Request a donation receipt. Repeating the request while it waits returns the same one."""
    payer = read_payer(body["kind"], body["title"], body["tax_id"], body["email"])
    with deps().db.transaction() as tx:
        return request_receipt(tx, deps().keys, donation_id, payer)


@blueprint.get("/donations/<uuid:donation_id>/receipt-requests")
@access.donor
@blueprint.response(200, ReceiptOut(many=True))
def list_of_donation(donation_id: UUID) -> Any:
    """List the receipt requests of a donation, oldest first."""
    with deps().db.transaction() as tx:
        return receipts_of(tx, deps().keys, donation_id)


@blueprint.post("/donations/<uuid:donation_id>/receipt-requests/withdraw")
@access.donor
@blueprint.response(200, ReceiptOut(many=True))
def withdraw_own(donation_id: UUID) -> Any:
    """Withdraw the waiting request. Idempotent."""
    with deps().db.transaction() as tx:
        withdraw_receipt(tx, donation_id)
        return receipts_of(tx, deps().keys, donation_id)


@blueprint.post("/donations/<uuid:donation_id>/receipt-requests/waive")
@access.donor
@blueprint.response(200, ReceiptOut(many=True))
def waive_own(donation_id: UUID) -> Any:
    """Record that the donor wants no receipt, and withdraw a waiting request. Idempotent."""
    with deps().db.transaction() as tx:
        waive_receipt(tx, donation_id)
        return receipts_of(tx, deps().keys, donation_id)


@blueprint.get("/receipt-requests")
@access.managers(Permission.RECEIPTS, where=Where.LISTED)
@blueprint.arguments(ReceiptQuery, location="query")
@blueprint.response(200, ReceiptLineOut(many=True))
@blueprint.paginate()
def list_all(query: dict[str, Any], pagination_parameters: PaginationParameters) -> Any:
    """List the requests of the caller's branch, waiting ones first."""
    paging = pagination_parameters
    with deps().db.transaction() as tx:
        rows, paging.item_count = receipt_desk.listed(
            tx, deps().keys, query.get("state"), query.get("campaign"), g.caller.branch_code, page_of(paging)
        )
    return rows


@blueprint.get(f"/receipt-requests{FORMATS}")
@access.managers(Permission.RECEIPTS, where=Where.LISTED)
@blueprint.arguments(ReceiptQuery, location="query")
@blueprint.response(200, description="a file with what the fiscal system needs")
def as_file(query: dict[str, Any], file_format: str) -> Response:
    """Export the requests of the caller's branch, waiting ones first. The audit trail records who exported them."""
    with deps().db.transaction() as tx:
        rows, _total = receipt_desk.listed(
            tx,
            deps().keys,
            query.get("state"),
            query.get("campaign"),
            g.caller.branch_code,
            Page(1, MOST_LINES),
        )
        record_audit(tx, access.actor(), "receipts.export", "receipts", rows=len(rows))
    return table_response(file_format, "receipt-requests", header(), map(row_of, rows))


@blueprint.get("/receipt-requests/<id:receipt_id>")
@access.managers(Permission.RECEIPTS)
@blueprint.response(200, ReceiptLineOut)
def show(receipt_id: int) -> Any:
    """Return a request."""
    with deps().db.transaction() as tx:
        return receipt_desk.line(tx, deps().keys, receipt_id)


@blueprint.post("/receipt-requests/<id:receipt_id>/issue")
@access.managers(Permission.RECEIPTS)
@blueprint.arguments(IssuedIn)
@blueprint.response(200, ReceiptLineOut)
def issue(body: dict[str, Any], receipt_id: int) -> Any:
    """Record a receipt that the fiscal system issued for the remaining amount of the donation."""
    with deps().db.transaction() as tx:
        receipt_desk.issue(tx, receipt_id, Issued(**body), access.actor())
        return receipt_desk.line(tx, deps().keys, receipt_id)


@blueprint.post("/receipt-requests/<id:receipt_id>/red-flush")
@access.managers(Permission.RECEIPTS)
@blueprint.arguments(RedIn)
@blueprint.response(200, ReceiptLineOut)
def red_flush(body: dict[str, Any], receipt_id: int) -> Any:
    """Record that a red receipt cancelled a receipt. The remaining amount of the gift waits for a new one."""
    red = Red(body["code"], body["number"], body["flushed_on"])
    with deps().db.transaction() as tx:
        receipt_desk.red_flush(tx, receipt_id, red, body["reason"], access.actor())
        return receipt_desk.line(tx, deps().keys, receipt_id)


@blueprint.post("/receipt-requests/<id:receipt_id>/withdraw")
@access.managers(Permission.RECEIPTS)
@blueprint.arguments(DonorReasonIn)
@blueprint.response(200, ReceiptLineOut)
def withdraw(body: dict[str, Any], receipt_id: int) -> Any:
    """Withdraw a request, or a receipt that was cancelled in the fiscal system."""
    with deps().db.transaction() as tx:
        receipt_desk.withdraw(tx, receipt_id, body["reason"], access.actor())
        return receipt_desk.line(tx, deps().keys, receipt_id)
