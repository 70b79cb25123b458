"""Files as people and platforms write them."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.decode import decode
from kernel.errors import Invalid
from kernel.tables import Column, Layout, clean_cell, read_table

OFFLINE = Layout(
    "offline",
    (
        Column("reference", ("reference", "凭证号", "编号"), exact=True),
        Column("amount_yuan", ("amount_yuan", "金额（元）", "金额")),
        Column("paid_at", ("paid_at", "捐赠时间"), exact=True),
        Column("donor_name", ("donor_name", "姓名"), required=False),
    ),
)
WECHAT = Layout(
    "wechat",
    (Column("reference", ("商户订单号",), exact=True), Column("amount_yuan", ("应结订单金额",))),
    not_rows=("总交易单数",),
)
CSV = "reference,amount_yuan,paid_at,donor_name\nBOX-1,100,2026-09-09 10:00,张三\n"


def cells(data: bytes | str, *layouts: Layout) -> list[dict[str, str]]:
    raw = data.encode() if isinstance(data, str) else data
    return [dict(row.cells) for row in read_table(raw, layouts or (OFFLINE,)).rows]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
def test_every_encoding_that_spreadsheets_write_is_read(encoding: str) -> None:
    assert cells(CSV.encode(encoding))[0]["donor_name"] == "张三"


def test_a_rare_name_survives_gb18030() -> None:
    assert cells(CSV.replace("张三", "𠮷田䶮").encode("gb18030"))[0]["donor_name"] == "𠮷田䶮"


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_every_separator_is_read(mark: str) -> None:
    assert cells(CSV.replace(",", mark))[0]["reference"] == "BOX-1"


def test_chinese_headers_in_any_order_and_unknown_columns_are_fine() -> None:
    text = "姓名,备注,金额（元）, 凭证号 ,捐赠时间\n张三,x,100,BOX-1,2026/9/9 10:00\n"
    assert cells(text) == [
        {"reference": "BOX-1", "amount_yuan": "100", "paid_at": "2026/9/9 10:00", "donor_name": "张三"}
    ]


def test_columns_of_our_format_that_are_not_read_are_named() -> None:
    """Such as one that is misspelt, or there twice; of other programs' files only what is there twice."""
    text = "备注,凭证号,金额,金额,捐赠时间,项目编码\nx,BOX-1,100,7,2026/9/9 10:00,P1\n"
    table = read_table(text.encode(), [replace(OFFLINE, ours=True)])
    assert table.unread == ("备注", "金额", "项目编码")
    assert table.rows[0].cells["amount_yuan"] == "100"
    assert read_table(text.encode(), [OFFLINE]).unread == ("金额",)


def test_preamble_blank_lines_totals_and_footer_are_no_rows() -> None:
    text = (
        "#账号：[2088]\n#---列表---\n商户订单号,应结订单金额\n`their-1\t,`50.00\n,\n合计,50.00\n"
        "总交易单数,应结订单总金额\n`1,`50.00\n"
    )
    table = read_table(text.encode(), [OFFLINE, WECHAT])
    assert table.layout is WECHAT
    assert [dict(row.cells) for row in table.rows] == [{"reference": "their-1", "amount_yuan": "50.00"}]
    assert table.rows[0].line == 4


@pytest.mark.parametrize(
    "hidden", ["their-1\t", "`their-1", "'their-1", "\u200btheir-1", '="their-1"', " their-1\u3000"]
)
def test_invisible_characters_are_removed_from_ids(hidden: str) -> None:
    assert clean_cell(hidden) == "their-1"


def test_a_number_that_a_spreadsheet_ruined_is_named() -> None:
    table = read_table(CSV.replace("BOX-1", "4.2E+27").encode(), [OFFLINE])
    assert [(name, refused.code) for name, refused in table.faults.items()] == [
        ("line 2.reference", "spreadsheet_number")
    ]
    table = read_table(CSV.replace("2026-09-09 10:00", "########").encode(), [OFFLINE])
    assert [(name, refused.code) for name, refused in table.faults.items()] == [
        ("line 2.paid_at", "spreadsheet_error")
    ]


def test_a_missing_column_is_named() -> None:
    with pytest.raises(Invalid) as refused:
        cells("reference,donor_name\nBOX-1,张三\n")
    assert refused.value.fields["line 1"].params == {"columns": ["金额（元） amount_yuan", "捐赠时间 paid_at"]}


def test_a_row_with_more_cells_than_the_header_is_a_fault_and_trailing_commas_are_not() -> None:
    table = read_table(
        (CSV + "BOX-2,100,50,2026-09-09 10:00,李四\nBOX-3,5,2026-09-09,王五,,\n").encode(), [OFFLINE]
    )
    assert [(name, refused.code) for name, refused in table.faults.items()] == [("line 3", "wrong_column_count")]
    assert [row.cells["reference"] for row in table.rows] == ["BOX-1", "BOX-3"]


@pytest.mark.parametrize("data", [b"", b"\n\n", b"\xff\xff\xfe\x00", b"\x00\x01", b'reference,"never ends\n'])
def test_a_file_that_is_not_a_table_is_refused(data: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        read_table(data, [OFFLINE])
    assert refused.value.code == "import_invalid"


@given(st.binary(max_size=300))
def test_any_bytes_are_a_table_or_a_refusal(data: bytes) -> None:
    try:
        read_table(data, [OFFLINE, WECHAT])
        decode(data)
    except Invalid as refused:
        assert refused.code == "import_invalid"


@pytest.mark.parametrize(
    ("begin", "code"),
    [
        (b"PK\x03\x04\x14\x00\x06\x00", "workbook"),  # .xlsx, .ods, .et
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "workbook"),  # .xls
        (b"<html><table><tr><td>", "workbook"),  # a page that a platform calls .xls
        (b'\xef\xbb\xbf<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>', "workbook"),
        (b'<?xml version="1.0"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02">', "not_a_table"),
        (b"%PDF-1.7", "not_a_table"),
        (b"\xff\xd8\xff\xe0JFIF", "not_a_table"),
        (b"\x1f\x8b\x08", "not_a_table"),
    ],
)
def test_a_binary_file_is_refused_by_its_kind(begin: bytes, code: str) -> None:
    with pytest.raises(Invalid) as error:
        decode(begin + b"\x00" * 50)
    assert error.value.fields["file"].code == code


@pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbf", b"\n \n\t\r\n", b"\xff\xfe"])
def test_an_empty_file_is_called_empty(data: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        read_table(data, [OFFLINE])
    assert {place: why.code for place, why in refused.value.fields.items()} == {"file": "no_rows"}
