"""Subscriptions of platforms and every delivery to them, for managers."""

from typing import Any

from flask_smorest.pagination import PaginationParameters
from marshmallow import Schema, fields

from app.api.base import make_blueprint, page_of
from app.api.schema_fields import Key, Text, Time, Whole, one_of, texts
from app.current import deps
from app.http import access
from app.http.scope import Where
from campaigns.intake import registered
from campaigns.network.roles import Permission
from payments import outgoing
from payments.outgoing_models import DeliveryState, OutgoingType
from payments.partners import partners

blueprint = make_blueprint("partner subscriptions", "What we tell platforms (Standard Webhooks).")


class SubscriptionIn(Schema):
    url = Text(outgoing.MOST_URL, 1, required=True, metadata={"description": "https, of the public internet"})
    types = texts(40, required=True, metadata={"description": ", ".join(OutgoingType)})


class SubscriptionOut(Schema):
    id = Key()
    url = Text()
    types = fields.List(fields.String())
    created_at = Time()
    created_by = Text()
    paused_at = Time(allow_none=True, metadata={"description": "since when nothing is sent; held for 30 days"})
    ended_at = Time(allow_none=True)


class SubscriptionMadeOut(SubscriptionOut):
    secret = Text(metadata={"description": "signs what we send; shown this once"})


class DeliveryOut(Schema):
    id = Key(metadata={"description": "`evt_ID` is the id of the event, the same at every attempt"})
    subscription_id = Key()
    type = one_of(*OutgoingType)
    body = fields.Dict(allow_none=True, metadata={"description": "null before the first attempt"})
    state = one_of(*DeliveryState)
    attempts = Whole()
    status = Whole(allow_none=True, metadata={"description": "of the last response"})
    failure = Text(metadata={"description": "why there was none"})
    created_at = Time()
    due_at = Time()
    ended_at = Time(allow_none=True)


@blueprint.get("/partners/<name>/subscriptions")
@access.managers(Permission.READ, where=Where.FEDERATION)
@blueprint.response(200, SubscriptionOut(many=True))
def list_subscriptions(name: str) -> Any:
    """List the subscriptions of a platform: event types and addresses."""
    with deps().db.transaction() as tx:
        return outgoing.subscriptions_of(tx, partners.known(tx, name).name)


@blueprint.post("/partners/<name>/subscriptions")
@access.managers(Permission.PARTNERS_WRITE, where=Where.FEDERATION)
@blueprint.arguments(SubscriptionIn)
@blueprint.response(201, SubscriptionMadeOut)
def subscribe(body: dict[str, Any], name: str) -> Any:
    """Send some types of events to an address of the platform. The response contains, once, the secret that signs
    them."""
    with deps().db.transaction() as tx:
        row, secret = registered.subscribe(
            tx, deps().keys, name, body["url"], body["types"], access.actor(), loopback=deps().tell_loopback
        )
        return row.model_dump() | {"secret": secret}


@blueprint.post("/partners/<name>/subscriptions/<id:subscription_id>/pause")
@access.managers(Permission.PARTNERS_WRITE, where=Where.FEDERATION)
@blueprint.response(200, SubscriptionOut)
def pause(name: str, subscription_id: int) -> Any:
    """Pause a subscription. Its events are held for 30 days. Idempotent."""
    with deps().db.transaction() as tx:
        return registered.pause_subscription(tx, name, subscription_id, access.actor())


@blueprint.post("/partners/<name>/subscriptions/<id:subscription_id>/resume")
@access.managers(Permission.PARTNERS_WRITE, where=Where.FEDERATION)
@blueprint.response(200, SubscriptionOut)
def resume(name: str, subscription_id: int) -> Any:
    """Resume a subscription. The held events are sent first, in order. Idempotent."""
    with deps().db.transaction() as tx:
        return registered.resume_subscription(tx, name, subscription_id, access.actor())


@blueprint.post("/partners/<name>/subscriptions/<id:subscription_id>/end")
@access.managers(Permission.PARTNERS_WRITE, where=Where.FEDERATION)
@blueprint.response(200, SubscriptionOut)
def unsubscribe(name: str, subscription_id: int) -> Any:
    """End a subscription. Idempotent."""
    with deps().db.transaction() as tx:
        return registered.unsubscribe(tx, name, subscription_id, access.actor())


@blueprint.get("/partners/<name>/deliveries")
@access.managers(Permission.READ, where=Where.FEDERATION)
@blueprint.response(200, DeliveryOut(many=True))
@blueprint.paginate()
def list_deliveries(pagination_parameters: PaginationParameters, name: str) -> Any:
    """List the deliveries to a platform, newest first."""
    page = page_of(pagination_parameters)
    with deps().db.transaction() as tx:
        rows, total = outgoing.list_deliveries(tx, partners.known(tx, name).name, page)
    pagination_parameters.item_count = total
    return rows


@blueprint.post("/partners/<name>/deliveries/<id:delivery_id>/send-again")
@access.managers(Permission.PARTNERS_WRITE, where=Where.FEDERATION)
@blueprint.response(200, DeliveryOut)
def send_again(name: str, delivery_id: int) -> Any:
    """Make a delivery due now, with the same id and body."""
    with deps().db.transaction() as tx:
        return outgoing.send_again(tx, name, delivery_id)
