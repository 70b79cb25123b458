"""A plain reader of workbooks (ECMA-376): what a spreadsheet program shows of a sheet."""

import io
import re
from typing import Any
from xml.etree import ElementTree
from zipfile import ZipFile

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def sheets(content: bytes) -> list[str]:
    """The paths of all sheets, as the parts of the workbook relate them."""
    with ZipFile(io.BytesIO(content)) as book:
        assert book.testzip() is None
        types = book.read("[Content_Types].xml").decode()
        related = re.findall(r'Target="(worksheets/[^"]+)"', book.read("xl/_rels/workbook.xml.rels").decode())
        named = ElementTree.fromstring(book.read("xl/workbook.xml")).findall(f"{_MAIN}sheets/{_MAIN}sheet")
    assert len(named) == len(related) and all(f"/xl/{path}" in types for path in related)
    return [f"xl/{path}" for path in related]


def read_workbook(content: bytes, sheet: int = 0) -> list[list[Any]]:
    """The rows of a sheet: texts, and numbers as (text of the number, its format)."""
    path = sheets(content)[sheet]
    with ZipFile(io.BytesIO(content)) as book:
        tree, styles = (ElementTree.fromstring(book.read(part)) for part in (path, "xl/styles.xml"))
    formats = [xf.get("numFmtId") for xf in styles.findall(f"{_MAIN}cellXfs/{_MAIN}xf")]
    assert tree.findall(f".//{_MAIN}f") == [], "a formula"
    return [
        [_cell(cell, formats) for cell in row.findall(f"{_MAIN}c")]
        for row in tree.findall(f"{_MAIN}sheetData/{_MAIN}row")
    ]


def _cell(cell: Any, formats: list[Any]) -> Any:
    if cell.get("t") == "inlineStr":
        written = cell.find(f"{_MAIN}is/{_MAIN}t").text or ""
        return re.sub(r"_x([0-9A-Fa-f]{4})_", lambda number: chr(int(number[1], 16)), written)
    value = cell.find(f"{_MAIN}v")
    return None if value is None else (value.text, formats[int(cell.get("s", "0"))])
