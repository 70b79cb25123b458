"""PURE. Workbooks (XLSX of Excel and WPS) read as a table of texts: the first sheet that is shown, cells as a
person would type them. Nothing of a formula but its stored result is read, and no document type is allowed.

What a cell is follows ECMA-376 (Office Open XML), part 1: 18.3 (sheets), 18.4 (shared strings), 18.8 (styles).
"""

import csv
import io
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple
from xml.parsers.expat import ExpatError
from zipfile import ZipFile

from kernel.workbook_parts import Elements, Rows, Texts, TooMuch, read_part
from kernel.zip_files import UNREADABLE, MemberTooLarge, read_member

MOST_ROWS = 200_000  # our defaults: above any file of 8 MiB that somebody made
MOST_TEXT = 48 << 20  # characters of a table: one text may be shared by a million cells
MOST_PARTS = 2_000
_MOST_RATIO, _ROOM, _MOST_BYTES = 30, 4 << 20, 64 << 20  # bytes of an unpacked part
_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships id"
_MEMBER = b"PK\x01\x02"  # before each name in the list of parts
_DATES = frozenset({14, 15, 16, 17, 22, 27, 28, 29, 30, 31, 34, 35, 36, 50, 51, 52, 53, 54, 55, 56, 57, 58})
_QUOTED = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]')  # of a format: text, and colours


class UnreadableWorkbook(Exception):
    """The file is not a workbook that can be read as a table."""


class _Book(NamedTuple):
    """What the cells of a sheet refer to: texts, which styles are dates, and the day that dates count from."""

    texts: list[str]
    dates: list[bool]
    day_zero: datetime


def is_workbook(data: bytes) -> bool:
    """Return whether a file is packed like a workbook."""
    return data.startswith(b"PK\x03\x04")


def read_workbook(data: bytes) -> str:
    """Return the first visible sheet as CSV, a line for each row of the sheet. Raises UnreadableWorkbook.

    No tree of elements is built: a file of 2 MB may hold millions of them.
    """
    if data.count(_MEMBER) > MOST_PARTS:  # before a list of thousands is read
        raise UnreadableWorkbook
    try:
        with ZipFile(io.BytesIO(data)) as file:
            most = min(_MOST_BYTES, _ROOM + _MOST_RATIO * len(data))
            path, since_1904 = _first_sheet(file, most)
            zero = datetime(1904, 1, 1) if since_1904 else datetime(1899, 12, 30)  # noqa: DTZ001 (no zone in cells)
            book = _Book(_texts(file, most), _dates(file, most), zero)
            return _as_csv(read_member(file, path, most), book)
    except (*UNREADABLE, MemberTooLarge, KeyError, OverflowError, ExpatError, TooMuch) as error:
        raise UnreadableWorkbook from error


def _elements(file: ZipFile, path: str, most: int, *names: str) -> Mapping[str, list[dict[str, str]]]:
    elements = Elements(*names)
    read_part(read_member(file, path, most), elements)
    return elements.of


def _first_sheet(file: ZipFile, most: int) -> tuple[str, bool]:
    """Return the path of the first visible sheet, and whether dates count from 1904."""
    book = _elements(file, "xl/workbook.xml", most, "sheet", "workbookPr")
    shown = [sheet for sheet in book["sheet"] if sheet.get("state", "visible") == "visible"]
    if not shown:
        raise UnreadableWorkbook
    relations = _elements(file, "xl/_rels/workbook.xml.rels", most, "Relationship")["Relationship"]
    target = {line.get("Id"): line.get("Target", "") for line in relations}[shown[0].get(_RELATION)]
    since_1904 = any(line.get("date1904") in ("1", "true") for line in book["workbookPr"][:1])
    return (target.lstrip("/") if target.startswith("/") else f"xl/{target}"), since_1904


def _texts(file: ZipFile, most: int) -> list[str]:
    if "xl/sharedStrings.xml" not in file.namelist():
        return []
    texts = Texts()
    read_part(read_member(file, "xl/sharedStrings.xml", most), texts)
    return texts.texts


def _dates(file: ZipFile, most: int) -> list[bool]:
    """Return whether each style formats numbers as dates."""
    if "xl/styles.xml" not in file.namelist():
        return []
    styles = _elements(file, "xl/styles.xml", most, "numFmt", "cellXfs/xf")
    own = {line.get("numFmtId"): line.get("formatCode", "") for line in styles["numFmt"]}
    return [_is_date(style.get("numFmtId", "0"), own) for style in styles["cellXfs/xf"]]


def _is_date(number: str, own: Mapping[str | None, str]) -> bool:
    if number in own:
        return bool(re.search(r"[ymdhs]", _QUOTED.sub("", own[number]), re.IGNORECASE))
    return int(number) in _DATES


def _as_csv(sheet: bytes, book: _Book) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    written = characters = 0

    def row(number: int, cells: list[str]) -> None:
        nonlocal written
        if not written < number <= MOST_ROWS:
            raise TooMuch
        writer.writerows([] for _ in range(number - written - 1))
        writer.writerow(cells)
        written = number

    def shown(kind: str, style: int, value: str) -> str:
        nonlocal characters
        cell = _cell(kind, style, value, book)
        characters += len(cell)
        if characters > MOST_TEXT:
            raise TooMuch
        return cell.replace("\r", " ").replace("\n", " ")

    read_part(sheet, Rows(shown, row))
    return text.getvalue()


def _cell(kind: str, style: int, value: str, book: _Book) -> str:
    if kind == "s":
        place = int(value or 0)
        return book.texts[place] if 0 <= place < len(book.texts) else ""
    if kind != "n" or not value:
        return value
    if 0 <= style < len(book.dates) and book.dates[style]:
        return _moment(float(value), book.day_zero)
    return _number(value)


def _number(value: str) -> str:
    """Format a number as a person would type it: the shortest form with the same value. Long numbers stay as
    stored, so that rounding can be seen."""
    if re.fullmatch(r"-?[0-9]{1,15}", value):
        return value
    shortest = repr(float(value))
    return shortest.removesuffix(".0")


def _moment(days: float, zero: datetime) -> str:
    moment = zero + timedelta(seconds=round(days * 86_400))
    return moment.date().isoformat() if moment.time() == moment.min.time() else moment.isoformat(" ")
