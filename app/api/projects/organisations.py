"""The tree of organisations, for administrators, one node at a time."""

from typing import Any

from marshmallow import Schema, fields

from app.api.base import make_blueprint
from app.api.reason_schemas import ReasonIn
from app.api.schema_fields import Flag, Text, Time
from app.current import deps
from app.http import access, scope
from app.http.scope import Where
from campaigns.close_node import close_node
from campaigns.merge_node import merge_node
from campaigns.network import tree
from campaigns.network.organisations import children, find
from campaigns.network.roles import Permission
from campaigns.network.tree_file import MOST_CODE, MOST_NAME

blueprint = make_blueprint("organisations", "The tree of organisations: city, counties, townships, villages.")
_PEOPLE = Permission.PEOPLE_WRITE


class OrganisationIn(Schema):
    code = Text(MOST_CODE, 1, required=True)
    name = Text(MOST_NAME, 1, required=True)
    parent = Text(MOST_CODE, 1, required=True, metadata={"description": "code of the node above; it never changes"})


class OrganisationPatch(Schema):
    name = Text(MOST_NAME, 1, required=True)


class MergeIn(ReasonIn):
    into = Text(MOST_CODE, 1, required=True, metadata={"description": "code of a node of the same level"})
    preview = Flag(load_default=False, metadata={"description": "only say what would come of it"})


class MergedOut(Schema):
    """Counts of what moves to the other node."""

    nodes = fields.Integer()
    projects = fields.Integer()
    accounts = fields.Integer()
    tokens = fields.Integer()
    funds = fields.Integer()
    grants = fields.Integer()
    staff = fields.Integer(metadata={"description": "contacts of staff, for screening"})


class OrganisationOut(Schema):
    code = Text()
    name = Text()
    level = Text()
    parent = Text(attribute="parent_code", allow_none=True)
    closed_at = Time(allow_none=True, metadata={"description": "nothing new begins there since then"})
    merged_into = Text(allow_none=True, metadata={"description": "code of the node where it goes on"})


@blueprint.post("/organisations")
@access.managers(_PEOPLE, where=Where.NAMED)
@blueprint.arguments(OrganisationIn)
@blueprint.response(201, OrganisationOut)
def add(body: dict[str, Any]) -> Any:
    """Add a node one level below a node of the caller's branch."""
    with deps().db.transaction() as tx:
        scope.require_node(tx, body["parent"])
        return tree.add(tx, body["parent"], body["code"], body["name"], access.actor())


@blueprint.get("/organisations/<code>")
@access.managers(Permission.READ)
@blueprint.response(200, OrganisationOut)
def show(code: str) -> Any:
    with deps().db.transaction() as tx:
        return find(tx, code)


@blueprint.get("/organisations/<code>/children")
@access.managers(Permission.READ)
@blueprint.response(200, OrganisationOut(many=True))
def list_children(code: str) -> Any:
    """List the nodes directly below a node, by code."""
    with deps().db.transaction() as tx:
        return children(tx, code)


@blueprint.route("/organisations/<code>", methods=["PATCH"])
@access.managers(_PEOPLE)
@blueprint.arguments(OrganisationPatch)
@blueprint.response(200, OrganisationOut)
def rename(body: dict[str, Any], code: str) -> Any:
    """Rename a node."""
    with deps().db.transaction() as tx:
        return tree.rename(tx, code, body["name"], access.actor())


@blueprint.post("/organisations/<code>/close")
@access.managers(_PEOPLE)
@blueprint.arguments(ReasonIn)
@blueprint.response(200, OrganisationOut)
def close(body: dict[str, Any], code: str) -> Any:
    """Close a node that is no longer in use. No project, account or node can be created in it. Idempotent."""
    with deps().db.transaction() as tx:
        return close_node(tx, code, body["reason"], access.actor())


@blueprint.post("/organisations/<code>/reopen")
@access.managers(_PEOPLE)
@blueprint.response(200, OrganisationOut)
def reopen(code: str) -> Any:
    """Reopen a closed node. Idempotent."""
    with deps().db.transaction() as tx:
        return tree.reopen(tx, code, access.actor())


@blueprint.post("/organisations/<code>/merge")
@access.managers(_PEOPLE)
@blueprint.arguments(MergeIn)
@blueprint.response(200, MergedOut)
def merge(body: dict[str, Any], code: str) -> Any:
    """Merge a node permanently into another of its level. Projects, nodes below, people and funds move there.

    Both nodes, and the node above, must be in the caller's branch. Refused while a campaign runs with its projects.
    """
    with deps().db.transaction() as tx:
        scope.require_merge(tx, code, body["into"])
        order = (code, body["into"], body["reason"], access.actor())
        return tx.rehearse(lambda: merge_node(tx, *order)) if body["preview"] else merge_node(tx, *order)
