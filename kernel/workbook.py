"""PURE. Workbooks (XLSX of Excel and WPS) read as a table of texts: the first sheet that is shown, cells as a
person would type them. Nothing of a formula but its stored result is read, and no document type is allowed.

What a cell is follows ECMA-376 (Office Open XML), part 1: 18.3 (sheets), 18.4 (shared strings), 18.8 (styles).
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple
from zipfile import BadZipFile, ZipFile

from lxml import etree

MOST_ROWS = 200_000  # our defaults: above any file of 8 MiB that somebody made
MOST_COLUMNS = 200
_MOST_RATIO, _ROOM, _MOST_BYTES = 30, 4 << 20, 64 << 20  # bytes of an unpacked part
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_SAFE = {"resolve_entities": False, "no_network": True}
_DATES = frozenset({14, 15, 16, 17, 22, 27, 28, 29, 30, 31, 34, 35, 36, 50, 51, 52, 53, 54, 55, 56, 57, 58})
_QUOTED = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]')  # of a format: text, and colours
_PLACE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")


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
    """Return the first visible sheet as CSV, a line for each row of the sheet. Raises UnreadableWorkbook."""
    try:
        with ZipFile(io.BytesIO(data)) as file:
            most = min(_MOST_BYTES, _ROOM + _MOST_RATIO * len(data))
            path, since_1904 = _first_sheet(file, most)
            zero = datetime(1904, 1, 1) if since_1904 else datetime(1899, 12, 30)  # noqa: DTZ001 (no zone in cells)
            book = _Book(_texts(file, most), _dates(file, most), zero)
            return _as_csv(_part(file, path, most), book)
    except (BadZipFile, KeyError, ValueError, OverflowError, etree.XMLSyntaxError) as error:
        raise UnreadableWorkbook from error
    except RuntimeError as error:  # a password, or a compression that zipfile does not know
        raise UnreadableWorkbook from error


def _part(file: ZipFile, path: str, most: int) -> bytes:
    with file.open(path) as part:
        content = part.read(most + 1)
    if len(content) > most or b"\x00" in content[:200] or b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise UnreadableWorkbook
    return content


def _tree(file: ZipFile, path: str, most: int) -> etree._Element:
    return etree.fromstring(_part(file, path, most), etree.XMLParser(**_SAFE))


def _first_sheet(file: ZipFile, most: int) -> tuple[str, bool]:
    """Return the path of the first visible sheet, and whether dates count from 1904."""
    book = _tree(file, "xl/workbook.xml", most)
    shown = [sheet for sheet in book.iter(f"{_MAIN}sheet") if sheet.get("state", "visible") == "visible"]
    if not shown:
        raise UnreadableWorkbook
    targets = {line.get("Id"): line.get("Target", "") for line in _tree(file, "xl/_rels/workbook.xml.rels", most)}
    target = targets[shown[0].get(_RELATION)]
    properties = book.find(f"{_MAIN}workbookPr")
    since_1904 = properties is not None and properties.get("date1904") in ("1", "true")
    return (target.lstrip("/") if target.startswith("/") else f"xl/{target}"), since_1904


def _texts(file: ZipFile, most: int) -> list[str]:
    if "xl/sharedStrings.xml" not in file.namelist():
        return []
    return [_text_of(item) for item in _tree(file, "xl/sharedStrings.xml", most).iter(f"{_MAIN}si")]


def _text_of(item: etree._Element) -> str:
    """Return a text without the phonetic guides that East Asian programs store with it."""
    plain = [part for part in item if part.tag != f"{_MAIN}rPh"]
    return "".join(text.text or "" for part in plain for text in part.iter(f"{_MAIN}t"))


def _dates(file: ZipFile, most: int) -> list[bool]:
    """Return whether each style formats numbers as dates."""
    if "xl/styles.xml" not in file.namelist():
        return []
    styles = _tree(file, "xl/styles.xml", most)
    own = {line.get("numFmtId"): line.get("formatCode", "") for line in styles.iter(f"{_MAIN}numFmt")}
    formats = styles.find(f"{_MAIN}cellXfs")
    return [_is_date(style.get("numFmtId", "0"), own) for style in (formats if formats is not None else ())]


def _is_date(number: str, own: Mapping[str | None, str]) -> bool:
    if number in own:
        return bool(re.search(r"[ymdhs]", _QUOTED.sub("", own[number]), re.IGNORECASE))
    return int(number) in _DATES


def _as_csv(sheet: bytes, book: _Book) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    written = 0
    for number, cells in _rows(sheet, book):
        if not written < number <= MOST_ROWS:
            raise UnreadableWorkbook
        writer.writerows([] for _ in range(number - written - 1))
        writer.writerow(cells)
        written = number
    return text.getvalue()


def _rows(sheet: bytes, book: _Book) -> Iterator[tuple[int, list[str]]]:
    """Yield the number of each row and its cells up to the last."""
    last = 0
    for _event, row in etree.iterparse(io.BytesIO(sheet), tag=f"{_MAIN}row", **_SAFE):
        last = int(row.get("r") or last + 1)
        cells: list[str] = []
        for cell in row.iter(f"{_MAIN}c"):
            place = _column(cell.get("r", ""), len(cells))
            if not len(cells) <= place < MOST_COLUMNS:
                raise UnreadableWorkbook
            cells += [""] * (place - len(cells))
            cells.append(_cell(cell, book).replace("\r", " ").replace("\n", " "))
        yield last, cells
        row.clear()


def _column(reference: str, following: int) -> int:
    match = _PLACE.fullmatch(reference)
    if match is None:
        return following
    number = 0
    for letter in match[1]:
        number = number * 26 + ord(letter) - 64
    return number - 1


def _cell(cell: etree._Element, book: _Book) -> str:
    kind, style = cell.get("t", "n"), int(cell.get("s", "0"))
    if kind == "inlineStr":
        return "".join(_text_of(item) for item in cell.iter(f"{_MAIN}is"))
    value = str(cell.findtext(f"{_MAIN}v", ""))
    if kind == "s":
        return book.texts[int(value)] if int(value) < len(book.texts) else ""
    if kind != "n" or not value:
        return value
    if style < len(book.dates) and book.dates[style]:
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
