"""PURE. Tables as people and platforms write them: CSV files and workbooks, in any encoding and with anything
around them, read into rows by the columns of a known layout.

Values are never guessed. What a spreadsheet has hidden in a cell (tabs, backticks, zero-width characters) is
stripped. What it has ruined (a long number in scientific notation) is a fault.
"""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from typing import Any

from kernel.decode import decode
from kernel.errors import Fault, Invalid, fault

MAX_PREAMBLE = 40  # lines before the header, as platforms put them
MAX_CELL = 2_000  # characters, as many as the longest text that a form takes
MOST_UNREAD = 30  # titles that are listed
# Our defaults: above any file of 8 MiB that somebody made, and any packed bill of 64 MiB with lines of 220 bytes.
MOST_LINES = 300_000
MOST_CELLS = 8_000_000
_HEAD = 1 << 20  # characters in which the separator is looked for
_ENDLESS = re.compile(r"(?:\A|[\r\n])[^\r\n]{1048576}")
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")
# The first cell of a line of totals. A reference such as `SUMMER-1` is not one: a skipped line is money that is not
# booked.
_TOTAL = re.compile(
    r"(?:(?:本页|本日|当日|全部)?(?:合计|总计|小计|共计|汇总)|(?:grand|sub)?totals?|sum)"
    r"(?:[:(].*|\d+[笔条行]|金额|amount)?"
)
_PART_TOTAL = re.compile(r"本页|小计|subtotal")  # the beginning of a total of only some of the rows
_HIDDEN = dict.fromkeys((0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0x00AD, 0x200E, 0x200F))
_PLACE = re.compile(r"line (\d+)", re.ASCII)
_SCIENTIFIC = re.compile(r"[+-]?\d(?:[.,]\d+)?[eE][+-]?\d{1,3}", re.ASCII)
_ERRORS = re.compile(r"#(?:REF|VALUE|NAME\?|N/A|DIV/0|NUM|NULL)!?|#+", re.ASCII)

# Passes rows on, one by one, and shows how far the work is.
Track = Callable[[Sequence[Any]], Iterable[Any]]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a layout. `titles` are the headers that it goes by, compared without spaces and case.

    `exact` is for ids and times: a cell that a spreadsheet turned into a rounded number is a fault.
    """

    name: str
    titles: tuple[str, ...]
    required: bool = True
    exact: bool = False

    @property
    def chinese_title(self) -> str:
        """The first header in Chinese; the column's name if it has none."""
        return next((title for title in self.titles if not title.isascii()), self.name)


@dataclass(frozen=True, slots=True)
class Layout:
    """A file format: its columns, and the first cells of lines that are no rows (footers, totals). `ours`: people
    fill it in for us alone, so a column that is not read may be a mistake."""

    name: str
    columns: tuple[Column, ...]
    not_rows: tuple[str, ...] = ()
    ours: bool = False

    def find(self, header: Sequence[str]) -> dict[str, int] | None:
        """Return where each column of this layout stands in a header, or None when a required one is missing."""
        places = {_plain(title): index for index, title in reversed(list(enumerate(header)))}
        indexes: dict[str, int] = {}
        for column in self.columns:
            place = next((places[_plain(title)] for title in column.titles if _plain(title) in places), None)
            if place is not None:
                indexes[column.name] = place
            elif column.required:
                return None
        return indexes


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: the number of its line in the file, and its cells by column name."""

    line: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """What was understood of a file. `faults` are by `line N` or `line N.column`."""

    layout: Layout
    encoding: str
    rows: tuple[Row, ...]
    faults: Mapping[str, Fault] = field(default_factory=dict)
    skipped: int = 0  # blank lines, totals and footers
    refused: tuple[Row, ...] = ()  # rows with another number of cells than the header; each has a fault
    preamble: tuple[tuple[str, ...], ...] = ()  # the cells of the lines before the header
    footer: tuple[tuple[int, tuple[str, ...]], ...] = ()  # number and cells of each line from `not_rows` on
    total: Row | None = None  # the line below the last row that states the totals of all rows
    unread: tuple[str, ...] = ()  # titles of columns that are not read and may be a mistake
    headings: Mapping[str, str] = field(default_factory=dict)  # the file's own header of each column

    @property
    def faulty_lines(self) -> frozenset[int]:
        """The numbers of the lines that have a fault."""
        return frozenset(line for line in map(line_of, self.faults) if line is not None)


def line_of(place: str) -> int | None:
    """Return the number of the line of a place (`line 3.credit`); None for a place that is in no line."""
    match = _PLACE.match(place)
    return int(match[1]) if match else None


def read_table(data: bytes | str, layouts: Sequence[Layout]) -> Table:
    """Read a file (or its text, where it was decoded before) by the first layout whose required columns a header
    has. A missing column is named for the layout of which the file has most.

    Raises Invalid `import_invalid` when the file cannot be decoded, has no rows, or fits no layout.
    """
    text, encoding = decode(data) if isinstance(data, bytes) else (data.removeprefix("\ufeff"), "text")
    if not text.strip():
        raise Invalid("import_invalid", fields={"file": fault("no_rows")})
    lines = _lines(text)
    head = list(islice(lines, MAX_PREAMBLE))
    header_at, layout, places = _header(head, layouts)
    cells = head[header_at][1]
    table = _read_rows(chain(head[header_at + 1 :], lines), layout, places, len(cells), encoding)
    table = replace(
        table,
        preamble=tuple(tuple(line) for _, line in head[:header_at]),
        unread=_unread(cells, layout, places),
        headings={name: cells[place] for name, place in places.items()},
    )
    if not table.rows and not table.faults:
        raise Invalid("import_invalid", fields={f"line {head[header_at][0]}": fault("no_rows")})
    return table


def clean_cell(text: str) -> str:
    """Return a cell without what spreadsheets and platforms hide in it: spaces and tabs around it, a backtick or
    apostrophe before it, characters of no width, and the wrapping ="..." that keeps a number from being rounded."""
    plain = text.translate(_HIDDEN).replace("\u00a0", " ").replace("\u3000", " ").strip()
    if plain.startswith('="') and plain.endswith('"'):
        plain = plain[2:-1]
    return plain.lstrip("`'").strip()


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the cells of every line, with the number of the line on which they begin. Raises Invalid
    `import_invalid` for quotes or lines that never end, and for more than `MOST_LINES` or `MOST_CELLS`."""
    delimiter = _delimiter(text)
    if max(text.count("\n"), text.count("\r")) > MOST_LINES:
        raise Invalid("import_invalid", fields={"file": fault("too_many_rows", most=MOST_LINES)})
    if text.count(delimiter) > MOST_CELLS:
        raise Invalid("import_invalid", fields={"file": fault("too_many_values", most=MOST_CELLS)})
    if (endless := _ENDLESS.search(text)) is not None:
        number = len(text[: endless.start() + 1].splitlines()) + bool(endless.start())
        raise Invalid("import_invalid", fields={f"line {number}": fault("unreadable")})
    reader = csv.reader((line[0] for line in _LINE.finditer(text)), delimiter=delimiter, strict=True)
    begins = 1
    try:
        for cells in reader:
            yield begins, [clean_cell(cell) for cell in cells]
            begins = reader.line_num + 1
    except csv.Error as error:
        raise Invalid("import_invalid", fields={f"line {begins}": fault("unreadable")}) from error


def _delimiter(text: str) -> str:
    """The separator that most of the first lines use most often: comma, semicolon or tab."""
    head = list(islice((line for line in text[:_HEAD].splitlines() if line.strip()), MAX_PREAMBLE))
    counts = {
        mark: sorted((line.count(mark) for line in head), reverse=True)[: len(head) // 2 + 1] for mark in ",;\t"
    }
    return max(counts, key=lambda mark: sum(counts[mark]))


def _header(
    lines: Sequence[tuple[int, list[str]]], layouts: Sequence[Layout]
) -> tuple[int, Layout, Mapping[str, int]]:
    for index, (_, cells) in enumerate(lines):
        for layout in layouts:
            places = layout.find(cells)
            if places is not None:
                return index, layout, places
    first = next((line for line, cells in lines if any(cells)), 1)
    candidates = [(layout, line, cells) for layout in layouts for line, cells in lines]
    nearest, place, best = max(
        candidates, key=lambda each: _fits(each[0], each[2]), default=(layouts[0], first, [])
    )
    titles = {_plain(title) for title in best}
    missing = [
        " ".join(dict.fromkeys((column.chinese_title, column.titles[0])))
        for column in nearest.columns
        if column.required and not titles.intersection(map(_plain, column.titles))
    ]
    place = place if _fits(nearest, best) else first  # the header that was meant stands below remarks
    raise Invalid("import_invalid", fields={f"line {place}": fault("missing_columns", columns=missing)})


def _unread(header: Sequence[str], layout: Layout, places: Mapping[str, int]) -> tuple[str, ...]:
    """Return the titles of columns that are not read: of a format of ours all, such as a misspelt one; of a format
    of others those that repeat the title of a column that is read."""
    read = set(places.values())
    titles = {_plain(header[place]) for place in read}
    unread = [title for place, title in enumerate(header) if title and place not in read]
    return tuple(title for title in unread if layout.ours or _plain(title) in titles)[:MOST_UNREAD]


def _fits(layout: Layout, cells: Sequence[str]) -> int:
    titles = {_plain(title) for column in layout.columns for title in column.titles}
    return sum(_plain(cell) in titles for cell in cells)


def _read_rows(
    lines: Iterable[tuple[int, list[str]]], layout: Layout, places: Mapping[str, int], width: int, encoding: str
) -> Table:
    rows: list[Row] = []
    refused: list[Row] = []
    faults: dict[str, Fault] = {}
    skipped = 0
    footer: list[tuple[int, tuple[str, ...]]] = []
    total = None
    needed = max((places[column.name] for column in layout.columns if column.required), default=-1) + 1
    rest = iter(lines)
    for line, cells in rest:
        if _starts_footer(cells, layout):
            footer = [(line, tuple(cells)), *((number, tuple(below)) for number, below in rest)]
            break
        named = {name: cells[place] if place < len(cells) else "" for name, place in places.items()}
        row = Row(line, named)
        if _is_no_row(cells, layout):
            skipped += 1
            total = row if _is_total(cells) else total
            continue
        total = None
        if len(cells) < needed or any(cells[width:]):
            faults[f"line {line}"] = fault("wrong_column_count", count=len(cells), expected=width)
            refused.append(row)
            continue
        faults |= {f"line {line}.{name}": refused for name, refused in _cell_faults(layout, named)}
        rows.append(row)
    skipped += bool(footer)
    return Table(layout, encoding, tuple(rows), faults, skipped, tuple(refused), footer=tuple(footer), total=total)


def _is_no_row(cells: Sequence[str], layout: Layout) -> bool:
    """Whether a line is no row: blank, a remark, or a total."""
    filled = [cell for cell in cells if cell]
    is_remark = len(filled) == 1 and filled[0].startswith("#") and len(layout.columns) > 1
    return is_remark or not filled or _TOTAL.fullmatch(_plain(filled[0])) is not None


def _is_total(cells: Sequence[str]) -> bool:
    """Whether a line that is no row states the totals of all rows."""
    first = _plain(next((cell for cell in cells if cell), ""))
    return _TOTAL.fullmatch(first) is not None and _PART_TOTAL.match(first) is None


def _starts_footer(cells: Sequence[str], layout: Layout) -> bool:
    first = next((cell for cell in cells if cell), "")
    return bool(first) and any(_plain(first).startswith(_plain(mark)) for mark in layout.not_rows)


def _cell_faults(layout: Layout, cells: Mapping[str, str]) -> Iterable[tuple[str, Fault]]:
    for column in layout.columns:
        text = cells.get(column.name, "")
        if len(text) > MAX_CELL:
            yield column.name, fault("too_long", most=MAX_CELL)
        elif column.exact and _SCIENTIFIC.fullmatch(text):
            yield column.name, fault("spreadsheet_number", value=text)
        elif _ERRORS.fullmatch(text):
            yield column.name, fault("spreadsheet_error", value=text)


def _plain(title: str) -> str:
    """A header or first cell as it is compared: no spaces, lower case, full-width brackets as ASCII ones."""
    return re.sub(r"\s", "", title).lower().replace("（", "(").replace("）", ")").replace("：", ":")
