"""Goods given to projects beside money, for managers."""

from typing import Any

from flask_smorest.pagination import PaginationParameters

from app.api.base import make_blueprint, page_of
from app.api.money import goods_schemas as schemas
from app.api.reason_schemas import OneLineReasonIn
from app.api.second_person import may_wait, waiting
from app.current import deps
from app.duties import perform
from app.http import access, scope
from app.http.scope import Where
from campaigns.goods import goods, reading
from campaigns.goods.goods import NewGoods, NewHandout
from campaigns.goods.models import Goods
from campaigns.network.roles import Permission
from kernel.db import Tx
from kernel.money import CURRENCY

blueprint = make_blueprint("goods", "Goods (物) beside money: their value is in no match and no sum of money.")
_GOODS = "/goods/<id:goods_id>"
_ENTERS = (Permission.PROJECTS_WRITE, Permission.FUNDS_WRITE)


@blueprint.get("/goods")
@access.managers(Permission.READ, where=Where.LISTED)
@blueprint.response(200, schemas.GoodsOut(many=True))
@blueprint.paginate()
def list_goods(pagination_parameters: PaginationParameters) -> Any:
    """List the goods of the caller's branch: first those whose value a second person must confirm, then the
    newest."""
    with deps().db.transaction() as tx:
        page = page_of(pagination_parameters)
        lines, pagination_parameters.item_count = reading.listed(tx, branch=scope.branch(), page=page)
        return [_view(line.goods, line.handed_out) for line in lines]


@blueprint.post("/projects/<id:project_id>/goods")
@access.managers(*_ENTERS)
@blueprint.arguments(schemas.GoodsIn)
@blueprint.response(201, schemas.GoodsOut)
def enter(body: dict[str, Any], project_id: int) -> Any:
    """Enter goods given to a project."""
    with deps().db.transaction() as tx:
        return _view(goods.enter(tx, project_id, _typed(tx, body), access.actor()), 0)


@blueprint.get(_GOODS)
@access.managers(Permission.READ)
@blueprint.response(200, schemas.GoodsOut)
def show(goods_id: int) -> Any:
    with deps().db.transaction() as tx:
        return _counted(tx, goods.find(tx, goods_id))


@blueprint.route(_GOODS, methods=["PATCH"])
@access.managers(*_ENTERS)
@blueprint.arguments(schemas.GoodsIn)
@blueprint.response(200, schemas.GoodsOut)
def correct(body: dict[str, Any], goods_id: int) -> Any:
    """Correct goods whose value is not confirmed."""
    with deps().db.transaction() as tx:
        return _counted(tx, goods.correct(tx, goods_id, _typed(tx, body), access.actor()))


@blueprint.post(f"{_GOODS}/confirm")
@access.managers(Permission.FUNDS_WRITE)
@blueprint.response(200, schemas.GoodsOut)
@may_wait(blueprint)
def confirm(goods_id: int) -> Any:
    """Confirm the value of goods, which publishes them. The person who entered them needs a second person."""
    with deps().db.transaction() as tx:
        outcome = perform(tx, "goods.confirm", goods_id)
        return waiting(tx, outcome) or _counted(tx, outcome)


@blueprint.post(f"{_GOODS}/reopen")
@access.managers(Permission.FUNDS_WRITE)
@blueprint.arguments(OneLineReasonIn)
@blueprint.response(200, schemas.GoodsOut)
def reopen(body: dict[str, Any], goods_id: int) -> Any:
    """Revoke a confirmation so that the goods can be corrected."""
    with deps().db.transaction() as tx:
        return _counted(tx, goods.reopen(tx, goods_id, body["reason"], access.actor()))


@blueprint.post(f"{_GOODS}/withdraw")
@access.managers(*_ENTERS)
@blueprint.arguments(OneLineReasonIn)
@blueprint.response(200, schemas.GoodsOut)
def withdraw(body: dict[str, Any], goods_id: int) -> Any:
    """Withdraw goods that were entered by mistake."""
    with deps().db.transaction() as tx:
        return _counted(tx, goods.withdraw(tx, goods_id, body["reason"], access.actor()))


@blueprint.get(f"{_GOODS}/handouts")
@access.managers(Permission.READ)
@blueprint.response(200, schemas.HandoutOut(many=True))
def list_handouts(goods_id: int) -> Any:
    """List the handouts of some goods, newest first."""
    with deps().db.transaction() as tx:
        return [row.model_dump() for row in goods.handouts_of(tx, goods_id)]


@blueprint.post(f"{_GOODS}/handouts")
@access.managers(*_ENTERS)
@blueprint.arguments(schemas.HandoutIn)
@blueprint.response(201, schemas.HandoutOut)
def hand_out(body: dict[str, Any], goods_id: int) -> Any:
    """Record that some of the goods were handed out."""
    with deps().db.transaction() as tx:
        return goods.hand_out(tx, goods_id, NewHandout(**body), access.actor()).model_dump()


@blueprint.post(f"{_GOODS}/handouts/corrections")
@access.managers(*_ENTERS)
@blueprint.arguments(schemas.HandoutCorrectionIn)
@blueprint.response(201, schemas.HandoutOut)
def correct_handout(body: dict[str, Any], goods_id: int) -> Any:
    """Correct a handout of these goods, with another entry that states the reason."""
    right = (body["handout"], body["quantity"], body["reason"], access.actor())
    with deps().db.transaction() as tx:
        return goods.correct_handout(tx, goods_id, *right).model_dump()


def _typed(tx: Tx, body: dict[str, Any]) -> NewGoods:
    if body["organisation_code"]:
        scope.require_node(tx, body["organisation_code"])
    return NewGoods(**{name: body[name] for name in NewGoods._fields})


def _counted(tx: Tx, row: Goods) -> dict[str, Any]:
    return _view(row, goods.handed_out(tx, row.id or 0))


def _view(row: Goods, handed_out: int) -> dict[str, Any]:
    return {**row.model_dump(), "handed_out": handed_out, "currency": CURRENCY}
