"""The watch list: whose match waits for a person from now on. Nobody on it is refused."""

from typing import Any

from flask_smorest.pagination import PaginationParameters
from marshmallow import Schema, fields

from app.api.base import blueprint, page_of
from app.api.schema_fields import Key, Text, Time, one_of
from app.current import deps
from app.http import access
from campaigns.network.roles import Permission
from campaigns.reasons import MOST_REASON
from campaigns.screening import watch
from campaigns.screening.models import WATCHED

blp = blueprint("watch", "Donors, instruments and devices whose match a person looks at first.")


class WatchReasonIn(Schema):
    reason = Text(MOST_REASON, required=True)


class WatchTermIn(WatchReasonIn):
    until = Time(allow_none=True, metadata={"description": "null or missing: without an end"})


class WatchCaseIn(WatchTermIn):
    kind = one_of(*WATCHED, required=True)


class WatchContactIn(WatchTermIn):
    phone = Text(32)
    email = Text(254)


class WatchOut(Schema):
    """An entry, without saying whose. `standing`: neither lifted nor over."""

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


@blp.get("/watch")
@access.managers(Permission.READ)
@blp.response(200, WatchOut(many=True))
@blp.paginate()
def list_entries(pagination_parameters: PaginationParameters) -> Any:
    """All entries, those that stand first."""
    asked = pagination_parameters
    with deps().db.transaction() as tx:
        rows, asked.item_count = watch.watched(tx, page_of(asked))
    return rows


@blp.post("/watch")
@access.managers(Permission.SCREEN)
@blp.arguments(WatchContactIn)
@blp.response(201, WatchOut)
def watch_contact(given: dict[str, Any]) -> Any:
    """Watch who gives under a contact, kept as a keyed hash only; who is watched already has the standing entry."""
    with deps().db.transaction() as tx:
        entry = watch.watch_contact(tx, deps().keys, given.pop("reason"), access.actor(), **given)
        return watch.view(tx, entry.id or 0)


@blp.post("/cases/<id:case_id>/watch")
@access.managers(Permission.SCREEN)
@blp.arguments(WatchCaseIn)
@blp.response(200, WatchOut)
def watch_case(given: dict[str, Any], case_id: int) -> Any:
    """Watch the donor, the instrument or the device of a case; the case stays to be decided."""
    with deps().db.transaction() as tx:
        entry = watch.watch_case(tx, case_id, given["kind"], given["reason"], access.actor(), given.get("until"))
        return watch.view(tx, entry.id or 0)


@blp.post("/watch/<id:watch_id>/lift")
@access.managers(Permission.SCREEN)
@blp.arguments(WatchReasonIn)
@blp.response(200, WatchOut)
def lift(given: dict[str, Any], watch_id: int) -> Any:
    """Watch it no more; open cases stay to be decided."""
    with deps().db.transaction() as tx:
        watch.lift(tx, watch_id, given["reason"], access.actor())
        return watch.view(tx, watch_id)
