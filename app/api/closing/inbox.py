"""Messages from outside that need an operator: retry, attach to a donation, dismiss."""

from typing import Any

from flask_smorest.pagination import PaginationParameters
from marshmallow import Schema, fields

from app.api.base import make_blueprint, page_of
from app.api.reason_schemas import ReasonIn
from app.api.schema_fields import Currency, Flag, Key, Prose, Text, Time, Whole, one_of
from app.current import deps
from app.http import access, scope
from app.http.scope import Where
from campaigns.desks import inbox_desk
from campaigns.intake.settled_conflicts import settle_conflict
from campaigns.network.roles import Permission
from campaigns.reasons import MOST_REASON

blueprint = make_blueprint("inbox", "Messages of providers and partners, without their bodies.")


class MessageOut(Schema):
    id = Key()
    source = Text(metadata={"description": "`stripe`, or `partner:NAME`"})
    event_id = Text()
    type = Text()
    state = one_of(*inbox_desk.INBOX_STATES)
    note = Text(metadata={"description": "why: a stable code, with its figures behind colons"})
    amount_minor = Whole(allow_none=True, metadata={"description": "as the message says it"})
    currency = Currency()
    donation = fields.UUID(
        attribute="donation_id", allow_none=True, metadata={"description": "what an operator attached it to"}
    )
    received_at = Time()
    done_at = Time(allow_none=True)


class InboxQuery(Schema):
    state = one_of(*inbox_desk.INBOX_STATES, metadata={"description": "left out: `waiting` and `flagged`"})
    source = Text(60, 1)


class RetryIn(Schema):
    confirm = Flag(load_default=False, metadata={"description": "releases what is `above_limit`"})
    reason = Prose(500, load_default="", metadata={"description": "needed with `confirm`"})


class AttachIn(Schema):
    donation = fields.UUID(required=True)


@blueprint.get("/inbox")
@access.managers(Permission.READ, where=Where.FEDERATION)
@blueprint.arguments(InboxQuery, location="query")
@blueprint.response(200, MessageOut(many=True))
@blueprint.paginate()
def list_messages(query: dict[str, Any], pagination_parameters: PaginationParameters) -> Any:
    """List messages, oldest first."""
    paging = pagination_parameters
    with deps().db.transaction() as tx:
        rows, paging.item_count = inbox_desk.list_messages(
            tx, query.get("state"), query.get("source"), page_of(paging)
        )
    return rows


@blueprint.post("/inbox/<id:message_id>/retry")
@access.managers(Permission.RECONCILE)
@blueprint.arguments(RetryIn)
@blueprint.response(200, MessageOut)
def retry(body: dict[str, Any], message_id: int) -> Any:
    """Process a message again, within seconds. A message above its partner's limits needs `confirm` and a
    reason."""
    with deps().db.transaction() as tx:
        inbox_desk.retry_waiting(tx, access.actor(), message_id, confirm=body["confirm"], reason=body["reason"])
        return inbox_desk.message_line(tx, message_id)


@blueprint.post("/inbox/<id:message_id>/attach")
@access.managers(Permission.RECONCILE)
@blueprint.arguments(AttachIn)
@blueprint.response(200, MessageOut)
def attach(body: dict[str, Any], message_id: int) -> Any:
    """Attach a payment of the provider to its donation."""
    with deps().db.transaction() as tx:
        scope.require_named(tx, "donation_id", body["donation"])
        inbox_desk.attach(tx, access.actor(), message_id, body["donation"])
        return inbox_desk.message_line(tx, message_id)


@blueprint.post("/inbox/<id:message_id>/dismiss")
@access.managers(Permission.RECONCILE)
@blueprint.arguments(ReasonIn)
@blueprint.response(200, MessageOut)
def dismiss(body: dict[str, Any], message_id: int) -> Any:
    """Dismiss a message, with a reason. It has no effect and raises no alarm."""
    with deps().db.transaction() as tx:
        inbox_desk.dismiss(tx, access.actor(), message_id, body["reason"])
        return inbox_desk.message_line(tx, message_id)


class SettleIn(Schema):
    reason = Text(MOST_REASON, required=True, metadata={"description": "what was found out"})


@blueprint.post("/inbox/conflicts/<id:conflict_id>/settle")
@access.managers(Permission.RECONCILE, where=Where.FEDERATION)
@blueprint.arguments(SettleIn)
@blueprint.response(204)
def settle(body: dict[str, Any], conflict_id: int) -> None:
    """Settle a conflict of two contradicting messages with the same id. The first one stays in force."""
    with deps().db.transaction() as tx:
        settle_conflict(tx, conflict_id, body["reason"], access.actor())
