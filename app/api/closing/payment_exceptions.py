"""Payments whose amount or currency differs from what was requested, for managers: list, take, refund, attach,
dismiss."""

from collections.abc import Callable
from typing import Any

from flask_smorest.pagination import PaginationParameters
from marshmallow import Schema, fields

from app.api.base import make_blueprint, page_of
from app.api.reason_schemas import ReasonIn
from app.api.schema_fields import Key, Minor, Text, Time, one_of
from app.api.second_person import may_wait, waiting
from app.current import deps
from app.duties import perform
from app.http import access, scope
from app.http.scope import Where
from app.live.publish import publish
from campaigns.desks import payment_desk
from campaigns.donations.payment_exceptions import ExceptionReason, ExceptionState
from campaigns.network.roles import Permission
from kernel.db import Tx

blueprint = make_blueprint(
    "payment_exceptions", "Payments that are not what was asked: they wait until somebody decides about the money."
)


class PaymentExceptionOut(Schema):
    """A payment on the desk. `amount_minor` is in the smallest unit of `currency`, which may be a foreign one."""

    id = Key()
    provider = Text()
    payment_intent = Text()
    charge = Text(allow_none=True)
    amount_minor = Minor(0)
    currency = Text(metadata={"description": "ISO 4217; not always CNY"})
    donation = fields.UUID(attribute="donation_id")
    reason = one_of(*map(str, ExceptionReason))
    state = one_of(*map(str, ExceptionState))
    attached_to = fields.UUID(allow_none=True)
    note = Text(metadata={"description": "why it was decided so"})
    actor = Text()
    occurred_at = Time()
    found_at = Time()
    ended_at = Time(allow_none=True)


class ExceptionQuery(Schema):
    state = one_of(*map(str, ExceptionState))


class PaymentAttachIn(ReasonIn):
    donation = fields.UUID(required=True)


@blueprint.get("/payment-exceptions")
@access.managers(Permission.READ, where=Where.LISTED)
@blueprint.arguments(ExceptionQuery, location="query")
@blueprint.response(200, PaymentExceptionOut(many=True))
@blueprint.paginate()
def list_exceptions(query: dict[str, Any], pagination_parameters: PaginationParameters) -> Any:
    """List payments on the desk, undecided ones first."""
    paging = pagination_parameters
    with deps().db.transaction() as tx:
        rows, paging.item_count = payment_desk.listed(tx, query.get("state"), page_of(paging), scope.branch())
    return rows


@blueprint.get("/payment-exceptions/<id:exception_id>")
@access.managers(Permission.READ)
@blueprint.response(200, PaymentExceptionOut)
def show(exception_id: int) -> Any:
    """Return a payment on the desk."""
    with deps().db.transaction() as tx:
        return payment_desk.find(tx, exception_id)


@blueprint.post("/payment-exceptions/<id:exception_id>/take")
@access.managers(Permission.RECONCILE)
@blueprint.arguments(ReasonIn)
@blueprint.response(200, PaymentExceptionOut)
@may_wait(blueprint)
def take(body: dict[str, Any], exception_id: int) -> Any:
    """Count the payment for its donation, with the amount received. Only in the donation's currency."""
    return _decided(lambda tx: perform(tx, "payment.take", exception_id, body["reason"]))


@blueprint.post("/payment-exceptions/<id:exception_id>/attach")
@access.managers(Permission.RECONCILE)
@blueprint.arguments(PaymentAttachIn)
@blueprint.response(200, PaymentExceptionOut)
@may_wait(blueprint)
def attach(body: dict[str, Any], exception_id: int) -> Any:
    """Count the payment for another, unpaid donation. Only in that donation's currency."""

    def act(tx: Tx) -> Any:
        scope.require_named(tx, "donation_id", body["donation"])
        return perform(tx, "payment.attach", exception_id, body["reason"], donation=str(body["donation"]))

    return _decided(act)


@blueprint.post("/payment-exceptions/<id:exception_id>/refund")
@access.managers(Permission.DONATIONS_REFUND)
@blueprint.arguments(ReasonIn)
@blueprint.response(202, PaymentExceptionOut)
def refund(body: dict[str, Any], exception_id: int) -> Any:
    """Request a full refund of the payment. A job sends it to the provider.

    If a second person is needed, the body is that approval and `Location` its address, and nothing is requested
    yet.
    """
    with deps().db.transaction() as tx:
        outcome = perform(tx, "payment.refund", exception_id, body["reason"])
        return waiting(tx, outcome) or outcome


@blueprint.post("/payment-exceptions/<id:exception_id>/dismiss")
@access.managers(Permission.RECONCILE)
@blueprint.arguments(ReasonIn)
@blueprint.response(200, PaymentExceptionOut)
def dismiss(body: dict[str, Any], exception_id: int) -> Any:
    """Take no action on the payment, for a reason."""
    with deps().db.transaction() as tx:
        return payment_desk.dismiss(tx, exception_id, body["reason"], access.actor())


def _decided(decide: Callable[[Tx], Any]) -> Any:
    """Decide, and notify open pages of the new totals after the commit."""
    with deps().db.transaction() as tx:
        exception = decide(tx)
        if response := waiting(tx, exception):
            return response
        campaign = payment_desk.campaign_of(tx, exception.attached_to or exception.donation_id)
        tx.after_commit(lambda: publish({campaign}))
        return exception
