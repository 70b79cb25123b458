"""Monthly statements of nodes (收支月公示): public, numbered and frozen. Notices beside them correct them."""

from typing import Any

from flask_smorest.pagination import PaginationParameters
from marshmallow import Schema, fields, validate

from app.api.base import make_blueprint, page_of
from app.api.schema_fields import Minor, Prose, Text, Time, Whole, one_of
from app.api.second_person import may_wait, waiting
from app.current import deps
from app.duties import perform
from app.http import access
from campaigns.monthly import reading
from campaigns.monthly.corrections import MOST_FIGURES, OF_FUNDS, OF_LINES
from campaigns.network.roles import Permission
from campaigns.reasons import MOST_REASON

blueprint = make_blueprint("monthly", "Monthly statements of nodes: what came in, was matched, went back.")


class StatementQuery(Schema):
    month = Text(7, metadata={"description": "`2026-09`"})
    under = Text(40, metadata={"description": "code of a node: it and all below it"})


class StatementRowOut(Schema):
    """A statement; amounts in fen."""

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
    """A correction beside a statement. If it has figures, they are the whole corrected statement, with its hash."""

    text = Text()
    corrected_at = Time()
    statement = fields.Dict(allow_none=True)
    hash = Text(allow_none=True)


class StatementOut(Schema):
    """`hash` is computed from `statement`: SHA-256 of its JSON, keys sorted, without spaces. In each line opening +
    received - refunded + matched - paid + moved = closing; `moves` lists what was moved between which parties."""

    number = Whole(1)
    hash = Text()
    made_at = Time()
    statement = fields.Dict()
    corrections = fields.List(fields.Nested(CorrectionNoticeOut))


class RightFigureIn(Schema):
    line = Text(200, required=True, metadata={"description": "code of a line, or name of a fund"})
    figure = one_of(*OF_LINES, *OF_FUNDS, required=True)
    amount_minor = fields.Integer(
        required=True, strict=True, metadata={"description": "as it should have been; fen"}
    )


class NoticeIn(Schema):
    figures = fields.List(fields.Nested(RightFigureIn), validate=validate.Length(max=MOST_FIGURES))
    text = Prose(MOST_REASON, 1, required=True, metadata={"description": "what was not right, and where it is"})


@blueprint.get("/monthly-statements")
@access.public
@blueprint.arguments(StatementQuery, location="query")
@blueprint.response(200, StatementRowOut(many=True))
@blueprint.paginate()
def list_statements(query: dict[str, Any], pagination_parameters: PaginationParameters) -> Any:
    """List statements, newest month first, from the city down."""
    paging = pagination_parameters
    with deps().db.transaction() as tx:
        month, under = query.get("month"), query.get("under")
        rows, paging.item_count = reading.statements(tx, month, under, page_of(paging))
    return rows


@blueprint.get("/organisations/<string:code>/monthly-statements/<string:month>")
@access.public
@blueprint.response(200, StatementOut)
def show(code: str, month: str) -> Any:
    """Return a node's statement for a month as it was published, with its correction notices."""
    with deps().db.transaction() as tx:
        return reading.published(tx, code, month)


@blueprint.post("/organisations/<string:code>/monthly-statements/<string:month>/corrections")
@access.managers(Permission.FUNDS_WRITE)
@blueprint.arguments(NoticeIn)
@blueprint.response(201, CorrectionNoticeOut)
@may_wait(blueprint)
def correct(body: dict[str, Any], code: str, month: str) -> Any:
    """Publish a correction notice beside a statement, with the corrected values of wrong figures. The statement
    stays as it was. Figures above the limit need two people."""
    with deps().db.transaction() as tx:
        outcome = perform(tx, "monthly.correct", code, body["text"], month=month, figures=body.get("figures", []))
        return waiting(tx, outcome) or outcome
