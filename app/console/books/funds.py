"""Funds and their deposits."""

from collections.abc import Sequence

from flask import render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.console.blueprint import act, blueprint
from app.console.effects import Change, Typed, amount_of, effect_page
from app.current import deps
from app.http import access, scope
from app.http.scope import Where
from app.i18n.deposits import deposit_effect
from app.web.blueprint import requested_page
from campaigns.funds import deposits, funds
from campaigns.funds.deposit_preview import preview_deposit
from campaigns.funds.statement import periods, statement
from campaigns.network.roles import Permission
from kernel.db import Tx
from kernel.errors import Conflict, NotFound
from kernel.money import CURRENCY, yuan
from ledger.chart import fund as account_of
from ledger.statements import balance

PAGE_SIZE = 50


@blueprint.get("/funds", endpoint="funds")
@access.signed_in(Permission.READ, where=Where.LISTED)
def list_funds() -> str:
    """List all funds with their balances."""
    with deps().db.transaction() as tx:
        rows = funds.list_funds(tx, scope.branch())
    return render_template("console/funds.html", rows=rows)


@blueprint.post("/funds", endpoint="fund_create")
@access.signed_in_to_act(Permission.FUNDS_WRITE, where=Where.NAMED)
def create() -> Response:
    """Create a fund of the manager's branch. A second click is refused because the name is taken."""
    name, kind = request.form.get("name", ""), request.form.get("kind", "")
    return act(
        Permission.FUNDS_WRITE,
        url_for("console.funds"),
        lambda tx, caller: funds.create(tx, name, kind, caller.name, caller.branch_code),
        _("基金已建立。"),
    )


@blueprint.route("/funds/<int:fund_id>/deposits", methods=["GET", "POST"], endpoint="fund_deposit")
@access.signed_in(Permission.FUNDS_WRITE)
def deposit(fund_id: int) -> str | Response:
    """Record a deposit, once per reference, after a preview."""
    branch = scope.branch()
    with deps().db.transaction() as tx:
        fund = funds.find(tx, fund_id)

    def make(tx: Tx, typed: Typed) -> Sequence[str]:
        amount_minor, reference = amount_of(typed.form), typed.form.label("reference")
        preview = preview_deposit(tx, fund_id, amount_minor, CURRENCY, reference, typed.caller.name, branch)
        if not preview.fresh:
            raise Conflict("deposit_known")
        return deposit_effect(preview)

    change = Change(
        Permission.FUNDS_WRITE,
        _("入账"),
        fund.name,
        url_for("console.fund", fund_id=fund_id),
        make,
        _("确认入账"),
        _("入账完成。"),
        amount=_("到账金额（元）"),
        reference=_("凭据号（银行回单上的流水号，同一张只记一次）"),
        asks_why=False,
    )
    return effect_page(change)


@blueprint.get("/funds/<int:fund_id>", endpoint="fund")
@access.signed_in(Permission.READ)
def show(fund_id: int) -> str:
    """Show a fund with the statement of its money."""
    page = requested_page(PAGE_SIZE)
    with deps().db.transaction() as tx:
        fund = funds.find(tx, fund_id)
        lines, total = statement(tx, fund_id, page)
        months = periods(tx, fund_id)
        balance_minor = balance(tx, account_of(fund_id))
    shown = {"lines": lines, "total": total, "page": page, "months": months, "balance_minor": balance_minor}
    return render_template("console/fund.html", fund=fund, **shown)


@blueprint.route(
    "/funds/<int:fund_id>/deposits/<int:deposit_id>/correct", methods=["GET", "POST"], endpoint="deposit_correct"
)
@access.signed_in(Permission.FUNDS_WRITE)
def correct_deposit(fund_id: int, deposit_id: int) -> str | Response:
    """Correct a deposit to the amount that was received. A correcting entry books the difference."""
    with deps().db.transaction() as tx:
        booked = deposits.find_deposit(tx, deposit_id)
        now_minor = deposits.amount_now(tx, deposit_id)
    if booked.fund_id != fund_id:
        raise NotFound("deposit_unknown")

    def make(tx: Tx, typed: Typed) -> Sequence[str]:
        right = (amount_of(typed.form), typed.reason, typed.caller.name)
        corrected = deposits.correct_deposit(tx, deposit_id, *right)
        difference_minor = corrected.amount_minor - corrected.before_minor
        amounts = {"before": yuan(corrected.before_minor), "after": yuan(corrected.amount_minor)}
        return [
            _(
                "凭据 %(reference)s 的入账从 %(before)s 元更正为 %(after)s 元。",
                reference=booked.reference,
                **amounts,
            ),
            _("记一笔更正分录 %(amount)s 元，注明更正的是哪笔；原分录不动。", amount=yuan(difference_minor)),
            _("基金余额变为 %(amount)s 元。", amount=yuan(corrected.balance_minor)),
        ]

    change = Change(
        Permission.FUNDS_WRITE,
        _("更正入账"),
        _("凭据 %(reference)s，现记 %(amount)s 元", reference=booked.reference, amount=yuan(now_minor)),
        url_for("console.fund", fund_id=fund_id),
        make,
        _("确认更正"),
        _("已更正。"),
        amount=_("实际到账（元）；没有到账填 0"),
        act="fund.correct_deposit",
        subject=deposit_id,
    )
    return effect_page(change)
