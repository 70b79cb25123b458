"""Workbooks are read as the table that a person sees, and nothing else of them."""

import io
from datetime import UTC, date, datetime
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_LZMA, ZipFile

import pytest

from app.table_cells import Yuan
from app.xlsx_file import write_xlsx
from campaigns.network.tree_file import LAYOUT
from kernel.errors import Invalid
from kernel.tables import read_table
from kernel.workbook import UnreadableWorkbook, read_workbook

HEAD = ["code", "name", "level", "parent_code"]
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def workbook(rows: list[list[object]], head: list[str] = HEAD) -> bytes:
    file = io.BytesIO()
    write_xlsx(file, head, rows, "table")
    return file.getvalue()


def packed(sheet: str, book: str = "", method: int = ZIP_DEFLATED, **parts: str) -> bytes:
    """A workbook as other programs write it: texts are shared."""
    file = io.BytesIO()
    with ZipFile(file, "w", method) as made:
        sheets = f'<sheets><sheet name="a" sheetId="1" r:id="r1" xmlns:r="{_OFFICE}"/></sheets>'
        made.writestr("[Content_Types].xml", "")  # by which a workbook is told from a packed bill
        made.writestr("xl/workbook.xml", f'<workbook xmlns="{_MAIN}">{book}{sheets}</workbook>')
        made.writestr(
            "xl/_rels/workbook.xml.rels", '<R><Relationship Id="r1" Target="/xl/worksheets/one.xml"/></R>'
        )
        made.writestr(
            "xl/worksheets/one.xml", sheet or f'<worksheet xmlns="{_MAIN}"><sheetData></sheetData></worksheet>'
        )
        for name, content in parts.items():
            made.writestr(f"xl/{name}.xml", content)
    return file.getvalue()


def part(name: str, content: str) -> str:
    return f'<{name} xmlns="{_MAIN}">{content}</{name}>'


def sheet(rows: str) -> str:
    return part("worksheet", f"<sheetData>{rows}</sheetData>")


def test_the_network_is_read_from_a_workbook_with_lines_of_the_sheet() -> None:
    rows: list[list[object]] = [["41", "洛阳市", "city", ""], ["", "", "", ""], [4101, "栾川\n县", "county", 41]]
    table = read_table(workbook(rows), [LAYOUT])
    assert table.encoding == "xlsx" and [row.line for row in table.rows] == [2, 4]
    assert [row.cells["name"] for row in table.rows] == ["洛阳市", "栾川 县"]
    assert table.rows[1].cells["code"] == "4101"


def test_numbers_dates_and_sums_are_as_a_person_types_them() -> None:
    cells = [Yuan(66_60), 18_000, date(2026, 9, 9), datetime(2026, 9, 9, 1, 30, tzinfo=UTC), None, "'=1+1"]
    read = read_workbook(workbook([cells], list("abcdef")))
    assert read.splitlines()[1] == "66.6,18000,2026-09-09,2026-09-09 09:30:00,,'=1+1"


def test_shared_texts_formulas_errors_and_long_numbers() -> None:
    rows = (
        '<row r="3"><c r="A3" t="s"><v>1</v></c><c r="C3"><f>1/3</f><v>0.30000000000000004</v></c>'
        '<c r="D3"><v>1.2345678901234568E+17</v></c><c r="E3" t="e"><v>#REF!</v></c>'
        '<c r="F3" t="b"><v>1</v></c></row>'
    )
    shared = (
        f'<sst xmlns="{_MAIN}"><si><t>x</t></si>'
        '<si><r><t>蒿坪</t></r><r><t>村</t></r><rPh sb="0" eb="1"><t>ha</t></rPh></si></sst>'
    )
    read = read_workbook(packed(sheet(rows), sharedStrings=shared))
    assert read.splitlines() == ["", "", "蒿坪村,,0.30000000000000004,1.2345678901234568e+17,#REF!,1"]


@pytest.mark.parametrize(
    "data",
    [
        b"PK\x03\x04" + b"\x00" * 99,
        packed(f'<!DOCTYPE a [<!ENTITY b "c">]><worksheet xmlns="{_MAIN}"/>'),
        packed(sheet('<row r="999999"><c><v>1</v></c></row>')),
        packed(sheet('<row r="1"><c r="XFD1"><v>1</v></c></row>')),
        packed(sheet('<row r="1"><c r="B1"><v>1</v></c><c r="A1"><v>2</v></c></row>')),
        packed(sheet('<row r="2"><c><v>1</v></c></row><row r="1"><c><v>1</v></c></row>')),
        packed(sheet('<row r="1"><c><v>abc</v></c></row>')),
        packed(sheet("<row>")),
        packed(sheet(" " * (6 << 20))),
        packed(sheet('<row r="1"><c><v>1</v></c></row>'), method=ZIP_LZMA),
        packed(sheet('<row r="1"><c><v>1</v></c></row>'), method=ZIP_BZIP2),
    ],
)
def test_a_file_that_is_not_a_table_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableWorkbook):
        read_workbook(data)
    with pytest.raises(Invalid) as refused:
        read_table(data, [LAYOUT])
    assert refused.value.fields["file"].code == "workbook"


def test_dates_from_1904_and_a_book_without_styles() -> None:
    styles = f'<styleSheet xmlns="{_MAIN}"><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>'
    rows = '<row><c s="1"><v>1</v></c><c s="0"><v>1</v></c></row>'
    book = '<workbookPr date1904="1"/>'
    assert read_workbook(packed(sheet(rows), book, styles=styles)).strip() == "1904-01-02,1"
    assert read_workbook(packed(sheet(rows))).strip() == "1,1"


def test_a_style_that_is_not_there_formats_nothing() -> None:
    styles = part("styleSheet", '<cellXfs><xf numFmtId="14"/></cellXfs>')
    rows = '<row r="1"><c s="-9"><v>1</v></c><c s="9"><v>2</v></c></row>'
    assert read_workbook(packed(sheet(rows), styles=styles)).strip() == "1,2"


def test_a_workbook_damaged_at_any_place_is_read_or_refused() -> None:
    whole = workbook([["41", "洛阳市", "city", ""]])
    refused = 0
    for place in range(0, len(whole), 3):
        damaged = whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :]
        for data in (damaged, whole[:place]):
            try:
                read_workbook(data)
            except UnreadableWorkbook:
                refused += 1
    assert refused > len(whole) // 4
