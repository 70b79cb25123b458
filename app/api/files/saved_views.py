"""Saved views of lists: named sets of filters."""

from typing import Any

from flask import g
from marshmallow import Schema, fields, validate

from app.api.base import make_blueprint
from app.api.schema_fields import Flag, Key, Text, Time, one_of
from app.current import deps
from app.http import access
from app.http.scope import Where
from campaigns.network.roles import Permission
from campaigns.network.saved_views import MOST_NAME, PAGES, delete, save, views_of

blueprint = make_blueprint("saved-views", "Filters of lists, kept under a name.")

_FILTERS = "those of the page: " + "; ".join(f"{name}: {', '.join(page.filters)}" for name, page in PAGES.items())
_PAGE = {
    "description": "the list; views of cases and differences serve in every campaign, those of messages are for "
    "the federation, those of refund_requests for who may refund"
}


class ViewIn(Schema):
    page = one_of(*PAGES, required=True, metadata=_PAGE)
    name = Text(MOST_NAME, 1, required=True)
    filters = fields.Dict(
        keys=one_of(*dict.fromkeys(name for page in PAGES.values() for name in page.filters)),
        values=Text(200, 1),
        required=True,
        validate=validate.Length(1, 20),
        metadata={"description": _FILTERS},
    )
    shared = Flag(load_default=False, metadata={"description": "for the colleagues of the branch too"})


class ViewOut(Schema):
    id = Key()
    page = Text()
    name = Text()
    filters = fields.Dict()
    shared = fields.Boolean()
    saved_by = Text()
    saved_at = Time()


class ViewsIn(Schema):
    page = one_of(*PAGES, load_default="donations", metadata=_PAGE)


@blueprint.get("/saved-views")
@access.managers(Permission.READ, where=Where.ANY)
@blueprint.arguments(ViewsIn, location="query")
@blueprint.response(200, ViewOut(many=True))
def list_views(query: dict[str, Any]) -> Any:
    """List the caller's own views of a page, then those that colleagues share with the caller's branch."""
    with deps().db.transaction() as tx:
        return views_of(tx, g.caller, query["page"])


@blueprint.post("/saved-views")
@access.managers(Permission.READ, where=Where.ANY)
@blueprint.arguments(ViewIn)
@blueprint.response(201, ViewOut)
def save_view(body: dict[str, Any]) -> Any:
    """Save filters under a name, replacing the caller's view of that name."""
    with deps().db.transaction() as tx:
        return save(tx, g.caller, body["page"], body["name"], body["filters"], shared=body["shared"])


@blueprint.post("/saved-views/<id:saved_id>/delete")
@access.managers(Permission.READ, where=Where.ANY)
@blueprint.response(204)
def delete_view(saved_id: int) -> None:
    """Delete one of the caller's own views."""
    with deps().db.transaction() as tx:
        delete(tx, g.caller, saved_id)
