"""Declarations of the related parties of projects (慈善法 第40条, 第59条)."""

from typing import Any

from marshmallow import Schema, fields

from app.api.base import make_blueprint
from app.api.schema_fields import Flag, Text, Time
from app.current import deps
from app.http import access
from campaigns.network.roles import Permission
from campaigns.projects import projects
from campaigns.projects.related import MOST_RELATED, declaration_of, declare

blueprint = make_blueprint("related_parties", "Whether who carries a project out is related to its donors.")


class RelatedPartiesIn(Schema):
    related = Flag(required=True)
    text = Text(
        MOST_RELATED,
        load_default="",
        metadata={"description": "who, how they are related, who steps back; needed when related, and published"},
    )


class RelatedPartiesOut(Schema):
    """The declaration in force; nulls if there is none."""

    related = fields.Boolean(allow_none=True)
    text = Text()
    actor = Text()
    declared_at = Time(allow_none=True)


@blueprint.get("/projects/<id:project_id>/related-parties")
@access.managers(Permission.READ)
@blueprint.response(200, RelatedPartiesOut)
def show(project_id: int) -> Any:
    """Return the declaration of a project that is in force."""
    with deps().db.transaction() as tx:
        projects.find(tx, project_id)
        row = declaration_of(tx, project_id)
        return row or {"related": None, "text": "", "actor": "", "declared_at": None}


@blueprint.post("/projects/<id:project_id>/related-parties")
@access.managers(Permission.PROJECTS_WRITE, Permission.PROJECTS_APPROVE)
@blueprint.arguments(RelatedPartiesIn)
@blueprint.response(201, RelatedPartiesOut)
def create(body: dict[str, Any], project_id: int) -> Any:
    """Declare the related parties of a project. If there are any, two people approve the declaration, and the
    project's page names them."""
    with deps().db.transaction() as tx:
        return declare(tx, project_id, body["related"], body["text"], access.actor())
