"""Funds and the money received for them, for managers."""

from typing import Any

from flask_smorest.pagination import PaginationParameters

from app.api.base import make_blueprint, page_of
from app.api.money.fund_schemas import (
    CorrectionIn,
    DepositCorrectionOut,
    DepositIn,
    DepositOut,
    DepositPreviewOut,
    FundEntryOut,
    FundIn,
    FundMonthOut,
    FundOut,
    FundTransferIn,
    FundTransferOut,
    GrantIn,
    GrantOut,
    RevokeGrantIn,
)
from app.api.second_person import may_wait, waiting
from app.current import deps
from app.duties import perform
from app.http import access, scope
from app.http.scope import Where
from campaigns.funds import deposits, funds, grants
from campaigns.funds.deposit_preview import preview_deposit
from campaigns.funds.statement import periods, statement
from campaigns.network.roles import Permission
from kernel.db import Tx
from kernel.errors import NotFound
from kernel.money import CURRENCY
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
    """List the funds of the caller's branch with their free money."""
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
    """Create an empty fund."""
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
    """Record a deposit received outside the system. A reference counts once."""
    with deps().db.transaction() as tx:
        money = (body["amount_minor"], body["currency"], body["reference"])
        booked = deposits.deposit(tx, fund_id, *money, access.actor())
        deposit_id = deposits.deposit_of(tx, fund_id, body["reference"]).id
        document = {**body, "id": deposit_id, "fund": fund_id, "balance_minor": balance(tx, account_of(fund_id))}
    return document, 201 if booked else 200


@blueprint.post("/funds/<id:fund_id>/deposits/preview")
@access.managers(Permission.FUNDS_WRITE)
@blueprint.arguments(DepositIn)
@blueprint.response(200, DepositPreviewOut)
def preview(body: dict[str, Any], fund_id: int) -> Any:
    """Preview a deposit: its effect, and the deposits that may be the same money. Nothing is booked."""
    money = (body["amount_minor"], body["currency"], body["reference"])
    with deps().db.transaction() as tx:
        shown = tx.rehearse(lambda: preview_deposit(tx, fund_id, *money, access.actor(), scope.branch()))
    return {**shown._asdict(), "currency": CURRENCY}


@blueprint.post("/funds/<id:fund_id>/deposits/<id:deposit_id>/corrections")
@access.managers(Permission.FUNDS_WRITE)
@blueprint.arguments(CorrectionIn)
@blueprint.response(201, DepositCorrectionOut)
@blueprint.alt_response(200, schema=DepositCorrectionOut, description="a preview: nothing is booked")
@may_wait(blueprint)
def correct_deposit(body: dict[str, Any], fund_id: int, deposit_id: int) -> Any:
    """Correct a deposit to the amount received, with another entry that refers to it and states the reason."""
    right = (deposit_id, body["amount_minor"], body["reason"], access.actor())
    with deps().db.transaction() as tx:
        if deposits.find_deposit(tx, deposit_id).fund_id != fund_id:
            raise NotFound("deposit_unknown")
        if body["preview"]:
            return _corrected(tx.rehearse(lambda: deposits.correct_deposit(tx, *right))), 200
        outcome = perform(tx, "fund.correct_deposit", deposit_id, body["reason"], amount_minor=body["amount_minor"])
        return waiting(tx, outcome) or _corrected(outcome)


def _corrected(correction: deposits.Correction) -> dict[str, Any]:
    return {**correction._asdict(), "currency": CURRENCY}


@blueprint.get("/funds/<id:fund_id>/entries")
@access.managers(Permission.READ)
@blueprint.response(200, FundEntryOut(many=True))
@blueprint.paginate()
def list_entries(pagination_parameters: PaginationParameters, fund_id: int) -> Any:
    """List the movements of a fund's money, newest first."""
    with deps().db.transaction() as tx:
        lines, pagination_parameters.item_count = statement(tx, fund_id, page_of(pagination_parameters))
    return [{**line._asdict(), "currency": CURRENCY} for line in lines]


@blueprint.get("/funds/<id:fund_id>/periods")
@access.managers(Permission.READ)
@blueprint.response(200, FundMonthOut(many=True))
def list_periods(fund_id: int) -> Any:
    """List the months of a fund with opening, in, out and closing, newest first."""
    with deps().db.transaction() as tx:
        return [{**period._asdict(), "currency": CURRENCY} for period in periods(tx, fund_id)]


@blueprint.post("/funds/<id:fund_id>/transfers")
@access.managers(Permission.FUNDS_WRITE)
@blueprint.arguments(FundTransferIn)
@blueprint.response(201, FundTransferOut)
@may_wait(blueprint)
def move(body: dict[str, Any], fund_id: int) -> Any:
    """Move money from one fund to another of the caller's branch. Always needs two people."""
    with deps().db.transaction() as tx:
        scope.require_named(tx, "fund_id", body["to_fund"])
        arguments = {name: body[name] for name in ("to_fund", "amount_minor")}
        outcome = perform(tx, "fund.transfer", fund_id, body["reason"], **arguments)
        return waiting(tx, outcome) or {**outcome.model_dump(), "currency": CURRENCY}


@blueprint.get("/funds/<id:fund_id>/grants")
@access.managers(Permission.READ)
@blueprint.response(200, GrantOut(many=True))
def list_grants(fund_id: int) -> Any:
    """List the branches that may fill their pots from this fund, including revoked grants."""
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
    """End a grant. Pots keep the money that they already hold."""
    with deps().db.transaction() as tx:
        grants.revoke(tx, fund_id, body["organisation"], access.actor())
        return grants.listed(tx, fund_id)
