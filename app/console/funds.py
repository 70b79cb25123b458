"""Funds and the money that came in for them."""

from flask import render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.console.blueprint import act, blueprint
from app.current import deps
from app.forms import Form
from app.http import access, scope
from app.http.scope import Where
from campaigns.funds import funds
from campaigns.network.roles import Caller, Permission
from kernel.db import Tx
from kernel.errors import Invalid
from kernel.money import CURRENCY


@blueprint.get("/funds", endpoint="funds")
@access.signed_in(Permission.READ, where=Where.LISTED)
def list_funds() -> str:
    """All funds and their balances."""
    with deps().db.transaction() as tx:
        rows = funds.list_funds(tx, scope.branch())
    return render_template("console/funds.html", rows=rows)


@blueprint.post("/funds", endpoint="fund_create")
@access.signed_in_to_act(Permission.FUNDS_WRITE, where=Where.NAMED)
def create() -> Response:
    """Create a fund of the own branch; a second click finds its name taken."""
    name, kind = request.form.get("name", ""), request.form.get("kind", "")
    return act(
        Permission.FUNDS_WRITE,
        url_for("console.funds"),
        lambda tx, caller: funds.create(tx, name, kind, caller.name, caller.branch_code),
        _("基金已建立。"),
    )


@blueprint.post("/funds/<int:fund_id>/deposits", endpoint="fund_deposit")
@access.signed_in_to_act(Permission.FUNDS_WRITE)
def deposit(fund_id: int) -> Response:
    """Record money that came in from outside, once per reference."""
    form = Form(request.form)

    def do(tx: Tx, caller: Caller) -> str:
        amount_minor = form.amount("amount")
        if amount_minor is None:
            raise Invalid("deposit_invalid")
        fresh = funds.deposit(tx, fund_id, amount_minor, CURRENCY, form["reference"], caller.name)
        return str(_("入账完成。") if fresh else _("这笔入账已经记过，没有重复记账。"))

    return act(Permission.FUNDS_WRITE, url_for("console.funds"), do)
