"""Surplus of ended projects, for managers: listed, returned, used by the rule of the host."""

from typing import Any

from flask_smorest.pagination import PaginationParameters

from app.api.base import make_blueprint, page_of
from app.api.money import surplus_schemas as schemas
from app.api.second_person import may_wait, waiting
from app.current import deps
from app.duties import perform
from app.http import access, scope
from app.http.scope import Where
from campaigns.network.roles import Permission
from campaigns.payouts import movable, surplus
from campaigns.payouts.models import SurplusWay
from campaigns.payouts.surplus import NewReturn
from campaigns.projects import projects
from campaigns.spending.leftovers import surpluses
from kernel.money import CURRENCY

blueprint = make_blueprint("surplus", "Money that ended projects have left, and what becomes of it (剩余财产).")


@blueprint.get("/surpluses")
@access.managers(Permission.READ, where=Where.LISTED)
@blueprint.response(200, schemas.SurplusOut(many=True))
@blueprint.paginate()
def list_surpluses(pagination_parameters: PaginationParameters) -> Any:
    """List the ended projects of the caller's branch with money left, largest surplus first."""
    with deps().db.transaction() as tx:
        rows, pagination_parameters.item_count = surpluses(tx, scope.branch(), page_of(pagination_parameters))
    return [{**row._asdict(), "currency": CURRENCY} for row in rows]


@blueprint.get("/projects/<id:project_id>/movable")
@access.managers(Permission.READ)
@blueprint.response(200, schemas.MovableOut(many=True))
def list_movable(project_id: int) -> Any:
    """List a project's money in released campaigns that is not set aside, by share."""
    with deps().db.transaction() as tx:
        projects.find(tx, project_id)
        return [{**row._asdict(), "currency": CURRENCY} for row in movable.movable(tx, project_id)]


@blueprint.get("/projects/<id:project_id>/surplus-uses")
@access.managers(Permission.READ)
@blueprint.response(200, schemas.UseOut(many=True))
def list_uses(project_id: int) -> Any:
    """List the uses of a project's surplus, and what it received from others, newest first."""
    with deps().db.transaction() as tx:
        return [_with_currency(row) for row in surplus.uses_of(tx, project_id)]


@blueprint.post("/projects/<id:project_id>/surplus-uses")
@access.managers(Permission.FUNDS_WRITE)
@blueprint.arguments(schemas.UseIn)
@blueprint.response(201, schemas.UseOut)
@may_wait(blueprint)
def use(body: dict[str, Any], project_id: int) -> Any:
    """Use the surplus of an ended project as the rule of the campaign's host says. Always needs two people.

    It goes to a project that takes part in the campaign or lies in its host's branch, or to a fund of the
    federation, the host or an organisation above it.
    """
    arguments = {name: value for name, value in body.items() if name not in ("reason", "currency")}
    with deps().db.transaction() as tx:
        scope.require_named(tx, "slug", body["campaign"])
        if body["way"] != SurplusWay.FUND:  # the rule says which funds may receive it
            scope.require_named(tx, "project_id", body["to"])
        outcome = perform(tx, "project.use_surplus", project_id, body["reason"], **arguments)
        return waiting(tx, outcome) or _with_currency(outcome)


@blueprint.post("/projects/<id:project_id>/surplus-returns")
@access.managers(Permission.FUNDS_WRITE)
@blueprint.arguments(schemas.ReturnIn)
@blueprint.response(201, schemas.ReturnOut)
def send_back(body: dict[str, Any], project_id: int) -> Any:
    """Record that paid but unspent money of a project came back to the bank, once per reference."""
    new = NewReturn(*(body[name] for name in NewReturn._fields))
    with deps().db.transaction() as tx:
        scope.require_named(tx, "slug", body["campaign"])
        return _with_currency(surplus.return_surplus(tx, project_id, new, access.actor()))


def _with_currency(row: Any) -> dict[str, Any]:
    return {**row.model_dump(), "currency": CURRENCY}
