"""Agreements, pledges, and the yearly management cost, for managers."""

from typing import Any

from flask_smorest.pagination import PaginationParameters

from app.agreements import require_named
from app.api.base import make_blueprint, page_of
from app.api.money import agreement_schemas as schemas
from app.api.reason_schemas import OneLineReasonIn
from app.api.second_person import may_wait, waiting
from app.current import deps
from app.duties import perform
from app.http import access, scope
from app.http.scope import Where
from campaigns.agreements import agreements, pledges
from campaigns.agreements.agreements import NewAgreement
from campaigns.agreements.models import Agreement, Pledge
from campaigns.network.roles import Permission
from campaigns.payouts.management import ManagementYear, management_years
from kernel.db import Tx
from kernel.money import CURRENCY

blueprint = make_blueprint("agreements", "Agreements and pledges (协议、承诺); management cost of a year (管理费).")
_AGREEMENT, _PLEDGE = "/agreements/<id:agreement_id>", "/pledges/<id:pledge_id>"


@blueprint.get("/agreements")
@access.managers(Permission.READ, where=Where.LISTED)
@blueprint.response(200, schemas.AgreementOut(many=True))
@blueprint.paginate()
def list_agreements(pagination_parameters: PaginationParameters) -> Any:
    """List the agreements of the caller's branch, newest first."""
    with deps().db.transaction() as tx:
        page = page_of(pagination_parameters)
        rows, pagination_parameters.item_count = agreements.listed(tx, scope.branch(), page)
        return [_view(row) for row in rows]


@blueprint.post("/organisations/<code>/agreements")
@access.managers(Permission.FUNDS_WRITE)
@blueprint.arguments(schemas.AgreementIn)
@blueprint.response(201, schemas.AgreementOut)
def enter(body: dict[str, Any], code: str) -> Any:
    """Enter an agreement of an organisation."""
    new = NewAgreement(**{name: body[name] for name in NewAgreement._fields})
    with deps().db.transaction() as tx:
        require_named(tx, new)
        return _view(agreements.enter(tx, code, new, access.actor()))


@blueprint.get(_AGREEMENT)
@access.managers(Permission.READ)
@blueprint.response(200, schemas.AgreementOut)
def show(agreement_id: int) -> Any:
    with deps().db.transaction() as tx:
        return _view(agreements.find(tx, agreement_id))


@blueprint.post(f"{_AGREEMENT}/end")
@access.managers(Permission.FUNDS_WRITE)
@blueprint.arguments(OneLineReasonIn)
@blueprint.response(200, schemas.AgreementOut)
def end(body: dict[str, Any], agreement_id: int) -> Any:
    """End an agreement before its term."""
    with deps().db.transaction() as tx:
        return _view(agreements.end(tx, agreement_id, body["reason"], access.actor()))


@blueprint.get(f"{_AGREEMENT}/pledges")
@access.managers(Permission.READ)
@blueprint.response(200, schemas.PledgeOut(many=True))
def list_pledges(agreement_id: int) -> Any:
    """List the pledges under an agreement and what was received for them."""
    with deps().db.transaction() as tx:
        agreements.find(tx, agreement_id)
        return [_pledge_view(view) for view in pledges.of_agreement(tx, agreement_id)]


@blueprint.post(f"{_AGREEMENT}/pledges")
@access.managers(Permission.FUNDS_WRITE)
@blueprint.arguments(schemas.PledgeIn)
@blueprint.response(201, schemas.PledgeOut)
def add_pledge(body: dict[str, Any], agreement_id: int) -> Any:
    """Add a pledge, due by a day, under an agreement."""
    with deps().db.transaction() as tx:
        row = pledges.pledge(tx, agreement_id, body["due_on"], body["amount_minor"], access.actor())
        return _pledge(tx, row)


@blueprint.post(f"{_PLEDGE}/payments")
@access.managers(Permission.FUNDS_WRITE)
@blueprint.arguments(schemas.PledgePaymentIn)
@blueprint.response(200, schemas.PledgeOut)
def pay(body: dict[str, Any], pledge_id: int) -> Any:
    """Pay a pledge, or a part of it, from a deposit. Idempotent per deposit."""
    with deps().db.transaction() as tx:
        scope.require_named(tx, "deposit_id", body["deposit"])
        paid = (body["deposit"], body["amount_minor"])
        return _pledge(tx, pledges.pay(tx, pledge_id, *paid, access.actor()))


@blueprint.post(f"{_PLEDGE}/call")
@access.managers(Permission.FUNDS_WRITE)
@blueprint.response(200, schemas.PledgeOut)
def call(pledge_id: int) -> Any:
    """Record that the other party was called to pay an overdue pledge (催告)."""
    with deps().db.transaction() as tx:
        return _pledge(tx, pledges.call(tx, pledge_id, access.actor()))


@blueprint.post(f"{_PLEDGE}/waive")
@access.managers(Permission.FUNDS_WRITE)
@blueprint.arguments(OneLineReasonIn)
@blueprint.response(200, schemas.PledgeOut)
@may_wait(blueprint)
def waive(body: dict[str, Any], pledge_id: int) -> Any:
    """Waive the unpaid part of a pledge. Always needs two people."""
    with deps().db.transaction() as tx:
        outcome = perform(tx, "pledge.waive", pledge_id, body["reason"])
        return waiting(tx, outcome) or _pledge(tx, outcome)


@blueprint.get("/management-years")
@access.managers(Permission.READ, where=Where.LISTED)
@blueprint.response(200, schemas.ManagementYearOut(many=True))
def list_management_years() -> Any:
    """List the yearly management cost of each host in the caller's branch: numerator, denominator, ceiling."""
    with deps().db.transaction() as tx:
        return [_year(year) for year in management_years(tx, branch=scope.branch())]


def _year(year: ManagementYear) -> dict[str, Any]:
    computed = {name: getattr(year, name) for name in ("spending_minor", "share_bps", "state")}
    return {**year._asdict(), **computed, "currency": CURRENCY}


def _view(row: Agreement) -> dict[str, Any]:
    return {**row.model_dump(), "currency": CURRENCY}


def _pledge(tx: Tx, row: Pledge) -> dict[str, Any]:
    return _pledge_view(pledges.view_of(tx, row))


def _pledge_view(view: pledges.PledgeView) -> dict[str, Any]:
    return {**view._asdict(), "currency": CURRENCY}
