"""PURE. Read a file of offline donations and of corrections that take earlier donations back."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from campaigns.donations.donors.person_models import AgeBand
from kernel.errors import Fault, fault
from kernel.human_input import Moment, Unreadable, read_amount, read_moment
from kernel.tables import Column, Layout, Row, Table, Track, read_table
from kernel.text import clean_label, clean_text, text_fault
from payments.partners.partner_events import MOST_TEXT

LAYOUT = Layout(
    "offline",
    (
        Column("reference", ("reference", "凭证号", "编号", "凭证编号", "单号", "流水号"), exact=True),
        Column("project_code", ("project_code", "项目编号", "项目代码", "项目"), exact=True),
        Column("amount_yuan", ("amount_yuan", "金额", "金额(元)", "捐赠金额", "捐款金额", "捐赠金额(元)")),
        Column("paid_at", ("paid_at", "捐赠时间", "捐款时间", "捐赠日期", "捐款日期", "时间", "日期"), exact=True),
        Column("donor", ("donor", "手机", "手机号", "电话", "联系方式", "邮箱"), required=False, exact=True),
        Column("donor_name", ("donor_name", "姓名", "捐赠人", "捐款人"), required=False),
        Column("corrects", ("corrects", "更正凭证号", "更正", "冲正凭证号"), required=False, exact=True),
        Column("age", ("age", "未成年人", "未成年", "年龄段"), required=False),
        Column("guardian", ("guardian", "监护人同意"), required=False),
        Column("reason", ("reason", "原因", "更正原因", "备注"), required=False),
    ),
    ours=True,
)
# How people write the age of a donor under age, and that a guardian agrees. Nobody is guessed to be of full age
# from another word.
_AGES = {
    **dict.fromkeys(("", "否", "成年", "no"), ""),
    **dict.fromkeys(("under_14", "未满14岁", "不满14岁", "14岁以下"), AgeBand.UNDER_14),
    **dict.fromkeys(("under_18", "14至17岁", "14-17岁", "未满18岁", "不满18岁"), AgeBand.UNDER_18),
}
_AGREES = frozenset(("是", "同意", "yes", "true", "1"))
# How people number corrections: BOX-1-R takes back part of BOX-1, and so does BOX-1-R2.
_CORRECTION = re.compile(r"(?P<corrects>.+)-R\d*", re.IGNORECASE | re.ASCII)


class OfflineRow(NamedTuple):
    """A donation, or a correction if `corrects` names an earlier one.

    `amount_minor` is in fen; for a correction it is negative, the part that is taken back. `donor` is the phone
    number or e-mail address against whose caps the donation counts; without it, the reference stands for the donor.
    `age` is the AgeBand of a donor under age whose guardian agrees, otherwise "".
    """

    line: int
    reference: str
    project_code: str
    amount_minor: int
    paid: Moment
    donor: str
    donor_name: str
    corrects: str
    reason: str
    age: str = ""


def spelling(reference: str) -> str:
    """Return the spelling in which references are compared: as with deposits, letter case and spaces do not tell
    two apart."""
    return "".join(reference.split()).lower()


class OfflineFile(NamedTuple):
    """A parsed file: its valid rows, and the faults of the others."""

    table: Table
    rows: tuple[OfflineRow, ...]
    faults: Mapping[str, Fault]


def read(data: bytes | str, track: Track = iter) -> OfflineFile:
    """Parse a file with the columns of `LAYOUT`. `faults` name every bad row and column: `line 3.amount_yuan`.

    Raises Invalid `import_invalid` for a file that is no table.
    """
    table = read_table(data, (LAYOUT,))
    faults = dict(table.faults)
    spoiled = table.faulty_lines
    rows: list[OfflineRow] = []
    seen: dict[str, int] = {}
    for cells in track(table.rows):
        row_faults: dict[str, Fault] = {}
        row = _row(cells, row_faults)
        first = seen.setdefault(spelling(row.reference), row.line)
        if first != row.line and row.reference:
            row_faults["reference"] = fault("repeated_line", line=first)
        named = {f"line {row.line}.{column}": refused for column, refused in row_faults.items()}
        for place, refused in named.items():
            faults.setdefault(place, refused)
        if not row_faults and row.line not in spoiled:
            rows.append(row)
    if not faults:
        faults |= _total_faults(table, sum(row.amount_minor for row in rows))
    return OfflineFile(table, tuple(rows), faults)


def _total_faults(table: Table, sum_minor: int) -> dict[str, Fault]:
    """Return a fault if the file states another total than the sum of its rows: a row is missing or wrong."""
    stated = table.total.cells.get("amount_yuan", "") if table.total else ""
    if not table.total or not stated:
        return {}
    place = f"line {table.total.line}.amount_yuan"
    try:
        total_minor = read_amount(stated, negative=True)
    except Unreadable as unreadable:
        return {place: unreadable.fault}
    if total_minor == sum_minor:
        return {}
    return {place: fault("sum_differs", total_minor=total_minor, sum_minor=sum_minor)}


_NO_MOMENT = read_moment("2000-01-01")


def _row(row: Row, row_faults: dict[str, Fault]) -> OfflineRow:
    """Parse a row as far as possible. Its faults are put into `row_faults`, by column."""
    cells = {column.name: row.cells.get(column.name, "") for column in LAYOUT.columns}
    amount, paid = 0, _NO_MOMENT
    try:
        amount = read_amount(cells["amount_yuan"], negative=True)
        if amount == 0:
            row_faults["amount_yuan"] = fault("amount_not_positive")
    except Unreadable as unreadable:
        row_faults["amount_yuan"] = unreadable.fault
    try:
        paid = read_moment(cells["paid_at"])
    except Unreadable as unreadable:
        row_faults["paid_at"] = unreadable.fault
    texts = {name: clean_label(cells[name]) for name in ("reference", "project_code", "donor", "corrects")}
    texts |= {name: clean_text(cells[name]) for name in ("donor_name", "reason")}
    for name, text in texts.items():
        refused = text_fault(text, MOST_TEXT) if text or name in ("reference", "project_code") else None
        if refused:
            row_faults[name] = refused
    if amount < 0 and not texts["corrects"]:
        numbered = _CORRECTION.fullmatch(texts["reference"])
        texts["corrects"] = numbered["corrects"] if numbered else ""
        if numbered is None:
            row_faults["amount_yuan"] = fault("correction_of_what")
    elif amount > 0 and texts["corrects"]:
        row_faults["amount_yuan"] = fault("correction_not_negative")
    age = _age(cells["age"], cells["guardian"], row_faults)
    return OfflineRow(line=row.line, amount_minor=amount, paid=paid, age=age, **texts)


def _age(age: str, guardian: str, row_faults: dict[str, Fault]) -> str:
    """Return the AgeBand of a donor under age. As on our pages, their guardian must agree."""
    band = _AGES.get("".join(age.split()).lower())
    if band == "":
        return ""
    if band is None:
        row_faults["age"] = fault("not_one_of", options=list(AgeBand))
    if guardian.strip().lower() not in _AGREES:
        row_faults["guardian"] = fault("guardian_required")
    return band or ""
