"""Acts that wait for a second person: list, approve, decline."""

from typing import Any

from flask_smorest.pagination import PaginationParameters
from marshmallow import Schema

from app import duties
from app.api.base import make_blueprint, page_of
from app.api.schema_fields import Prose, one_of
from app.api.second_person import ApprovalOut, approval_views
from app.current import deps
from app.http import access, scope
from app.http.scope import Where
from campaigns.approvals import desk
from campaigns.approvals.models import ApprovalState
from campaigns.network.roles import Permission
from campaigns.reasons import MOST_REASON

blueprint = make_blueprint("approvals", "Acts that one person asked for and another decides about.")


class ApprovalQuery(Schema):
    state = one_of(*ApprovalState)


class ApprovalNoteIn(Schema):
    note = Prose(MOST_REASON, load_default="")


class ApprovalDeclineIn(Schema):
    note = Prose(MOST_REASON, 1, required=True, metadata={"description": "why"})


@blueprint.get("/approvals")
@access.managers(Permission.READ, where=Where.LISTED)
@blueprint.arguments(ApprovalQuery, location="query")
@blueprint.response(200, ApprovalOut(many=True))
@blueprint.paginate()
def list_approvals(query: dict[str, Any], pagination_parameters: PaginationParameters) -> Any:
    """List the approvals of the caller's branch, waiting ones first."""
    paging = pagination_parameters
    with deps().db.transaction() as tx:
        rows, paging.item_count = desk.listed(tx, query.get("state"), scope.branch(), page_of(paging))
        return approval_views(tx, rows)


@blueprint.get("/approvals/<id:approval_id>")
@access.managers(Permission.READ)
@blueprint.response(200, ApprovalOut)
def show(approval_id: int) -> Any:
    """Return an approval."""
    with deps().db.transaction() as tx:
        return approval_views(tx, [desk.find(tx, approval_id)])[0]


@blueprint.post("/approvals/<id:approval_id>/approve")
@access.managers(*duties.DECIDERS)
@blueprint.arguments(ApprovalNoteIn)
@blueprint.response(200, ApprovalOut)
def approve(body: dict[str, Any], approval_id: int) -> Any:
    """Approve another person's act. It is performed now; if it is refused, the approval still waits."""
    with deps().db.transaction() as tx:
        return approval_views(tx, [duties.approve(tx, approval_id, body["note"])])[0]


@blueprint.post("/approvals/<id:approval_id>/decline")
@access.managers(*duties.DECIDERS)
@blueprint.arguments(ApprovalDeclineIn)
@blueprint.response(200, ApprovalOut)
def decline(body: dict[str, Any], approval_id: int) -> Any:
    """Decline another person's act, with a note. Nothing is done."""
    with deps().db.transaction() as tx:
        return approval_views(tx, [desk.decline(tx, access.caller(), approval_id, body["note"])])[0]
