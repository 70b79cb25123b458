"""The station checklist: what each township branch and village station has, and what is missing."""

from typing import Any

from flask import g
from flask_smorest.pagination import PaginationParameters
from marshmallow import Schema, fields, validate

from app.api.base import make_blueprint, page_of
from app.api.schema_fields import Text, Time
from app.current import deps
from app.http import access, scope
from app.http.scope import Where
from campaigns.network.roles import Permission
from campaigns.network.tree_file import MOST_CODE
from campaigns.stations.models import StationItem
from campaigns.stations.stations import CheckState, listed, tick, untick

blueprint = make_blueprint("stations", "The checklist of township branches and village stations.")


class StationQuery(Schema):
    under = Text(MOST_CODE, load_default="", metadata={"description": "code of a node: it and those below it"})
    missing = fields.String(
        load_default=None, validate=validate.OneOf([*StationItem]), metadata={"description": "who lacks this item"}
    )


class StationCheckOut(Schema):
    item = fields.Enum(StationItem, by_value=True)
    state = fields.Enum(
        CheckState, by_value=True, metadata={"description": "`known`: data says so; else who ticked it and when"}
    )
    ticked_by = Text()
    ticked_at = Time(allow_none=True)
    missing_since = Time(allow_none=True, metadata={"description": "of an item that is missing"})


class StationOut(Schema):
    code = Text()
    name = Text()
    level = Text()
    parent = Text(attribute="parent_code")
    parent_name = Text()
    since = Time(metadata={"description": "in the network since then"})
    missing = fields.List(fields.Enum(StationItem, by_value=True))
    checks = fields.List(fields.Nested(StationCheckOut))


@blueprint.get("/stations")
@access.managers(Permission.READ, where=Where.LISTED)
@blueprint.arguments(StationQuery, location="query")
@blueprint.response(200, StationOut(many=True))
@blueprint.paginate()
def list_stations(query: dict[str, Any], pagination_parameters: PaginationParameters) -> Any:
    """List the stations of the caller's branch: those that lack most first, then the oldest."""
    missing = StationItem(query["missing"]) if query["missing"] else None
    with deps().db.transaction() as tx:
        stations, pagination_parameters.item_count = listed(
            tx, scope.branch(), query["under"], missing, page_of(pagination_parameters)
        )
    return stations


@blueprint.post("/stations/<code>/<any(contact, bank_account, liaison, registration):item>/tick")
@access.managers(Permission.PROJECTS_WRITE)
@blueprint.response(204)
def tick_item(code: str, item: str) -> None:
    """Tick an item manually. Idempotent. A village cannot tick its own items."""
    with deps().db.transaction() as tx:
        tick(tx, g.caller, code, StationItem(item))


@blueprint.post("/stations/<code>/<any(contact, bank_account, liaison, registration):item>/untick")
@access.managers(Permission.PROJECTS_WRITE)
@blueprint.response(204)
def untick_item(code: str, item: str) -> None:
    """Remove a manual tick. Idempotent."""
    with deps().db.transaction() as tx:
        untick(tx, g.caller, code, StationItem(item))
