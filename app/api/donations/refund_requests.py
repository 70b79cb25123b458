"""Refund requests of donors, which managers accept or decline."""

from typing import Any
from uuid import UUID

from flask import g
from flask_smorest.pagination import PaginationParameters
from marshmallow import Schema, fields

from app.api.base import make_blueprint, page_of
from app.api.reason_schemas import DonorReasonIn
from app.api.schema_fields import Key, Minor, Prose, Text, Time, one_of
from app.api.second_person import may_wait, waiting
from app.current import deps
from app.duties import perform
from app.http import access
from app.http.scope import Where
from campaigns.desks import refund_desk
from campaigns.donations.refunds.refund_requests import RequestState, request_money_back, requests_of
from campaigns.network.roles import Permission
from campaigns.reasons import MOST_REASON

blueprint = make_blueprint("refund_requests", "Requests of donors for their money back.")
_AMOUNT = {"description": "fen; null or missing: all that is left"}


class RefundRequestIn(Schema):
    reason = Prose(MOST_REASON, 1, required=True)
    amount_minor = Minor(allow_none=True, metadata=_AMOUNT)


class RefundRequestOut(Schema):
    """A request as its donor sees it."""

    id = Key()
    amount_minor = Minor(allow_none=True, metadata=_AMOUNT)
    reason = Text()
    state = one_of(*refund_desk.REQUEST_STATES)
    requested_at = Time()
    decided_at = Time(allow_none=True)
    answer = Text()
    refund_state = Text(metadata={"description": "of the refund that came of it; empty while there is none"})


class RefundRequestLineOut(RefundRequestOut):
    """A request as managers see it. It shows nothing about the donor except their reason."""

    donation = fields.UUID(attribute="donation_id")
    campaign = Text()
    project_name = Text()
    donated_minor = Minor()
    refunded_minor = Minor(0)
    actor = Text()


class RefundRequestQuery(Schema):
    state = one_of(*refund_desk.REQUEST_STATES)


class AcceptIn(Schema):
    reason = Prose(MOST_REASON, metadata={"description": "a word to the donor, if any"})


@blueprint.post("/donations/<uuid:donation_id>/refund-requests")
@access.donor
@blueprint.arguments(RefundRequestIn)
@blueprint.response(201, RefundRequestOut)
def create(body: dict[str, Any], donation_id: UUID) -> Any:
    """Request a refund. Repeating the request while it is open returns the same one."""
    with deps().db.transaction() as tx:
        reason = body["reason"]
        request = request_money_back(tx, deps().keys, donation_id, body.get("amount_minor"), reason)
        return RequestState.of(request, reason)


@blueprint.get("/donations/<uuid:donation_id>/refund-requests")
@access.donor
@blueprint.response(200, RefundRequestOut(many=True))
def list_of_donation(donation_id: UUID) -> Any:
    """List the refund requests of a donation and their outcomes, oldest first."""
    with deps().db.transaction() as tx:
        return requests_of(tx, deps().keys, donation_id)


@blueprint.get("/refund-requests")
@access.managers(Permission.DONATIONS_REFUND, where=Where.LISTED)
@blueprint.arguments(RefundRequestQuery, location="query")
@blueprint.response(200, RefundRequestLineOut(many=True))
@blueprint.paginate()
def list_all(query: dict[str, Any], pagination_parameters: PaginationParameters) -> Any:
    """List the requests of the caller's branch, open ones first."""
    paging = pagination_parameters
    with deps().db.transaction() as tx:
        rows, paging.item_count = refund_desk.listed(
            tx, deps().keys, query.get("state"), g.caller.branch_code, page_of(paging)
        )
    return rows


@blueprint.get("/refund-requests/<id:request_id>")
@access.managers(Permission.DONATIONS_REFUND)
@blueprint.response(200, RefundRequestLineOut)
def show(request_id: int) -> Any:
    """Return a request."""
    with deps().db.transaction() as tx:
        return refund_desk.line(tx, deps().keys, request_id)


@blueprint.post("/refund-requests/<id:request_id>/accept")
@access.managers(Permission.DONATIONS_REFUND)
@blueprint.arguments(AcceptIn)
@blueprint.response(200, RefundRequestLineOut)
@may_wait(blueprint)
def accept(body: dict[str, Any], request_id: int) -> Any:
    """Accept a request. The refund is requested and a job sends it. Repeating the call changes nothing."""
    with deps().db.transaction() as tx:
        outcome = perform(tx, "refund_request.accept", request_id, body.get("reason", ""))
        return waiting(tx, outcome) or refund_desk.line(tx, deps().keys, request_id)


@blueprint.post("/refund-requests/<id:request_id>/decline")
@access.managers(Permission.DONATIONS_REFUND)
@blueprint.arguments(DonorReasonIn)
@blueprint.response(200, RefundRequestLineOut)
def decline(body: dict[str, Any], request_id: int) -> Any:
    """Decline a request, for a reason that the donor can read."""
    with deps().db.transaction() as tx:
        refund_desk.decline(tx, request_id, body["reason"], access.actor())
        return refund_desk.line(tx, deps().keys, request_id)
