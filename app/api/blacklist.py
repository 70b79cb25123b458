"""Projects on the blacklist (黑名单): listing, objecting, answering, lifting."""

from typing import Any

from marshmallow import Schema, fields

from app.api.base import blueprint
from app.api.project_schemas import ReasonIn
from app.api.schema_fields import Key, Text, Time
from app.current import deps
from app.http import access
from campaigns.appeals import MOST_APPEAL
from campaigns.network.roles import Permission
from campaigns.projects import blacklist
from campaigns.projects.projects import find
from kernel.db import Tx

blp = blueprint("blacklist", "Projects that may not raise money, until a person lifts it.")


class ListingIn(ReasonIn):
    until = Time(allow_none=True, metadata={"description": "null or missing: without an end"})


class ObjectionIn(Schema):
    text = Text(MOST_APPEAL, required=True)


class ListingAnswerIn(ReasonIn):
    lift = fields.Boolean(truthy={True}, falsy={False}, load_default=False)


class ListingOut(Schema):
    """`due`: the term is over and nobody has decided; the project is listed still."""

    id = Key()
    project = Key(attribute="project_id")
    project_name = Text()
    reason = Text()
    actor = Text()
    listed_at = Time()
    until = Time(allow_none=True)
    due = fields.Boolean()
    appeal = Text()
    appealed_at = Time(allow_none=True)
    answer = Text()
    answered_by = Text()
    answered_at = Time(allow_none=True)
    lifted_at = Time(allow_none=True)
    lifted_by = Text()
    lift_reason = Text()


@blp.get("/blacklist")
@access.managers(Permission.READ)
@blp.response(200, ListingOut(many=True))
def list_all() -> Any:
    """The projects that are listed now, those whose term is over first."""
    with deps().db.transaction() as tx:
        return blacklist.listings(tx)


@blp.get("/projects/<id:project_id>/blacklist")
@access.managers(Permission.READ)
@blp.response(200, ListingOut(many=True))
def list_of_project(project_id: int) -> Any:
    """All listings of a project, the newest first; empty when it never was listed."""
    with deps().db.transaction() as tx:
        find(tx, project_id)
        return blacklist.listings(tx, project_id)


@blp.post("/projects/<id:project_id>/blacklist")
@access.managers(Permission.PROJECTS_APPROVE)
@blp.arguments(ListingIn)
@blp.response(200, ListingOut)
def create(given: dict[str, Any], project_id: int) -> Any:
    """List it: it takes no donation and no new match."""
    with deps().db.transaction() as tx:
        access.require_branch(find(tx, project_id).lineage)
        blacklist.blacklist(tx, project_id, given["reason"], access.actor(), given.get("until"))
        return _newest(tx, project_id)


@blp.post("/projects/<id:project_id>/blacklist/lift")
@access.managers(Permission.PROJECTS_APPROVE)
@blp.arguments(ReasonIn)
@blp.response(200, ListingOut)
def lift(given: dict[str, Any], project_id: int) -> Any:
    """Take it off the list; it is suspended then, and `resume` lets it raise money again."""
    with deps().db.transaction() as tx:
        access.require_branch(find(tx, project_id).lineage)
        blacklist.lift(tx, project_id, given["reason"], access.actor())
        return _newest(tx, project_id)


@blp.post("/projects/<id:project_id>/blacklist/appeal")
@access.managers(Permission.PROJECTS_WRITE)
@blp.arguments(ObjectionIn)
@blp.response(200, ListingOut)
def appeal(given: dict[str, Any], project_id: int) -> Any:
    """Write down what those who carry it out object."""
    with deps().db.transaction() as tx:
        access.require_branch(find(tx, project_id).lineage)
        blacklist.appeal(tx, project_id, given["text"], access.actor())
        return _newest(tx, project_id)


@blp.post("/projects/<id:project_id>/blacklist/answer")
@access.managers(Permission.PROJECTS_APPROVE)
@blp.arguments(ListingAnswerIn)
@blp.response(200, ListingOut)
def answer(given: dict[str, Any], project_id: int) -> Any:
    """Answer the objection and, if wanted, take the project off the list."""
    with deps().db.transaction() as tx:
        access.require_branch(find(tx, project_id).lineage)
        blacklist.answer(tx, project_id, given["reason"], access.actor(), lifting=given["lift"])
        return _newest(tx, project_id)


def _newest(tx: Tx, project_id: int) -> dict[str, Any]:
    return blacklist.listings(tx, project_id)[0]
