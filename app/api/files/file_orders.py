"""Files of donations that a job writes, for lists that take too long for one request."""

from typing import Any

from flask import Response
from marshmallow import Schema, fields

from app.api.base import make_blueprint
from app.api.donations.donation_search import DonationSearch, query_of
from app.api.schema_fields import Key, Text, Time, Whole, one_of
from app.current import deps
from app.exports.orders import order_donations
from app.exports.taken import taken
from app.http import access
from app.http.scope import Where
from campaigns.exports import runs
from campaigns.exports.models import FORMATS
from campaigns.network.roles import Permission

blueprint = make_blueprint("file-orders", "Files of many rows: ordered, written by a job, taken away within a day.")


class FileOrderIn(Schema):
    format = one_of(*FORMATS, required=True)
    filters = fields.Nested(
        DonationSearch(exclude=("after", "page_size", "contact", "name")),
        load_default=dict,
        metadata={"description": "as of `GET /donations`, but nothing that leads to a person"},
    )


class FileOrderOut(Schema):
    id = Key()
    format = Text(attribute="file_format")
    state = Text(metadata={"description": "`waiting`, `writing`, `done`, `failed`, `expired`"})
    rows_done = Whole()
    rows_total = Whole(metadata={"description": "0 until the job has counted them"})
    file_bytes = Whole()
    ordered_at = Time()
    ended_at = Time(allow_none=True)


@blueprint.post("/exports")
@access.managers(Permission.READ, where=Where.LISTED)
@blueprint.arguments(FileOrderIn)
@blueprint.response(201, FileOrderOut)
def order(body: dict[str, Any]) -> Any:
    """Order a file of the matching donations of the caller's branch. Repeating an order in progress returns the
    same file."""
    with deps().db.transaction() as tx:
        return order_donations(tx, access.caller(), query_of(body["filters"]), body["format"])


@blueprint.get("/exports")
@access.managers(Permission.READ, where=Where.ANY)
@blueprint.response(200, FileOrderOut(many=True))
def list_orders() -> Any:
    """List the caller's latest orders, newest first."""
    with deps().db.transaction() as tx:
        return runs.ordered_by(tx, access.caller())


@blueprint.get("/exports/<id:export_id>")
@access.managers(Permission.READ, where=Where.ANY)
@blueprint.response(200, FileOrderOut)
def show(export_id: int) -> Any:
    """Return the progress of a file that the caller ordered."""
    with deps().db.transaction() as tx:
        return runs.find(tx, access.caller(), export_id)


@blueprint.get("/exports/<id:export_id>/file")
@access.managers(Permission.READ, where=Where.ANY)
@blueprint.response(200, description="the file, streamed")
def download(export_id: int) -> Response:
    """Download a finished file. The audit trail records who downloaded it."""
    return taken(export_id)
