"""The fixed parts of a workbook, which every file of this format must contain (ECMA-376, part 1)."""

from collections.abc import Iterator, Sequence
from enum import IntEnum

_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_MOST_NAME = 31  # characters of a sheet's name


class Style(IntEnum):
    """The formats of cells, in the order of `cellXfs` below."""

    PLAIN = 0
    HEAD = 1
    YUAN = 2
    MOMENT = 3
    DAY = 4
    QUOTED = 5  # text that stays text when the cell is edited


_STYLES = (
    f'<styleSheet xmlns="{_MAIN}">'
    '<numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd\\ hh:mm"/>'
    '<numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="6"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>'
    '<xf numFmtId="4" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" quotePrefix="1"/>'
    '</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)


def sheet_path(number: int) -> str:
    """Return the path of a sheet in the file."""
    return f"xl/worksheets/sheet{number}.xml"


def sheet_begin(widths: Sequence[int]) -> str:
    """Return the XML before the rows of a sheet, with a frozen first row and the column widths."""
    columns = "".join(
        f'<col min="{number}" max="{number}" width="{width}" customWidth="1"/>'
        for number, width in enumerate(widths, 1)
    )
    view = (
        '<sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
    )
    return (
        f'{_XML}<worksheet xmlns="{_MAIN}"><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>'
        f"<sheetViews>{view}</sheetView></sheetViews>"
        f"<cols>{columns}</cols><sheetData>"
    )


def sheet_end(columns: int, rows: int) -> str:
    """Return the XML after the rows of a sheet, with filters in its header, and how it is printed: on A4 in
    landscape, all columns on one page, under the name of the sheet, with page numbers."""
    return (
        f'</sheetData><autoFilter ref="A1:{_letters(columns)}{rows}"/>'
        '<pageMargins left="0.5" right="0.5" top="0.6" bottom="0.6" header="0.3" footer="0.3"/>'
        '<pageSetup paperSize="9" orientation="landscape" fitToWidth="1" fitToHeight="0"/>'
        "<headerFooter><oddHeader>&amp;C&amp;A</oddHeader><oddFooter>&amp;C&amp;P / &amp;N</oddFooter>"
        "</headerFooter></worksheet>"
    )


def fixed_parts(sheets: int, name: str) -> Iterator[tuple[str, str]]:
    """Yield the path and content of all parts of a workbook except its sheets. `name`: of the first sheet; letters,
    digits and hyphens. Further ones have it with a number behind."""
    numbers = range(1, sheets + 1)
    names = [name[:_MOST_NAME] if n == 1 else f"{name[: _MOST_NAME - 4]} {n}" for n in numbers]
    yield "[Content_Types].xml", _content_types(numbers)
    yield "_rels/.rels", _relations([(1, f"{_OFFICE}/officeDocument", "xl/workbook.xml")])
    named = "".join(f'<sheet name="{names[n - 1]}" sheetId="{n}" r:id="rId{n}"/>' for n in numbers)
    repeated = "".join(
        f"""<definedName name="_xlnm.Print_Titles" localSheetId="{n - 1}">'{names[n - 1]}'!$1:$1</definedName>"""
        for n in numbers
    )
    yield (
        "xl/workbook.xml",
        f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{named}</sheets>'
        f"<definedNames>{repeated}</definedNames></workbook>",
    )
    parts = [(n, f"{_OFFICE}/worksheet", f"worksheets/sheet{n}.xml") for n in numbers]
    yield "xl/_rels/workbook.xml.rels", _relations([*parts, (sheets + 1, f"{_OFFICE}/styles", "styles.xml")])
    yield "xl/styles.xml", _XML + _STYLES


def _content_types(numbers: Sequence[int]) -> str:
    overrides = "".join(
        f'<Override PartName="/{path}" ContentType="{_TYPE}.{kind}+xml"/>'
        for path, kind in [
            ("xl/workbook.xml", "sheet.main"),
            ("xl/styles.xml", "styles"),
            *((sheet_path(number), "worksheet") for number in numbers),
        ]
    )
    return (
        f'{_XML}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
        f'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>{overrides}</Types>'
    )


def _relations(targets: Sequence[tuple[int, str, str]]) -> str:
    lines = "".join(f'<Relationship Id="rId{n}" Type="{kind}" Target="{path}"/>' for n, kind, path in targets)
    return f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">{lines}</Relationships>'


def _letters(number: int) -> str:
    """Return the letters of a column: 1 is A, 27 is AA."""
    name = ""
    while number:
        number, place = divmod(number - 1, 26)
        name = chr(ord("A") + place) + name
    return name
