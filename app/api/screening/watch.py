"""The watch list: donors, instruments and devices whose match is put on hold from now on. No donation is
refused."""

from typing import Any

from flask_smorest.pagination import PaginationParameters
from marshmallow import Schema, fields

from app.api.base import make_blueprint, page_of
from app.api.reason_schemas import AnyReasonIn
from app.api.schema_fields import Key, Text, Time, one_of
from app.current import deps
from app.http import access
from app.http.scope import Where
from campaigns.network.roles import Permission
from campaigns.screening import watch
from campaigns.screening.models import WATCHED

blueprint = make_blueprint("watch", "Donors, instruments and devices whose match is reviewed first.")


class WatchTermIn(AnyReasonIn):
    until = Time(allow_none=True, metadata={"description": "null or missing: without an end"})


class WatchCaseIn(WatchTermIn):
    kind = one_of(*WATCHED, required=True)


class WatchContactIn(WatchTermIn):
    phone = Text(32)
    email = Text(254)


class WatchOut(Schema):
    """An entry, without its owner's identity. `standing`: neither lifted nor expired."""

    id = Key()
    kind = one_of(*WATCHED)
    reason = Text()
    actor = Text()
    case = Key(attribute="case_id", allow_none=True)
    listed_at = Time()
    until = Time(allow_none=True)
    standing = fields.Boolean()
    lifted_at = Time(allow_none=True)
    lifted_by = Text()
    lift_reason = Text()


@blueprint.get("/watch")
@access.managers(Permission.READ, where=Where.FEDERATION)
@blueprint.response(200, WatchOut(many=True))
@blueprint.paginate()
def list_entries(pagination_parameters: PaginationParameters) -> Any:
    """List all entries, active ones first."""
    paging = pagination_parameters
    with deps().db.transaction() as tx:
        rows, paging.item_count = watch.watched(tx, page_of(paging))
    return rows


@blueprint.post("/watch")
@access.managers(Permission.SCREEN, where=Where.FEDERATION)
@blueprint.arguments(WatchContactIn)
@blueprint.response(201, WatchOut)
def watch_contact(body: dict[str, Any]) -> Any:
    """Watch a contact, stored only as a keyed hash. A contact that is watched already keeps its entry."""
    with deps().db.transaction() as tx:
        entry = watch.watch_contact(tx, deps().keys, body.pop("reason"), access.actor(), **body)
        return watch.view(tx, entry.id or 0)


@blueprint.post("/cases/<id:case_id>/watch")
@access.managers(Permission.SCREEN, where=Where.FEDERATION)
@blueprint.arguments(WatchCaseIn)
@blueprint.response(200, WatchOut)
def watch_case(body: dict[str, Any], case_id: int) -> Any:
    """Watch the donor, the instrument or the device of a case. The case stays open."""
    with deps().db.transaction() as tx:
        entry = watch.watch_case(tx, case_id, body["kind"], body["reason"], access.actor(), body.get("until"))
        return watch.view(tx, entry.id or 0)


@blueprint.post("/watch/<id:watch_id>/lift")
@access.managers(Permission.SCREEN, where=Where.FEDERATION)
@blueprint.arguments(AnyReasonIn)
@blueprint.response(200, WatchOut)
def lift(body: dict[str, Any], watch_id: int) -> Any:
    """Lift an entry. Open cases stay open."""
    with deps().db.transaction() as tx:
        watch.lift(tx, watch_id, body["reason"], access.actor())
        return watch.view(tx, watch_id)
