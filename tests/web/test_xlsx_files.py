"""Workbooks: what is in their cells, how many rows they hold, and how little memory that takes."""

import io
import tracemalloc
from datetime import UTC, date, datetime
from zipfile import ZipFile

import pytest
from lxml import etree

from app.table_cells import Yuan
from app.xlsx_file import write_xlsx
from tests.web.test_csv_files import EVIL
from tests.web.workbook import read_workbook, sheets

NOON = datetime(2026, 9, 9, 4, 0, tzinfo=UTC)  # in Shanghai


def book(rows: list[list[object]], columns: int, **options: int) -> bytes:
    file = io.BytesIO()
    write_xlsx(file, [f"列{number}" for number in range(columns)], rows, "vouchers-2026-09", **options)
    return file.getvalue()


def test_sums_are_numbers_times_are_of_beijing_and_empty_is_empty() -> None:
    row = [Yuan(1_234_50), Yuan(-5), Yuan(10**13 + 1), 7, NOON, date(2026, 9, 9), None]
    (head, cells) = read_workbook(book([row], len(row)))
    assert head == [f"列{number}" for number in range(7)]
    assert cells[:4] == [("1234.50", "4"), ("-0.05", "4"), ("100000000000.01", "4"), ("7", "0")]
    # 2026-09-09 is day 46,274 of spreadsheets, and noon is half of a day.
    assert cells[4:] == [("46274.50000000", "164"), ("46274", "165"), None]


@pytest.mark.parametrize("text", [*EVIL, "_x0041_", "<b>&amp;", " 两端 ", "第一行\n第二行", "\U0001f600", "007"])
def test_text_stays_text(text: str) -> None:
    assert read_workbook(book([[text]], 1))[1] == [text]


def test_characters_that_a_workbook_cannot_hold_are_replaced() -> None:
    assert read_workbook(book([["a\x00b\ud800", "长" * 40_000]], 2))[1] == ["a\ufffdb\ufffd", "长" * 32_767]


def test_rows_that_do_not_fit_go_on_in_the_next_sheet_under_the_same_head() -> None:
    content = book([[number] for number in range(25)], 1, most_rows=11)
    read = [read_workbook(content, sheet) for sheet in range(len(sheets(content)))]
    assert [len(rows) for rows in read] == [11, 11, 6] and {rows[0][0] for rows in read} == {"列0"}
    assert [int(row[0][0]) for rows in read for row in rows[1:]] == list(range(25))


def test_no_rows_make_a_sheet_with_a_head() -> None:
    assert read_workbook(book([], 2)) == [["列0", "列1"]]


def test_each_sheet_prints_all_columns_on_one_page_under_its_head() -> None:
    with ZipFile(io.BytesIO(book([[number, 0, 0] for number in range(15)], 3, most_rows=11))) as file:
        workbook = file.read("xl/workbook.xml").decode()
        for number, name in ((1, "vouchers-2026-09"), (2, "vouchers-2026-09 2")):
            assert f'<sheet name="{name}" sheetId="{number}"' in workbook
            assert f"localSheetId=\"{number - 1}\">'{name}'!$1:$1<" in workbook
            sheet = etree.fromstring(file.read(f"xl/worksheets/sheet{number}.xml"))
            parts = [etree.QName(part).localname for part in sheet]
            assert parts == [  # in the order of the schema
                *("sheetPr", "sheetViews", "cols", "sheetData", "autoFilter"),
                *("pageMargins", "pageSetup", "headerFooter"),
            ]
            setup = sheet[parts.index("pageSetup")]
            assert (setup.get("orientation"), setup.get("fitToHeight")) == ("landscape", "0")


def test_memory_does_not_grow_with_rows() -> None:
    def peak(rows: int) -> int:
        with io.BytesIO() as file:
            tracemalloc.start()
            write_xlsx(
                file, ["编号", "元"], ([f"捐赠 {number}", Yuan(number)] for number in range(rows)), "donations"
            )
            _now, most = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            return most - len(file.getvalue())

    assert peak(12_000) < peak(3_000) + 100_000
