"""After a campaign was closed and paid out, every place that shows a sum shows what the books hold, to the fen."""

import csv
import io
import re
from decimal import Decimal
from typing import Any

from flask import Flask
from lxml import etree
from pypdf import PdfReader

from campaigns.accounting.chart import DEFAULT
from campaigns.network.people import create_manager
from campaigns.payouts import plans
from kernel.money import yuan
from ledger.chart import AccountKind
from tests.accounting.paid_out import SPENT_MINOR, Books, books_of, closed
from tests.web.reader import PASSWORD, Reader, text
from tests.web.workbook import read_workbook
from tests.world import SLUG, World

__all__ = ["closed"]

MONTH = "2026-09"
HOME, PUBLIC, CONSOLE, API = (
    f"/c/{SLUG}",
    f"/public/c/{SLUG}",
    f"/console/campaigns/{SLUG}",
    f"/api/v1/campaigns/{SLUG}",
)
MONTHLY = f"/public/monthly/41/{MONTH}"


def test_every_place_shows_what_the_books_hold(closed: World, app: Flask) -> None:
    books = closed.do(books_of)
    assert all((books.raised, books.matched, books.left, books.paid, books.kinds["suspense"]))
    closed.do(create_manager, "boss", PASSWORD, "admin", "test")
    reader = Reader(app.test_client(), closed)
    reader.sign_in("boss")
    pages_show(reader, books)
    interface_answers(reader, books)
    files_add_up(reader, books)
    vouchers_equal(reader, books)
    payouts_equal(reader)


def pages_show(reader: Reader, books: Books) -> None:
    raised_and_matched = (books.raised, books.matched, books.total)
    money_out = (books.raised, books.matched, books.kinds["share_management"], books.left, books.paid)
    fund = (books.kinds["fund"],)
    shown = {
        "/": raised_and_matched,
        HOME: raised_and_matched,
        f"{HOME}/screen": raised_and_matched,
        f"{HOME}/widget": (books.total,),
        PUBLIC: (*raised_and_matched, books.kinds["share_management"], books.left, books.paid),
        f"{PUBLIC}/notices/1": raised_and_matched,
        MONTHLY: (books.matched, books.paid, books.total - books.paid, SPENT_MINOR, *fund),
        "/public/yearly": (books.raised,),
        "/public/management": (books.kinds["share_management"], books.paid + books.kinds["share_management"]),
        "/console/campaigns": (books.raised, books.matched),
        CONSOLE: raised_and_matched,
        f"{CONSOLE}/live": raised_and_matched,
        f"{CONSOLE}/analytics": (books.raised,),
        f"{CONSOLE}/payouts": money_out,
        f"{CONSOLE}/notices": raised_and_matched,
        "/console/management": (books.kinds["share_management"],),
        "/console/monthly": (books.matched, books.total - books.paid),
        "/console/funds": fund,
        f"/console/funds/{reader.world.fund}": fund,
        "/console/goals": (books.raised,),
        "/console/reconciliation": (-books.kinds["clearing"],),
        f"{CONSOLE}/reconciliation-report": (books.raised, books.stated_minor, books.fee_minor),
    }
    for project_id, kinds in books.projects.items():
        own = (kinds["donations"], kinds["pot_released"])
        shown[f"{HOME}/p/{project_id}"] = (*own, sum(own))
        shown[f"/console/projects/{project_id}"] = own
    for path, sums in shown.items():
        holds(path, text(reader.open(path)), sums)
    paper = PdfReader(io.BytesIO(reader.http.get(f"{CONSOLE}/reconciliation-report.pdf").data))
    words = " ".join(sheet.extract_text() for sheet in paper.pages)
    holds("pdf", words, shown[f"{CONSOLE}/reconciliation-report"])


def holds(path: str, words: str, sums: tuple[int, ...]) -> None:
    """A page shows each of these sums as a number of its own."""
    numbers = set(re.findall(r"(?<![\d,.-])[\d,]+\.\d\d(?!\d)", words))
    for minor in sums:
        assert yuan(minor) in numbers, (path, yuan(minor))


def interface_answers(reader: Reader, books: Books) -> None:
    def answer(path: str) -> Any:
        return reader.http.get(path).json

    sums = {"raised_minor": books.raised, "matched_minor": books.matched}
    for totals in (answer(f"{API}/totals"), answer(API)["totals"], answer("/api/v1/campaigns")[0]["totals"]):
        assert {name: totals[name] for name in sums} == sums
    money = answer(f"{API}/money-out")
    assert {name: money[name] for name in sums} == sums
    assert (money["left_minor"], money["payable_minor"], money["paid_minor"]) == (books.left, 0, books.paid)
    assert money["project_minor"] + money["township_minor"] + money["management_minor"] == books.divided
    of_projects = answer(f"{API}/money-out/projects")
    for name in ("raised_minor", "matched_minor", "project_minor", "left_minor", "paid_minor", "management_minor"):
        assert sum(row[name] for row in of_projects) == money[name], name
    for path in ("standings", "projects"):
        rows = answer(f"{API}/{path}")
        assert {name: sum(row[name] for row in rows) for name in sums} == sums, path
    [notice] = answer(f"{API}/notices")
    assert {name: notice[name] for name in sums} == sums
    assert sum(row["total_minor"] for row in notice["projects"]) == notice["total_minor"] == books.total
    statement = answer(f"/api/v1/organisations/41/monthly-statements/{MONTH}")["statement"]
    assert statement["received_minor"] - statement["refunded_minor"] == books.raised
    assert (statement["closing_minor"], statement["spent_minor"]) == (books.total - books.paid, SPENT_MINOR)
    [fund] = answer("/api/v1/funds")
    assert fund["balance_minor"] == answer("/api/v1/funds/1/periods")[0]["closing_minor"] == books.kinds["fund"]
    assert sum(row["captured_minor"] for row in answer("/api/v1/pots")) == books.matched
    [year] = answer("/api/v1/management-years")
    assert year["management_minor"] == books.kinds["share_management"]
    assert answer("/api/v1/yearly-goals")[0]["reached"]["gifts_minor"] == books.raised
    assert (
        sum(row["booked_minor"] for row in answer(f"{API}/reconciliation")["discrepancies"])
        == (books.kinds["suspense"])
    )


def files_add_up(reader: Reader, books: Books) -> None:
    """The columns of every file add up to the books; workbooks and CSV files are the same."""
    sums = {"筹款（元）": books.raised, "配捐（元）": books.matched, "合计（元）": books.total}
    for path in (
        f"{PUBLIC}/notices/1/notice",
        "/console/campaigns",
        "/console/projects",
        f"{CONSOLE}/projects",
        f"{CONSOLE}/standings",
    ):
        assert {name: column(rows_of(reader, path), name) for name in sums} == sums, path
    table = [row for row in csv_rows(reader, f"{PUBLIC}.csv") if row["级别"] == "县区"]
    assert {name: column(table, name) for name in sums} == sums
    gifts = rows_of(reader, "/console/donations")
    assert column(gifts, "捐赠（元）") - column(gifts, "已退款（元）") == books.raised
    assert column(gifts, "配捐（元）") == books.matched
    assert column(rows_of(reader, f"{CONSOLE}/pots"), "已配（元）") == books.matched
    assert column(rows_of(reader, "/console/funds"), "余额（元）") == books.kinds["fund"]
    fund = f"/console/funds/{reader.world.fund}/statement"
    assert column(rows_of(reader, fund), "金额（元）") == books.kinds["fund"]
    [monthly] = [row for row in rows_of(reader, f"{MONTHLY}/statement") if row["类别"] == "合计"]
    assert (fen(monthly["拨付（元）"]), fen(monthly["期末（元）"])) == (books.paid, books.total - books.paid)
    report = [row for row in rows_of(reader, f"{CONSOLE}/reconciliation-report") if row["部分"] == "按日"]
    assert (column(report, "账上（元）"), column(report, "对方（元）")) == (books.raised, books.stated_minor)
    differences = rows_of(reader, f"{CONSOLE}/differences")
    assert column(differences, "差额（元）") == books.kinds["suspense"]


def vouchers_equal(reader: Reader, books: Books) -> None:
    """The balance of each account of the trial balance is that of its ledger accounts, with the other sign."""
    expected = {DEFAULT[AccountKind(kind)].code: -minor for kind, minor in books.kinds.items() if minor}
    path = f"/console/vouchers/{MONTH}"
    balances = {row["科目编码"]: fen(row["期末余额（元）"]) for row in rows_of(reader, f"{path}/trial-balance")}
    assert {code: minor for code, minor in balances.items() if minor} == expected
    *accounts, total = rows_of(reader, f"{path}/trial-balance")
    assert (total["科目编码"], fen(total["期末余额（元）"])) == ("合计", 0)
    for side in ("本期借方（元）", "本期贷方（元）"):
        assert column(accounts, side) == fen(total[side]) == fen(total["本期借方（元）"])
    assert "合计" in reader.open(f"/console/vouchers?period={MONTH}").split("<tfoot>")[1]
    moved: dict[str, int] = {}
    lines = rows_of(reader, f"{path}/vouchers")
    assert "在线支付（Stripe）" in {row["辅助核算"] for row in lines}
    for row in lines:
        code = row["科目编码"]
        moved[code] = moved.get(code, 0) + fen(row["借方金额（元）"]) - fen(row["贷方金额（元）"])
    assert {code: minor for code, minor in moved.items() if minor} == expected


def payouts_equal(reader: Reader) -> None:
    """The bank's files name the sum that was approved, and what was paid and returned adds up to it."""
    with reader.world.deps.db.snapshot() as tx:
        plan = plans.find_plan(tx, 1)
        rows = plans.remittances_of(tx, 1)
    assert sum(row.amount_minor for row in rows) == plan.total_minor
    holds("plan", text(reader.open("/console/payout-plans/1")), (plan.total_minor, *(r.amount_minor for r in rows)))
    listed = csv_rows(reader, "/console/payout-plans/1/file-csv")
    assert [fen(row["金额（元）"]) for row in listed] == [row.amount_minor for row in rows]
    message = etree.fromstring(reader.http.get("/console/payout-plans/1/file-pain001").data)
    assert [fen(amount.text) for amount in message.iter("{*}InstdAmt")] == [row.amount_minor for row in rows]
    assert {fen(total.text) for total in message.iter("{*}CtrlSum")} == {plan.total_minor}


def rows_of(reader: Reader, path: str) -> list[dict[str, str]]:
    """The rows of a CSV file, which are those of the workbook."""
    rows = csv_rows(reader, f"{path}.csv")
    header, *lines = read_workbook(reader.http.get(f"{path}.xlsx").data)
    assert header == list(rows[0])
    for row, cells in zip(rows, lines, strict=True):
        for stated, cell in zip(row.values(), cells, strict=True):
            if isinstance(cell, tuple) and "." in stated:
                assert Decimal(cell[0]) == Decimal(stated), (path, stated, cell)
    return rows


def csv_rows(reader: Reader, path: str) -> list[dict[str, str]]:
    response = reader.http.get(path)
    assert response.status_code == 200, path
    return list(csv.DictReader(io.StringIO(response.text.removeprefix("\ufeff"))))


def column(rows: list[dict[str, str]], name: str) -> int:
    """The sum of a column in fen, without the line of totals."""
    return sum(fen(row[name]) for row in rows if "合计" not in row.values())


def fen(stated: str | None) -> int:
    return int(Decimal(stated or "0").scaleb(2))
