"""Funds and the money that comes in for them, for managers."""

from typing import Any

from flask_smorest.pagination import PaginationParameters

from app.api.base import blueprint
from app.api.project_schemas import DepositIn, DepositOut, FundIn, FundOut
from app.current import deps
from app.http import access
from campaigns.funds import funds
from campaigns.network.roles import Permission
from kernel.db import Tx
from ledger.chart import fund as account_of
from ledger.statements import balance

blp = blueprint("funds", "Special funds (专项基金), out of which match pots are paid.")


def _view(tx: Tx, fund_id: int) -> dict[str, Any]:
    found = funds.find(tx, fund_id)
    return {**found.model_dump(), "balance_minor": balance(tx, account_of(fund_id))}


@blp.get("/funds")
@access.managers(Permission.READ)
@blp.response(200, FundOut(many=True))
@blp.paginate()
def list_funds(pagination_parameters: PaginationParameters) -> Any:
    """All funds with the free money in them."""
    asked = pagination_parameters
    with deps().db.transaction() as tx:
        rows = funds.list_funds(tx)
    asked.item_count = len(rows)
    return rows[asked.first_item : asked.last_item + 1]


@blp.get("/funds/<id:fund_id>")
@access.managers(Permission.READ)
@blp.response(200, FundOut)
def show(fund_id: int) -> Any:
    with deps().db.transaction() as tx:
        return _view(tx, fund_id)


@blp.post("/funds")
@access.managers(Permission.FUNDS_WRITE)
@blp.arguments(FundIn)
@blp.response(201, FundOut)
def create(given: dict[str, Any]) -> Any:
    """A new fund without money."""
    with deps().db.transaction() as tx:
        return _view(tx, funds.create(tx, given["name"], given["kind"], access.actor()))


@blp.post("/funds/<id:fund_id>/deposits")
@access.managers(Permission.FUNDS_WRITE)
@blp.arguments(DepositIn)
@blp.response(201, DepositOut)
@blp.alt_response(200, schema=DepositOut, description="this deposit was in the books already")
def deposit(given: dict[str, Any], fund_id: int) -> Any:
    """Book money that came in outside; a reference counts once."""
    with deps().db.transaction() as tx:
        money = (given["amount_minor"], given["currency"], given["reference"])
        booked = funds.deposit(tx, fund_id, *money, access.actor())
        answer = {**given, "fund": fund_id, "balance_minor": balance(tx, account_of(fund_id))}
    return answer, 201 if booked else 200
