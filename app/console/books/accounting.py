"""Accounting pages: vouchers by month, the transfers behind a voucher, the trial balance and the chart of
accounts."""

from collections.abc import Mapping
from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.accounting import balance_file, journal_file
from app.console.blueprint import act, blueprint, refused
from app.console.written import require_own
from app.current import deps
from app.forms import Form
from app.http import access
from app.http.heavy_reads import heavy
from app.http.scope import Where
from app.i18n.accounting_labels import summary
from app.table_file import FORMATS
from app.web.blueprint import requested_page
from campaigns.accounting import chart, periods, reading
from campaigns.accounting.book import book
from campaigns.accounting.chart import AccountName
from campaigns.accounting.close import close_period
from campaigns.network.roles import Caller, Permission
from kernel.clock import local_day
from kernel.db import Tx
from kernel.errors import Refusal
from ledger.chart import AccountKind

PAGE_SIZE = 50
MOST_LINES = 200  # of a voucher on its page: the voucher of a giving day has some for each project


@blueprint.get("/vouchers", endpoint="vouchers")
@access.signed_in(Permission.READ, where=Where.FEDERATION)
def list_vouchers() -> str:
    """List the vouchers of a month, newest first, with its trial balance."""
    page = requested_page(PAGE_SIZE)
    with deps().db.transaction() as tx:
        closed = {row.period: row for row in periods.closed_periods(tx)}
        this_month = periods.period_of(local_day(tx.now))
        period = _period(Form(request.args)["period"]) or this_month
        rows, total = reading.vouchers(tx, period, page=page)
        balances = reading.trial_balance(tx, period)
    return render_template(
        "console/vouchers.html",
        rows=rows,
        total=total,
        page=page,
        period=period,
        is_over=period < this_month,
        closed=closed,
        balances=balances,
        totals=reading.totals_of(balances),
        summary=summary,
    )


def _period(text: str) -> str:
    """Return a requested month, or "" if it is not a valid month."""
    try:
        return periods.period_of(periods.first_day(text))
    except Refusal:
        return ""


@blueprint.post("/vouchers/runs", endpoint="voucher_run")
@access.signed_in(Permission.FUNDS_WRITE, where=Where.FEDERATION)
def run() -> Response:
    """Create vouchers for all transfers until now. A second click finds nothing left to do."""

    def do() -> str:
        with deps().db.transaction() as tx:
            today = local_day(tx.now)
        booked = book(deps(), g.caller.name, today)
        if not booked.vouchers:
            return _("没有新的资金变动，无需制证。")
        return _(
            "已制证 %(vouchers)s 张，涵盖 %(transfers)s 笔资金变动。",
            vouchers=booked.vouchers,
            transfers=booked.transfers,
        )

    return _apart(do, url_for("console.vouchers"))


@blueprint.post("/vouchers/close", endpoint="voucher_close")
@access.signed_in(Permission.FUNDS_WRITE, where=Where.FEDERATION)
def close() -> Response:
    """Close a month. Idempotent."""
    period = request.form.get("period", "")

    def do() -> str:
        close_period(deps(), period, g.caller.name)
        return _("%(period)s 已结账，之后的变动记入下一期。", period=period)

    return _apart(do, url_for("console.vouchers", period=_period(period) or None))


def _apart(do: Any, back: str) -> Response:
    """Run work that opens its own transactions and is safe to repeat; flash the result and redirect."""
    try:
        flash(do(), "good")
    except Refusal as refusal:
        return refused(refusal, back)
    return redirect(back, 303)


@blueprint.get("/vouchers/<int:voucher_id>", endpoint="voucher")
@access.signed_in(Permission.READ, where=Where.FEDERATION)
def show(voucher_id: int) -> str:
    """Show a voucher with its first lines and the transfers that it sums."""
    page = requested_page(PAGE_SIZE)
    with deps().db.transaction() as tx:
        voucher, lines = reading.voucher(tx, voucher_id)
        movements, total = reading.movements(tx, voucher_id, page)
    return render_template(
        "console/voucher.html",
        voucher=voucher,
        lines=lines[:MOST_LINES],
        line_count=len(lines),
        movements=movements,
        total=total,
        page=page,
        summary=summary,
    )


@blueprint.get(f"/vouchers/<period>/vouchers{FORMATS}", endpoint="voucher_file")
@access.signed_in(Permission.READ, where=Where.FEDERATION)
@heavy
def export_vouchers(period: str, file_format: str) -> Response:
    """Export the vouchers of a month."""
    return journal_file(file_format, period, g.caller.name)


@blueprint.get(f"/vouchers/<period>/trial-balance{FORMATS}", endpoint="voucher_balance_file")
@access.signed_in(Permission.READ, where=Where.FEDERATION)
def export_trial_balance(period: str, file_format: str) -> Response:
    """Export the trial balance of a month."""
    return balance_file(file_format, period)


@blueprint.get("/chart", endpoint="chart")
@access.signed_in(Permission.READ, where=Where.FEDERATION)
def show_chart() -> str:
    """Show the chart of accounts in force and its versions."""
    with deps().db.transaction() as tx:
        current, versions = chart.current(tx), chart.versions(tx)
    return render_template("console/chart.html", chart=current, versions=versions, was=_shown(current.accounts))


@blueprint.post("/chart", endpoint="chart_change")
@access.signed_in_to_act(Permission.FUNDS_WRITE, where=Where.FEDERATION)
def change_chart() -> Response:
    """Store a new version of the chart of accounts."""
    form = Form(request.form)

    def do(tx: Tx, caller: Caller) -> None:
        now = chart.lock_current(tx)
        accounts = {kind: AccountName(form[f"code.{kind}"], form[f"name.{kind}"]) for kind in now.accounts}
        typed, subject = _shown(accounts), f"chart:{now.number}"
        names = require_own(tx, subject, form, typed, _shown(now.accounts), action="accounting.chart")
        changes = {str(kind): account for kind, account in accounts.items() if f"accounts.{kind}" in names}
        chart.change(tx, changes, form["reason"], caller.name)

    return act(Permission.FUNDS_WRITE, url_for("console.chart"), do, _("科目表已更新，只用于之后的凭证。"))


def _shown(accounts: Mapping[AccountKind, AccountName]) -> dict[str, str]:
    """Return the shown value of each account, for detecting concurrent changes. Code and name are compared as one
    value."""
    return {f"accounts.{kind}": " ".join(account) for kind, account in accounts.items()}
