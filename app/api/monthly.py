"""Monthly statements of nodes (收支月公示): public, numbered, frozen; corrected by notices beside them."""

from typing import Any

from flask_smorest.pagination import PaginationParameters
from marshmallow import Schema, fields

from app.api.base import make_blueprint, page_of
from app.api.schema_fields import Minor, Prose, Text, Time, Whole
from app.current import deps
from app.http import access
from campaigns.monthly import reading
from campaigns.network.roles import Permission
from campaigns.reasons import MOST_REASON

blueprint = make_blueprint("monthly", "Monthly statements of nodes: what came in, was matched, went back.")


class StatementQuery(Schema):
    month = Text(7, metadata={"description": "`2026-09`"})
    under = Text(40, metadata={"description": "code of a node: it and all below it"})


class StatementRowOut(Schema):
    """A statement; fen."""

    organisation = Text(metadata={"description": "code"})
    name = Text()
    level = Text()
    month = Text()
    number = Whole(1, metadata={"description": "counts the statements of the node"})
    received_minor = Minor(0)
    matched_minor = fields.Integer()
    refunded_minor = Minor(0)
    closing_minor = fields.Integer()
    hash = Text()
    corrections = Whole(0)


class CorrectionNoticeOut(Schema):
    text = Text()
    corrected_at = Time()


class StatementOut(Schema):
    """`statement` is what `hash` is computed from: SHA-256 of its JSON, keys sorted, without spaces."""

    number = Whole(1)
    hash = Text()
    made_at = Time()
    statement = fields.Dict()
    corrections = fields.List(fields.Nested(CorrectionNoticeOut))


class NoticeIn(Schema):
    text = Prose(MOST_REASON, 1, required=True, metadata={"description": "what was not right, and where it is"})


@blueprint.get("/monthly-statements")
@access.public
@blueprint.arguments(StatementQuery, location="query")
@blueprint.response(200, StatementRowOut(many=True))
@blueprint.paginate()
def list_statements(query: dict[str, Any], pagination_parameters: PaginationParameters) -> Any:
    """List statements, the newest month first, from the city down."""
    paging = pagination_parameters
    with deps().db.transaction() as tx:
        month, under = query.get("month"), query.get("under")
        rows, paging.item_count = reading.statements(tx, month, under, page_of(paging))
    return rows


@blueprint.get("/organisations/<string:code>/monthly-statements/<string:month>")
@access.public
@blueprint.response(200, StatementOut)
def show(code: str, month: str) -> Any:
    """Return the statement of a node for a month as it was published, with the notices of its corrections."""
    with deps().db.transaction() as tx:
        return reading.published(tx, code, month)


@blueprint.post("/organisations/<string:code>/monthly-statements/<string:month>/corrections")
@access.managers(Permission.FUNDS_WRITE)
@blueprint.arguments(NoticeIn)
@blueprint.response(201, CorrectionNoticeOut)
def correct(body: dict[str, Any], code: str, month: str) -> Any:
    """Publish a notice beside a statement; the statement stays as it was."""
    with deps().db.transaction() as tx:
        return reading.correct(tx, code, month, body["text"], access.actor())
