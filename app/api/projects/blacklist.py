"""Blacklisted projects (黑名单): list, record and answer appeals, lift."""

from typing import Any

from marshmallow import Schema, fields

from app.api.base import make_blueprint
from app.api.reason_schemas import ReasonIn
from app.api.schema_fields import Flag, Key, Prose, Text, Time
from app.current import deps
from app.http import access, scope
from app.http.scope import Where
from campaigns.appeals import MOST_APPEAL
from campaigns.network.roles import Permission
from campaigns.projects import blacklist
from campaigns.projects.projects import find
from kernel.db import Tx

blueprint = make_blueprint("blacklist", "Projects that may not raise money until a reviewer lifts the listing.")


class ListingIn(ReasonIn):
    until = Time(allow_none=True, metadata={"description": "null or missing: without an end"})


class ListingAppealIn(Schema):
    text = Prose(MOST_APPEAL, required=True)


class ListingAnswerIn(ReasonIn):
    lift = Flag(load_default=False)


class ListingOut(Schema):
    """`due`: the term is over and no decision was made; the project is still listed."""

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


@blueprint.get("/blacklist")
@access.managers(Permission.READ, where=Where.LISTED)
@blueprint.response(200, ListingOut(many=True))
def list_all() -> Any:
    """List the blacklisted projects, those whose term is over first."""
    with deps().db.transaction() as tx:
        return blacklist.listings(tx, branch=scope.branch())


@blueprint.get("/projects/<id:project_id>/blacklist")
@access.managers(Permission.READ)
@blueprint.response(200, ListingOut(many=True))
def list_of_project(project_id: int) -> Any:
    """List all listings of a project, newest first."""
    with deps().db.transaction() as tx:
        find(tx, project_id)
        return blacklist.listings(tx, project_id)


@blueprint.post("/projects/<id:project_id>/blacklist")
@access.managers(Permission.PROJECTS_APPROVE, where=Where.FEDERATION)
@blueprint.arguments(ListingIn)
@blueprint.response(200, ListingOut)
def create(body: dict[str, Any], project_id: int) -> Any:
    """Blacklist a project. It accepts no donation and gets no new match."""
    with deps().db.transaction() as tx:
        blacklist.blacklist(tx, project_id, body["reason"], access.actor(), body.get("until"))
        return _newest(tx, project_id)


@blueprint.post("/projects/<id:project_id>/blacklist/lift")
@access.managers(Permission.PROJECTS_APPROVE, where=Where.FEDERATION)
@blueprint.arguments(ReasonIn)
@blueprint.response(200, ListingOut)
def lift(body: dict[str, Any], project_id: int) -> Any:
    """Lift a listing. The project is then suspended, and `resume` lets it raise money again."""
    with deps().db.transaction() as tx:
        blacklist.lift(tx, project_id, body["reason"], access.actor())
        return _newest(tx, project_id)


@blueprint.post("/projects/<id:project_id>/blacklist/appeal")
@access.managers(Permission.PROJECTS_WRITE)
@blueprint.arguments(ListingAppealIn)
@blueprint.response(200, ListingOut)
def appeal(body: dict[str, Any], project_id: int) -> Any:
    """Record an appeal from those who carry out the project."""
    with deps().db.transaction() as tx:
        blacklist.appeal(tx, project_id, body["text"], access.actor())
        return _newest(tx, project_id)


@blueprint.post("/projects/<id:project_id>/blacklist/answer")
@access.managers(Permission.PROJECTS_APPROVE, where=Where.FEDERATION)
@blueprint.arguments(ListingAnswerIn)
@blueprint.response(200, ListingOut)
def answer(body: dict[str, Any], project_id: int) -> Any:
    """Answer an appeal and, with `lift`, take the project off the list."""
    with deps().db.transaction() as tx:
        blacklist.answer(tx, project_id, body["reason"], access.actor(), lifting=body["lift"])
        return _newest(tx, project_id)


def _newest(tx: Tx, project_id: int) -> dict[str, Any]:
    return blacklist.listings(tx, project_id)[0]
