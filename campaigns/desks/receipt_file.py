"""PURE. Read a file of the fiscal system that says which receipt it issued for which request."""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from kernel.clock import local_day
from kernel.errors import Fault, fault
from kernel.human_input import Unreadable, read_amount, read_moment
from kernel.tables import Column, Layout, Row, Table, Track, read_table
from kernel.text import clean_label

LAYOUT = Layout(
    "receipts",
    (
        Column("request", ("request", "申请编号", "业务编号"), exact=True),
        Column("code", ("code", "票据代码", "Receipt code"), exact=True),
        Column("number", ("number", "票据号码", "Receipt number"), exact=True),
        Column("check_code", ("check_code", "校验码", "Check code"), exact=True),
        Column("issued_on", ("issued_on", "开票日期", "Date of issue"), exact=True),
        Column("amount_yuan", ("amount", "金额(元)", "金额", "已开金额(元)", "Amount (yuan)")),
    ),
)
_TEXTS = ("code", "number", "check_code")


class ReceiptRow(NamedTuple):
    """A receipt in a row of the file; `amount_minor` in fen."""

    line: int
    request: int
    code: str
    number: str
    check_code: str
    issued_on: date
    amount_minor: int


class ReceiptFile(NamedTuple):
    """A parsed file. Rows whose request has no receipt yet are left out and counted in `without`."""

    table: Table
    rows: tuple[ReceiptRow, ...]
    without: int
    faults: Mapping[str, Fault]


def read(data: bytes | str, track: Track = iter) -> ReceiptFile:
    """Read a file with the columns of `LAYOUT`. `faults` name every bad row and column.

    Raises Invalid `import_invalid` if it is not a table.
    """
    table = read_table(data, (LAYOUT,))
    faults, rows, without = dict(table.faults), [], 0
    seen: dict[tuple[str, object], int] = {}
    for cells in track(table.rows):
        if not any(cells.cells.get(name, "") for name in (*_TEXTS, "issued_on")):
            without += 1
            continue
        row, row_faults = _row(cells)
        for column, key in (("request", row.request), ("number", (row.code, row.number))):
            first = seen.setdefault((column, key), row.line)
            if first != row.line:
                row_faults.setdefault(column, fault("repeated_line", line=first))
        for column, refused in row_faults.items():
            faults.setdefault(f"line {row.line}.{column}", refused)
        if not row_faults and row.line not in table.faulty_lines:
            rows.append(row)
    return ReceiptFile(table, tuple(rows), without, faults)


def _row(row: Row) -> tuple[ReceiptRow, dict[str, Fault]]:
    cells = {column.name: row.cells.get(column.name, "") for column in LAYOUT.columns}
    faults: dict[str, Fault] = {}
    request = clean_label(cells["request"])
    if not (request.isascii() and request.isdigit() and len(request) < 19):
        faults["request"] = fault("not_whole")
    texts = {name: clean_label(cells[name]) for name in _TEXTS}
    faults |= {name: fault("required") for name, text in texts.items() if not text}
    issued_on, amount_minor = date.min, 0
    try:
        issued_on = local_day(read_moment(cells["issued_on"]).at)
    except Unreadable as unreadable:
        nonsense = unreadable.fault.code == "not_a_time"
        faults["issued_on"] = fault("not_a_date") if nonsense else unreadable.fault
    try:
        amount_minor = read_amount(cells["amount_yuan"])
    except Unreadable as unreadable:
        faults["amount_yuan"] = unreadable.fault
    number = int(request) if "request" not in faults else 0
    return ReceiptRow(row.line, number, **texts, issued_on=issued_on, amount_minor=amount_minor), faults
