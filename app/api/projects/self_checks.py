"""Self-checks of nodes after a campaign, signed by their people and read by the nodes above."""

from typing import Any

from flask_smorest.pagination import PaginationParameters
from marshmallow import Schema, fields

from app.api.base import make_blueprint, page_of
from app.api.schema_fields import Day, Flag, Key, Text, Time, Whole, one_of
from app.current import deps
from app.http import access, scope
from app.http.scope import Where
from campaigns.network.roles import Permission
from campaigns.self_checks.forms import (
    MOST_REMARK,
    Answer,
    Answers,
    Signed,
    forms_of,
    node_forms,
    require_node,
    sign,
)
from campaigns.self_checks.models import Question
from campaigns.self_checks.nodes import CheckState

blueprint = make_blueprint("self_checks", "What nodes that carried out projects of a released event say of it.")
_FORMS = "/campaigns/<slug>/self-checks/<code>"
_MOST_NUMBER = 2**31 - 1  # the largest INTEGER


class SelfCheckAnswerIn(Schema):
    yes = Flag(required=True, metadata={"description": "yes is as it should be"})
    remark = Text(MOST_REMARK, load_default="", metadata={"description": "required for a no"})


class SelfCheckAnswers(Schema):
    """An answer to each question."""

    received = fields.Nested(SelfCheckAnswerIn, required=True, metadata={"description": "money as paid out"})
    vouchers = fields.Nested(SelfCheckAnswerIn, required=True, metadata={"description": "all spending has them"})
    published = fields.Nested(SelfCheckAnswerIn, required=True, metadata={"description": "pictures and news"})
    surplus = fields.Nested(SelfCheckAnswerIn, required=True, metadata={"description": "what is left is known"})
    complaints = fields.Nested(SelfCheckAnswerIn, required=True, metadata={"description": "none is open"})


class SelfCheckIn(Schema):
    answers = fields.Nested(SelfCheckAnswers, required=True)
    corrects = Whole(
        0,
        _MOST_NUMBER,
        load_default=0,
        metadata={"description": "number of the form that this corrects; 0 for the first"},
    )


class SelfCheckOut(Schema):
    """A signed form. The one with the highest number is in force."""

    id = Key()
    number = Whole(1)
    answers = fields.Nested(SelfCheckAnswers)
    noes = Whole(0, metadata={"description": "how many answers are no"})
    actor = Text()
    signed_at = Time()


class NodeCheckOut(Schema):
    """A node that carried out projects of a released campaign, and its form in force."""

    campaign = Text(attribute="slug")
    organisation = Text(attribute="code")
    organisation_name = Text(attribute="name")
    due_on = Day(metadata={"description": "`self_check_s` of the campaign after its release"})
    state = one_of(*CheckState)
    form = fields.Nested(SelfCheckOut, allow_none=True)


class SelfCheckQuery(Schema):
    campaign = Text(100, load_default="", metadata={"description": "slug; empty: of all campaigns"})


@blueprint.get("/self-checks")
@access.managers(Permission.READ, where=Where.LISTED)
@blueprint.arguments(SelfCheckQuery, location="query")
@blueprint.response(200, NodeCheckOut(many=True))
@blueprint.paginate()
def list_self_checks(query: dict[str, Any], pagination_parameters: PaginationParameters) -> Any:
    """List the self-checks of the caller's branch: those with a "no" first, then missing ones."""
    with deps().db.snapshot() as tx:
        page = page_of(pagination_parameters)
        rows, pagination_parameters.item_count = node_forms(tx, scope.branch(), query["campaign"], page)
        return [{**line._asdict(), "form": _shown(signed) if signed else None} for line, signed in rows]


@blueprint.get(_FORMS)
@access.managers(Permission.READ)
@blueprint.response(200, SelfCheckOut(many=True))
def list_forms(slug: str, code: str) -> Any:
    """List the forms of a node, the one in force first."""
    with deps().db.snapshot() as tx:
        return [_shown(signed) for signed in forms_of(tx, require_node(tx, slug, code), code)]


@blueprint.post(_FORMS)
@access.managers(Permission.PROJECTS_WRITE)
@blueprint.arguments(SelfCheckIn)
@blueprint.response(201, SelfCheckOut)
def create(body: dict[str, Any], slug: str, code: str) -> Any:
    """Sign the form of a node. A signed form is corrected by another that names it."""
    answers: Answers = {key: Answer(**body["answers"][key]) for key in Question}
    with deps().db.transaction() as tx:
        return _shown(sign(tx, slug, code, answers, body["corrects"], access.actor()))


def _shown(signed: Signed) -> dict[str, Any]:
    answers = {key: choice._asdict() for key, choice in signed.answers.items()}
    return {**signed.form.model_dump(), "answers": answers, "noes": signed.noes}
