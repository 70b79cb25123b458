"""What is said of an imported file: the places in it, and the sums of its rows."""

from flask_babel import gettext as _

from app.i18n.labels import IMPORT_SUMS, word
from app.i18n.locale import language
from campaigns.import_plan import Sum
from campaigns.imports.kinds import KINDS
from kernel.money import yuan
from kernel.tables import Layout

# The Chinese header of each column; our own formats go before those of platforms.
_TITLES: dict[str, str] = {}
for _kind in KINDS.values():
    for _column in (column for layout in _kind.layouts for column in layout.columns):
        _TITLES.setdefault(_column.name, next((title for title in _column.titles if not title.isascii()), ""))


def _columns(layout: Layout) -> str:
    """The headers of a layout: both names of each column, with a mark for those that may be missing."""
    titles = ((_TITLES[column.name], column) for column in layout.columns)
    return "  ".join(f"{title} {column.name}{'' if column.required else ' *'}".strip() for title, column in titles)


# What a file of each kind needs, in words: one line per layout.
COLUMNS = {
    name: [_columns(layout) for layout in kind.layouts if layout.name not in ("alipay", "wechat")]
    for name, kind in KINDS.items()
}


def place_of(line: int | None, column: str) -> str:
    """Return a place in a file as people name it, by line and column."""
    if line is None:
        return place_text(column)
    return place_text(f"line {line}.{column}" if column else f"line {line}")


def place_text(name: str) -> str:
    """Return a place in a file as people name it: `line 3.amount_yuan` is 第 3 行“金额”."""
    line, _dot, column = name.partition(".")
    if not line.startswith("line "):
        return _("文件") if name == "file" else name
    number = line.removeprefix("line ")
    if not column:
        return _("第 %(line)s 行", line=number)
    title = column if language() == "en" else _TITLES.get(column) or column
    return _("第 %(line)s 行“%(column)s”", line=number, column=title)


def sum_line(part: Sum) -> str:
    """Return a sum of a file in words: 新的捐赠：2 行，共 1,050.00 元."""
    title = word(IMPORT_SUMS, part.name)
    if part.amount_minor is None:
        return _("%(title)s：%(rows)s 行", title=title, rows=part.rows)
    return _(
        "%(title)s：%(rows)s 行，共 %(amount)s 元", title=title, rows=part.rows, amount=yuan(part.amount_minor)
    )
