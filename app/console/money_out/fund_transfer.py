"""Transfers between funds, which are previewed and need two people."""

from collections.abc import Sequence

from flask import render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.console.blueprint import blueprint
from app.console.effects import Change, Typed, amount_of, effect_page
from app.current import deps
from app.http import access, scope
from campaigns.funds import funds
from campaigns.funds.transfers import move
from campaigns.network.roles import Permission
from kernel.db import Tx
from kernel.money import yuan
from ledger.chart import fund as account_of
from ledger.statements import balance


@blueprint.route("/funds/<int:fund_id>/transfer", methods=["GET", "POST"], endpoint="fund_transfer")
@access.signed_in(Permission.FUNDS_WRITE)
def transfer(fund_id: int) -> str | Response:
    """Choose the receiving fund, then the amount. The effect is shown before the transfer is requested."""
    chosen = request.args.get("to", "")
    with deps().db.transaction() as tx:
        fund = funds.find(tx, fund_id)
        others = [row for row in funds.list_funds(tx, scope.branch()) if row.id != fund_id]
        to = next((row for row in others if str(row.id) == chosen), None)
    if to is None:
        return render_template("console/fund_transfer.html", fund=fund, others=others)
    to_id = to.id or 0

    def make(tx: Tx, typed: Typed) -> Sequence[str]:
        amount_minor = amount_of(typed.form)
        move(tx, fund_id, to_id, amount_minor, typed.reason, typed.caller.name)
        left = [yuan(balance(tx, account_of(id_))) for id_ in (fund_id, to_id)]
        return [
            _(
                "“%(name)s”转出 %(amount)s 元，剩 %(left)s 元。",
                name=fund.name,
                amount=yuan(amount_minor),
                left=left[0],
            ),
            _(
                "“%(name)s”转入 %(amount)s 元，有 %(left)s 元。",
                name=to.name,
                amount=yuan(amount_minor),
                left=left[1],
            ),
        ]

    change = Change(
        Permission.FUNDS_WRITE,
        _("划到另一个基金"),
        fund.name,
        url_for("console.fund", fund_id=fund_id),
        make,
        _("提交"),
        _("已划转。"),
        amount=_("金额（元）"),
        act="fund.transfer",
        subject=fund_id,
        arguments={"to_fund": to_id},
    )
    return effect_page(change)
