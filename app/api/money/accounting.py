"""The books as accounting vouchers: create, read, trace to each transfer and export them; periods and the chart of
accounts."""

from typing import Any

from flask import Response
from flask_smorest.pagination import PaginationParameters

from app.accounting import balance_file, journal_file
from app.api.base import make_blueprint, page_of
from app.api.money.accounting_schemas import (
    BalanceOut,
    BookedOut,
    BookIn,
    ChartIn,
    ChartOut,
    PeriodOut,
    VoucherDetailOut,
    VoucherMovementOut,
    VoucherOut,
    VoucherQuery,
)
from app.current import deps
from app.http import access
from app.http.heavy_reads import heavy
from app.http.scope import Where
from app.table_file import FORMATS
from campaigns.accounting import chart, periods, reading
from campaigns.accounting.book import book
from campaigns.accounting.chart import AccountName, Chart
from campaigns.accounting.close import close_period
from campaigns.network.roles import Permission

blueprint = make_blueprint("accounting", "Accounting vouchers (凭证), periods, chart of accounts, trial balance.")


@blueprint.get("/accounting/vouchers")
@access.managers(Permission.READ, where=Where.FEDERATION)
@blueprint.arguments(VoucherQuery, location="query")
@blueprint.response(200, VoucherOut(many=True))
@blueprint.paginate()
def list_vouchers(query: dict[str, Any], pagination_parameters: PaginationParameters) -> Any:
    """List vouchers, highest number first."""
    paging = pagination_parameters
    with deps().db.transaction() as tx:
        rows, paging.item_count = reading.vouchers(tx, **query, page=page_of(paging))
    return rows


@blueprint.get("/accounting/vouchers/<id:voucher_id>")
@access.managers(Permission.READ, where=Where.FEDERATION)
@blueprint.response(200, VoucherDetailOut)
def show_voucher(voucher_id: int) -> Any:
    """Return a voucher with its lines."""
    with deps().db.transaction() as tx:
        row, lines = reading.voucher(tx, voucher_id)
    return {**row._asdict(), "lines": lines}


@blueprint.get("/accounting/vouchers/<id:voucher_id>/transfers")
@access.managers(Permission.READ, where=Where.FEDERATION)
@blueprint.response(200, VoucherMovementOut(many=True))
@blueprint.paginate()
def list_movements(pagination_parameters: PaginationParameters, voucher_id: int) -> Any:
    """List the transfers that a voucher sums, oldest first."""
    paging = pagination_parameters
    with deps().db.transaction() as tx:
        rows, paging.item_count = reading.movements(tx, voucher_id, page_of(paging))
    return rows


@blueprint.post("/accounting/runs")
@access.managers(Permission.FUNDS_WRITE, where=Where.FEDERATION, own_transactions=True)
@blueprint.arguments(BookIn)
@blueprint.response(201, BookedOut)
def make_vouchers(body: dict[str, Any]) -> Any:
    """Create vouchers of all transfers that have none, up to the end of a day. Nothing is booked twice."""
    return book(deps(), access.actor(), body["through"])


@blueprint.get("/accounting/periods")
@access.managers(Permission.READ, where=Where.FEDERATION)
@blueprint.response(200, PeriodOut(many=True))
def list_periods() -> Any:
    """List the closed periods, newest first."""
    with deps().db.transaction() as tx:
        return periods.closed_periods(tx)


@blueprint.post("/accounting/periods/<string:period>/close")
@access.managers(Permission.FUNDS_WRITE, where=Where.FEDERATION, own_transactions=True)
@blueprint.response(200, PeriodOut)
def close(period: str) -> Any:
    """Close a past month permanently. Later facts are booked in the next period. Idempotent."""
    return close_period(deps(), period, access.actor())


@blueprint.get(f"/accounting/periods/<string:period>/vouchers{FORMATS}")
@access.managers(Permission.READ, where=Where.FEDERATION)
@blueprint.response(200, description="the vouchers of a period as CSV or workbook, a line per row")
@heavy
def export_vouchers(period: str, file_format: str) -> Response:
    """Export the vouchers of a period. The audit trail records who exported them."""
    return journal_file(file_format, period, access.actor())


@blueprint.get("/accounting/periods/<string:period>/trial-balance")
@access.managers(Permission.READ, where=Where.FEDERATION)
@blueprint.response(200, BalanceOut(many=True))
@heavy
def trial_balance(period: str) -> Any:
    """Return opening, movements and closing of each account in a period (科目余额表)."""
    with deps().db.transaction() as tx:
        return reading.trial_balance(tx, period)


@blueprint.get(f"/accounting/periods/<string:period>/trial-balance{FORMATS}")
@access.managers(Permission.READ, where=Where.FEDERATION)
@blueprint.response(200, description="the trial balance of a period as CSV or workbook")
@heavy
def export_trial_balance(period: str, file_format: str) -> Response:
    """Export the trial balance of a period."""
    return balance_file(file_format, period)


@blueprint.get("/accounting/chart")
@access.managers(Permission.READ, where=Where.FEDERATION)
@blueprint.response(200, ChartOut)
def show_chart() -> Any:
    """Return the chart of accounts in force: the code of each kind of ledger account."""
    with deps().db.transaction() as tx:
        return _chart(chart.current(tx))


@blueprint.post("/accounting/chart")
@access.managers(Permission.FUNDS_WRITE, where=Where.FEDERATION)
@blueprint.arguments(ChartIn)
@blueprint.response(201, ChartOut)
def change_chart(body: dict[str, Any]) -> Any:
    """Store a new version of the chart. Kinds that are not named keep their accounts, and old vouchers keep
    theirs."""
    accounts = {row["kind"]: AccountName(row["code"], row["name"]) for row in body["accounts"]}
    with deps().db.transaction() as tx:
        return _chart(chart.change(tx, accounts, body["reason"], access.actor()))


def _chart(version: Chart) -> dict[str, Any]:
    accounts = [{"kind": str(kind), **account._asdict()} for kind, account in version.accounts.items()]
    return {"number": version.number, "accounts": accounts}
