"""The only writer of workbooks (XLSX) that leave the system.

Rows go straight into the file, so that memory use stays flat for any number of them. Amounts are numbers of yuan
with two decimals, times are Beijing time, and no text is a formula. The parts of a workbook are those of ECMA-376
(Office Open XML), part 1; the fixed ones are in `app/xlsx_parts.py`.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from html import escape
from itertools import chain, islice
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZipFile

from app.table_cells import Yuan, runs_as_formula
from app.xlsx_parts import Style, fixed_parts, sheet_begin, sheet_end, sheet_path
from kernel.clock import SHANGHAI

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_ROWS = 1_048_576  # per sheet, including its header
_MOST_BYTES = 2_000_000_000  # per sheet; a larger one needs ZIP64, which some programs cannot read
_MOST_TEXT = 32_767  # characters per cell
_WIDE = 42  # the widest column, in digits
_SEEN = 200  # rows from which the column widths are chosen
_BLOCK = 500  # rows written at once
_COMPRESSION = 3
_DAY_ZERO = date(1899, 12, 30)
# Characters that XML cannot hold, and text that a workbook would read as an escaped character.
_UNWRITABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_NUMBERED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")


def write_xlsx(
    file: IO[bytes],
    header: Sequence[str],
    rows: Iterable[Sequence[Any]],
    name: str,
    *,
    most_rows: int = MOST_ROWS,
) -> None:
    """Write a table of any length as a workbook. Rows beyond the limit of a sheet continue in the next, under the
    same header. `name` is that of the sheet, of letters, digits and hyphens. Raises what `rows` raises."""
    rest = iter(rows)
    first = list(islice(rest, _SEEN))
    widths = [_width(column) for column in zip(header, *first, strict=True)]
    left = _Rows(chain(first, rest))
    with ZipFile(file, "w", ZIP_DEFLATED, compresslevel=_COMPRESSION) as book:
        sheets = 0
        while not sheets or not left.ended:
            sheets += 1
            _write_sheet(book, sheets, header, left, widths, most_rows)
        for path, content in fixed_parts(sheets, name):
            book.writestr(path, content)


class _Rows:
    """The remaining rows, which successive sheets take in blocks of XML."""

    def __init__(self, rows: Iterator[Sequence[Any]]) -> None:
        self._rows = rows
        self._next = next(rows, None)

    @property
    def ended(self) -> bool:
        return self._next is None

    def take(self, most: int) -> tuple[int, bytes]:
        """Take up to `most` rows; return their number and their XML."""
        lines: list[str] = []
        while self._next is not None and len(lines) < most:
            lines.append(_row(self._next))
            self._next = next(self._rows, None)
        return len(lines), "".join(lines).encode()


def _write_sheet(
    book: ZipFile, number: int, header: Sequence[str], rows: _Rows, widths: Sequence[int], most_rows: int
) -> None:
    size, count = 0, 1
    with book.open(sheet_path(number), "w") as sheet:
        sheet.write(sheet_begin(widths).encode())
        sheet.write(_head(header).encode())
        while not rows.ended and count < most_rows and size < _MOST_BYTES:
            taken, content = rows.take(min(_BLOCK, most_rows - count))
            sheet.write(content)
            count, size = count + taken, size + len(content)
        sheet.write(sheet_end(len(header), count).encode())


def _head(header: Sequence[str]) -> str:
    return f"<row>{''.join(_text(str(title), Style.HEAD) for title in header)}</row>"


def _row(values: Sequence[Any]) -> str:
    return f"<row>{''.join([_CELLS.get(type(value), _other)(value) for value in values])}</row>"


def _text(text: str, style: Style = Style.PLAIN) -> str:
    if _UNWRITABLE.search(text):
        text = _UNWRITABLE.sub("\ufffd", text)
    if len(text) > _MOST_TEXT:
        text = text[:_MOST_TEXT]
    if style is Style.PLAIN and runs_as_formula(text):
        style = Style.QUOTED
    if "_x" in text:
        text = _NUMBERED.sub("_x005F_", text)
    space = ' xml:space="preserve"' if text != text.strip() else ""
    return f'<c s="{style:d}" t="inlineStr"><is><t{space}>{escape(text, quote=False)}</t></is></c>'


def _other(value: Any) -> str:
    return _text(str(value))


def _moment(moment: datetime) -> str:
    local = moment.astimezone(SHANGHAI)
    second = local.hour * 3600 + local.minute * 60 + local.second
    return f'<c s="{Style.MOMENT:d}"><v>{(local.date() - _DAY_ZERO).days + second / 86_400:.8f}</v></c>'


_CELLS: dict[type, Callable[[Any], str]] = {
    str: _text,
    type(None): lambda _none: "<c/>",
    int: lambda number: f"<c><v>{number}</v></c>",
    Yuan: lambda amount: f'<c s="{Style.YUAN:d}"><v>{amount}</v></c>',
    datetime: _moment,
    date: lambda day: f'<c s="{Style.DAY:d}"><v>{(day - _DAY_ZERO).days}</v></c>',
}


def _width(column: Iterable[Any]) -> int:
    """Return the width in digits that a column needs for its cells."""
    return min(max(_length(value) for value in column) + 2, _WIDE)


def _length(value: Any) -> int:
    if isinstance(value, datetime):
        return len("2026-09-09 12:00")
    text = "" if value is None else str(value)[:_WIDE]
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
