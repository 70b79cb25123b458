"""Texts about an imported file: places in it, and the sums of its rows."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.i18n.labels import word
from app.i18n.locale import language
from campaigns.import_plan import Sum
from campaigns.imports.kinds import KINDS, Kind
from kernel.money import yuan

IMPORT_SUMS = {
    "gifts": _l("新的捐赠"),
    "corrections": _l("更正"),
    "known": _l("以前导入过的"),
    "another_app": _l("其他应用的行，不导入"),
    "beside": _l("与以前的账单不同，另存待处理"),
    "dropped": _l("以前的账单有、这份没有，另存待处理"),
    "receipts": _l("新开的票据"),
    "charges": _l("收款"),
    "came_in": _l("新的入账"),
    "bank_pending": _l("银行处理中的付款"),
    "bank_accepted": _l("银行已受理的付款"),
    "bank_rejected": _l("银行拒付的付款"),
    "went_out": _l("新的出账"),
    "refunds": _l("退款"),
    "other": _l("其他"),
    "fees": _l("手续费"),
    "new_projects": _l("新的项目（目标金额）"),
    "added": _l("新的机构"),
    "unchanged": _l("没有变化的机构"),
    "renamed": _l("改名的机构"),
    "placed": _l("有了新位置的机构"),
}


def _titles(kind: Kind) -> dict[str, str]:
    """Return the Chinese header of each column of a kind. Our own formats take precedence over those of
    platforms."""
    titles: dict[str, str] = {}
    for column in (column for layout in kind.layouts for column in layout.columns):
        titles.setdefault(column.name, column.chinese_title)
    return titles


_TITLES = {name: _titles(kind) for name, kind in KINDS.items()}


_MOST_RUNS = 20  # of equal faults, whose line numbers are listed


class NeededColumn(NamedTuple):
    """A column of a file. `title`: its Chinese header; `name`: its English header."""

    title: str
    name: str
    required: bool


def needed_columns(kind: str) -> list[NeededColumn]:
    """Return the columns of our own format for a kind of files."""
    columns = KINDS[kind].layouts[0].columns
    return [NeededColumn(_TITLES[kind][column.name], column.titles[0], column.required) for column in columns]


def place_of(kind: str, lines: Sequence[int | None], column: str, headings: Mapping[str, str]) -> str:
    """Return a column on lines of a file in words: 第 2、4–16 行“主题”. No lines: the file, or the column."""
    numbers = [line for line in lines if line is not None]
    if not numbers:
        return place_text(kind, column, headings)
    return place_text(kind, f"line {_ranges(numbers)}" + (f".{column}" if column else ""), headings)


def _ranges(numbers: Sequence[int]) -> str:
    """Return ascending numbers with runs shortened, and the last ones left out if there are too many."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        elif not runs or number != runs[-1][-1]:
            runs.append([number])
    shown = [f"{run[0]}–{run[-1]}" if len(run) > 1 else f"{run[0]}" for run in runs[:_MOST_RUNS]]
    return _("、").join(shown) + ("…" if len(runs) > _MOST_RUNS else "")


def place_text(kind: str, name: str, headings: Mapping[str, str]) -> str:
    """Return a place in a file in words: `line 3.amount_yuan` is 第 3 行“金额”.

    A column goes by the header that it has in the file (`headings`), so that it is found there; a Chinese page
    shows our own English ones in Chinese.
    """
    titles = _TITLES.get(kind, {}) if language() != "en" else {}
    own = {column: heading for column, heading in headings.items() if heading != column}
    return line_place(name, {**titles, **own})


def line_place(name: str, titles: Mapping[str, str]) -> str:
    """Return a place in a table in words. `titles`: the headers of its columns."""
    line, _dot, column = name.partition(".")
    if not line.startswith("line "):
        return _("文件") if name == "file" else name
    number = line.removeprefix("line ")
    if not column:
        return _("第 %(line)s 行", line=number)
    return _("第 %(line)s 行“%(column)s”", line=number, column=titles.get(column, column))


def sum_line(part: Sum) -> str:
    """Return a sum of a file in words: 新的捐赠：2 行，共 1,050.00 元."""
    title = word(IMPORT_SUMS, part.name)
    rows = f"{part.rows:,}"
    if part.amount_minor is None:
        return _("%(title)s：%(rows)s 行", title=title, rows=rows)
    return _("%(title)s：%(rows)s 行，共 %(amount)s 元", title=title, rows=rows, amount=yuan(part.amount_minor))
