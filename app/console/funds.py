"""Funds and the money that came in for them."""

from flask import render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.console.blueprint import act, blueprint
from app.current import deps
from app.http import access
from campaigns.funds import funds
from campaigns.network.roles import Caller, Permission
from kernel.db import Tx
from kernel.errors import Invalid
from kernel.money import CURRENCY, parse_yuan


@blueprint.get("/funds", endpoint="funds")
@access.signed_in(Permission.READ)
def overview() -> str:
    """What every fund holds."""
    with deps().db.transaction() as tx:
        rows = funds.list_funds(tx)
    return render_template("console/funds.html", rows=rows)


@blueprint.post("/funds", endpoint="fund_create")
@access.signed_in_to_act(Permission.FUNDS_WRITE)
def made() -> Response:
    """A new fund; the second click finds its name taken."""
    name, kind = request.form.get("name", ""), request.form.get("kind", "")
    return act(
        Permission.FUNDS_WRITE,
        url_for("console.funds"),
        lambda tx, caller: funds.create(tx, name, kind, caller.name),
        _("基金已建立。"),
    )


@blueprint.post("/funds/<int:fund_id>/deposits", endpoint="fund_deposit")
@access.signed_in_to_act(Permission.FUNDS_WRITE)
def deposited(fund_id: int) -> Response:
    """Money that came in from outside, once per reference."""

    def do(tx: Tx, caller: Caller) -> str:
        try:
            amount = parse_yuan(request.form.get("amount", ""))
        except ValueError as error:
            raise Invalid("deposit_invalid") from error
        fresh = funds.deposit(tx, fund_id, amount, CURRENCY, request.form.get("reference", "").strip(), caller.name)
        return _("入账完成。") if fresh else _("这笔入账已经记过，没有重复记账。")

    return act(Permission.FUNDS_WRITE, url_for("console.funds"), do)
