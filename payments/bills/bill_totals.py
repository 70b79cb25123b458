"""PURE. Check the totals that a bill states: WeChat Pay in a line at its end, Alipay in remarks at its end and in a
separate file, our own format in a line that may be left out. A bill whose totals differ from those of its lines was
cut off or changed."""

import csv
import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from io import StringIO
from typing import NamedTuple

from kernel.decode import decode
from kernel.errors import Fault, fault
from kernel.human_input import read_whole
from kernel.tables import Row, Table, clean_cell

Figures = Mapping[str, Decimal]
_REMARK = re.compile(r"#(交易|退款|收入|支出)合计[：:]\s*(-?[\d.,]+)笔(?:，(?:商家实收(?:退款)?)?共(-?[\d.,]+)元)?")
# The columns of the totals files, and the total that each contributes to.
_SUMMARY_COUNTS: Mapping[str, Mapping[str, str]] = {
    "alipay": {"交易订单总笔数": "交易合计", "退款订单总笔数": "退款合计"},
    "alipay_funds": {"收入笔数": "收入合计", "支出笔数": "支出合计"},
}


class _Said(NamedTuple):
    """A total as the bill states it."""

    place: str
    title: str
    figure: str


def totals_refused(table: Table, summary: bytes | None) -> dict[str, Fault]:
    """Return a fault for each total that differs from that of the lines, or one if a platform's bill has no
    totals."""
    if table.layout.name not in _FIGURES:
        return {}
    figures_of, totals_in = _FIGURES[table.layout.name]
    figures, stated = figures_of(table), list(totals_in(table))
    if summary and (counts := _SUMMARY_COUNTS.get(table.layout.name)):
        stated += _in_summary(summary, counts)
    if not table.layout.ours and not any(total.title in figures for total in stated):
        return {f"line {table.rows[-1].line}": fault("totals_missing")}
    return {
        f"{total.place}.{total.title}": fault(
            "total_differs", total=total.figure, lines=f"{figures[total.title]:f}"
        )
        for total in stated
        if total.title in figures and _number(total.figure) != figures[total.title]
    }


def _number(text: str) -> Decimal | None:
    try:
        return Decimal(text.replace(",", ""))
    except InvalidOperation:
        return None


def _sum(table: Table, column: str, words: Mapping[str, str] | None = None) -> Decimal:
    """Return the sum of a column over the rows whose cells are these words."""
    return sum((_number(row.cells[column] or "0") or Decimal() for row in _rows(table, words or {})), Decimal())


def _rows(table: Table, words: Mapping[str, str]) -> list[Row]:
    return [row for row in table.rows if all(row.cells[name] == word for name, word in words.items())]


def _of_own(table: Table) -> Figures:
    columns = ("amount_minor", "fee_minor")
    return {column: Decimal(sum(read_whole(row.cells[column] or "0") for row in table.rows)) for column in columns}


def _of_trades(table: Table) -> Figures:
    return {
        "总交易单数": Decimal(len(table.rows)),
        "应结订单总金额": _sum(table, "amount_yuan"),
        "退款总金额": _sum(table, "refund_yuan"),
        "手续费总金额": _sum(table, "fee_yuan"),
    }


def _of_funds(table: Table) -> Figures:
    income, expense = {"direction": "收入"}, {"direction": "支出"}
    return {
        "资金流水总笔数": Decimal(len(table.rows)),
        "收入笔数": Decimal(len(_rows(table, income))),
        "收入金额": _sum(table, "amount_yuan", income),
        "支出笔数": Decimal(len(_rows(table, expense))),
        "支出金额": _sum(table, "amount_yuan", expense),
    }


def _of_alipay(table: Table) -> Figures:
    figures = {}
    for word in ("交易", "退款"):
        figures[f"{word}合计"] = Decimal(len(_rows(table, {"kind": word})))
        figures[f"{word}金额"] = _sum(table, "amount_yuan", {"kind": word})
    return figures


def _of_alipay_funds(table: Table) -> Figures:
    figures = {}
    for word, column in (("收入", "income_yuan"), ("支出", "expense_yuan")):
        figures[f"{word}合计"] = Decimal(sum(1 for row in table.rows if _number(row.cells[column] or "0")))
        figures[f"{word}金额"] = _sum(table, column)
    return figures


def _in_total(table: Table) -> Iterator[_Said]:
    """Yield the totals in a line of totals, each in the column that it sums up."""
    if table.total is not None:
        cells = table.total.cells
        yield from (_Said(f"line {table.total.line}", column, cells[column]) for column in cells if cells[column])


def _in_last_lines(table: Table) -> Iterator[_Said]:
    """Yield the totals in the line below a line of titles."""
    if len(table.footer) > 1:
        (_, titles), (number, totals) = table.footer[:2]
        yield from (_Said(f"line {number}", *pair) for pair in zip(titles, totals, strict=False))


def _in_remarks(table: Table) -> Iterator[_Said]:
    for number, cells in table.footer:
        if match := _REMARK.match(cells[0]):
            word, count, amount = match.groups()
            yield _Said(f"line {number}", f"{word}合计", count)
            if amount:
                yield _Said(f"line {number}", f"{word}金额", amount)


def _in_summary(summary: bytes, counts: Mapping[str, str]) -> Iterator[_Said]:
    """Yield the counts in Alipay's totals file, which has a row per shop or kind, and usually a row for all."""
    lines = [[clean_cell(cell) for cell in cells] for cells in csv.reader(StringIO(decode(summary)[0]))]
    at = next((place for place, cells in enumerate(lines) if set(counts) <= set(cells)), None)
    if at is None:
        yield from (_Said("summary", total, "-") for total in counts.values())
        return
    rows = [cells for cells in lines[at + 1 :] if len(cells) >= len(lines[at])]
    rows = [cells for cells in rows if cells[0] == "合计"] or rows
    for title, total in counts.items():
        numbers = [_number(cells[lines[at].index(title)]) for cells in rows]
        yield _Said("summary", total, "-" if None in numbers else f"{sum(filter(None, numbers)):f}")


_FIGURES: Mapping[str, tuple[Callable[[Table], Figures], Callable[[Table], Iterator[_Said]]]] = {
    "bill": (_of_own, _in_total),
    "alipay": (_of_alipay, _in_remarks),
    "alipay_funds": (_of_alipay_funds, _in_remarks),
    "wechat": (_of_trades, _in_last_lines),
    "wechat_funds": (_of_funds, _in_last_lines),
}
