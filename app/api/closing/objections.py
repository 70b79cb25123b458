"""Objections to a published result: the public files them while the notice runs, managers reply."""

from typing import Any

from flask import request
from flask_smorest.pagination import PaginationParameters
from marshmallow import Schema, fields

from app.api.base import make_blueprint, page_of
from app.api.campaign_views import public
from app.api.schema_fields import Key, Prose, Text, Time
from app.current import deps
from app.http import access, rate_limit, scope
from app.http.network import network_of
from app.http.scope import Where
from campaigns.closing.publication.objections import (
    MOST_CONTACT,
    MOST_REPLY,
    MOST_WORDS,
    NewObjection,
    listed,
    public_objections,
    raise_objection,
    reply_to,
)
from campaigns.network.roles import Permission

blueprint = make_blueprint("objections", "Objections to a published result, and the replies.")


class ObjectionIn(Schema):
    objection = Prose(MOST_WORDS, 1, required=True)
    contact = Text(MOST_CONTACT, load_default="")
    project = Key(load_default=None, allow_none=True, metadata={"description": "absent: the result as a whole"})


class ObjectionOut(Schema):
    """An objection as the public sees it. Summary and reply are empty until a manager has replied."""

    id = Key()
    project_name = Text()
    raised_at = Time()
    summary = Text()
    reply = Text()
    answered_at = Time(allow_none=True)


class ObjectionLineOut(ObjectionOut):
    """An objection or a complaint as managers see it."""

    is_complaint = fields.Boolean(
        metadata={"description": "a complaint (举报): it is not published and holds nothing up"}
    )
    campaign = Text()
    words = Text(metadata={"description": "empty once the time for which it is kept is over"})
    contact = Text()
    actor = Text()


class RaisedOut(Schema):
    id = Key()


class ReplyIn(Schema):
    summary = Prose(
        MOST_REPLY, load_default="", metadata={"description": "public: no names, no contact; of a complaint: empty"}
    )
    reply = Prose(MOST_REPLY, 1, required=True, metadata={"description": "public, but for a complaint"})


@blueprint.post("/campaigns/<slug>/objections")
@access.public
@blueprint.arguments(ObjectionIn)
@blueprint.response(201, RaisedOut)
def create(body: dict[str, Any], slug: str) -> Any:
    """Object to the published result of a campaign, while its notice runs."""
    rate_limit.hit("objection", network_of(request.remote_addr or ""), 10, 3_600, without_redis=True)
    with deps().db.transaction() as tx:
        new = NewObjection(body["objection"], body["contact"], body["project"])
        return {"id": raise_objection(tx, deps().keys, slug, new)}


@blueprint.get("/campaigns/<slug>/objections")
@access.public
@blueprint.response(200, ObjectionOut(many=True))
def list_of_campaign(slug: str) -> Any:
    """List the objections to a campaign's result, with the replies."""
    with deps().db.transaction() as tx:
        return public_objections(tx, public(tx, slug).id or 0)


@blueprint.get("/objections")
@access.managers(Permission.CAMPAIGNS_WRITE, where=Where.LISTED)
@blueprint.response(200, ObjectionLineOut(many=True))
@blueprint.paginate()
def list_objections(pagination_parameters: PaginationParameters) -> Any:
    """List the objections and complaints of campaigns of the caller's branch, unanswered ones first."""
    paging = pagination_parameters
    with deps().db.transaction() as tx:
        rows, paging.item_count = listed(tx, deps().keys, scope.branch(), page_of(paging))
        return rows


@blueprint.post("/objections/<id:objection_id>/reply")
@access.managers(Permission.CAMPAIGNS_WRITE)
@blueprint.arguments(ReplyIn)
@blueprint.response(200, ObjectionOut)
def create_reply(body: dict[str, Any], objection_id: int) -> Any:
    """Reply to an objection or a complaint. Summary and reply of an objection become public."""
    with deps().db.transaction() as tx:
        row = reply_to(tx, objection_id, body["summary"], body["reply"], access.actor())
        return {**row.model_dump(exclude={"sealed"}), "project_name": ""}
