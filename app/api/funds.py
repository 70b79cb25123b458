"""Funds and the money that comes in for them, for managers."""

from typing import Any

from flask_smorest.pagination import PaginationParameters

from app.api.base import make_blueprint
from app.api.fund_schemas import DepositIn, DepositOut, FundIn, FundOut, GrantIn, GrantOut, RevokeGrantIn
from app.current import deps
from app.http import access, scope
from app.http.scope import Where
from campaigns.funds import funds, grants
from campaigns.network.roles import Permission
from kernel.db import Tx
from ledger.chart import fund as account_of
from ledger.statements import balance

blueprint = make_blueprint("funds", "Special funds (专项基金), out of which match pots are paid.")


def _view(tx: Tx, fund_id: int) -> dict[str, Any]:
    fund = funds.find(tx, fund_id)
    return {**fund.model_dump(), "balance_minor": balance(tx, account_of(fund_id))}


@blueprint.get("/funds")
@access.managers(Permission.READ, where=Where.LISTED)
@blueprint.response(200, FundOut(many=True))
@blueprint.paginate()
def list_funds(pagination_parameters: PaginationParameters) -> Any:
    """List the funds of the own branch with the free money in them."""
    paging = pagination_parameters
    with deps().db.transaction() as tx:
        rows = funds.list_funds(tx, scope.branch())
    paging.item_count = len(rows)
    return rows[paging.first_item : paging.last_item + 1]


@blueprint.get("/funds/<id:fund_id>")
@access.managers(Permission.READ)
@blueprint.response(200, FundOut)
def show(fund_id: int) -> Any:
    with deps().db.transaction() as tx:
        return _view(tx, fund_id)


@blueprint.post("/funds")
@access.managers(Permission.FUNDS_WRITE, where=Where.NAMED)
@blueprint.arguments(FundIn)
@blueprint.response(201, FundOut)
def create(body: dict[str, Any]) -> Any:
    """Create a fund without money."""
    owner = body.get("organisation", scope.branch())
    with deps().db.transaction() as tx:
        scope.require_node(tx, owner)
        return _view(tx, funds.create(tx, body["name"], body["kind"], access.actor(), owner))


@blueprint.post("/funds/<id:fund_id>/deposits")
@access.managers(Permission.FUNDS_WRITE)
@blueprint.arguments(DepositIn)
@blueprint.response(201, DepositOut)
@blueprint.alt_response(200, schema=DepositOut, description="this deposit is in the books already")
def deposit(body: dict[str, Any], fund_id: int) -> Any:
    """Record a deposit that came in outside; a reference counts once."""
    with deps().db.transaction() as tx:
        money = (body["amount_minor"], body["currency"], body["reference"])
        booked = funds.deposit(tx, fund_id, *money, access.actor())
        document = {**body, "fund": fund_id, "balance_minor": balance(tx, account_of(fund_id))}
    return document, 201 if booked else 200


@blueprint.get("/funds/<id:fund_id>/grants")
@access.managers(Permission.READ)
@blueprint.response(200, GrantOut(many=True))
def list_grants(fund_id: int) -> Any:
    """List the branches that may fill their pots from this fund, revoked grants too."""
    with deps().db.transaction() as tx:
        return grants.listed(tx, fund_id)


@blueprint.post("/funds/<id:fund_id>/grants")
@access.managers(Permission.FUNDS_WRITE)
@blueprint.arguments(GrantIn)
@blueprint.response(201, GrantOut)
def create_grant(body: dict[str, Any], fund_id: int) -> Any:
    """Let campaigns hosted in another branch fill their pots from this fund. Idempotent."""
    with deps().db.transaction() as tx:
        return grants.grant(tx, fund_id, body["organisation"], body["reason"], access.actor())


@blueprint.post("/funds/<id:fund_id>/grants/revoke")
@access.managers(Permission.FUNDS_WRITE)
@blueprint.arguments(RevokeGrantIn)
@blueprint.response(200, GrantOut(many=True))
def revoke_grant(body: dict[str, Any], fund_id: int) -> Any:
    """End a grant; what pots already hold stays theirs."""
    with deps().db.transaction() as tx:
        grants.revoke(tx, fund_id, body["organisation"], access.actor())
        return grants.listed(tx, fund_id)
