"""Bank statements: every booked line once, whatever the format; a file with a fault changes nothing."""

from typing import Any

import pytest

from campaigns.bank.import_lines import read_bank_file
from campaigns.import_plan import Confirmation
from campaigns.imports.kinds import Imported, ImportRequest, import_file, preview
from kernel.errors import Conflict, Invalid
from payments.bank.bank_csv import read_bank_csv
from payments.bank.bank_lines import reference_in
from tests.bank.files import SIGNED, TWO_SIDES, WHOLE, camt, entry, payment
from tests.world import World


def take(world: World, data: bytes) -> Imported:
    return import_file(world.deps, ImportRequest("bank", Confirmation("finance")), data)


def stored(world: World, *columns: str) -> list[Any]:
    rows = world.do(lambda tx: tx.rows(f"SELECT {', '.join(columns)} FROM bank_line ORDER BY id"))
    return [tuple(row) for row in rows]


def test_a_camt_statement_is_taken_line_by_line(world: World) -> None:
    assert take(world, WHOLE).added == 5
    assert stored(world, "line_id", "amount_minor", "reference", "reversal", "payments") == [
        ("R1", 1200_50, "po_1200", False, 1),
        ("R2", -300_00, "PLAN-7", False, 2),
        ("R3", 50_00, "", False, 25),
        ("R3/reversal", -50_00, "", True, 1),
        ("S-0909#5", 8_88, "", False, 1),  # neither name nor phone number is kept
    ]
    parts = world.do(lambda tx: tx.rows("SELECT number, amount_minor, reference FROM bank_part ORDER BY number"))
    assert [tuple(part) for part in parts] == [(1, -100_00, "PAY-1"), (2, -200_00, "PAY-2")]
    assert take(world, WHOLE).added == 0


def test_older_versions_and_other_prefixes_read_the_same(world: World) -> None:
    old = WHOLE.replace(b"camt.053.001.08", b"camt.053.001.02").replace(
        b"<Sts><Cd>BOOK</Cd></Sts>", b"<Sts>BOOK</Sts>"
    )
    prefixed = (
        WHOLE.replace(b"<", b"<c:")
        .replace(b"<c:/", b"</c:")
        .replace(b"<c:?", b"<?")
        .replace(b"xmlns=", b"xmlns:c=")
    )
    expected = [line for _, line in read_bank_file(WHOLE).lines]
    for data in (old, prefixed, WHOLE.replace(b"\n", b"").replace(b"?>", b"?>\n")):
        file = read_bank_file(data)
        assert ([line for _, line in file.lines], file.faults) == (expected, {})


def test_several_statements_of_a_file(world: World) -> None:
    second = camt(entry("7.00", ref="R9")).decode()
    second = second[second.index("<Stmt>") : second.index("</BkToCstmrStmt>")].replace("S-0909", "S-0910")
    file = camt(entry("5.00", ref="R8"), more=second.replace("41001234567", "41009999999"))
    assert take(world, file).added == 2
    assert stored(world, "account", "statement", "amount_minor") == [
        ("41001234567", "S-0909", 5_00),
        ("41009999999", "S-0910", 7_00),
    ]
    # Statements may overlap: the same line is taken once, and one that says something else is a fault.
    assert (
        len(
            read_bank_file(
                camt(entry("5.00", ref="R8"), more=second.replace("R9", "R8").replace("7.00", "5.00"))
            ).lines
        )
        == 1
    )
    assert list(read_bank_file(camt(entry("5.00", ref="R8"), more=second.replace("R9", "R8"))).faults) == [
        "line 19.Stmt[2]/Ntry[1]/AcctSvcrRef"
    ]


@pytest.mark.parametrize(
    ("data", "places"),
    [
        (camt(entry("1,00", ref="R1")), {"line 11.Stmt[1]/Ntry[1]/Amt": "not_an_amount"}),
        (camt(entry("1.005", ref="R1")), {"line 11.Stmt[1]/Ntry[1]/Amt": "not_an_amount"}),
        (camt(entry("1", "BOTH", ref="R1")), {"line 11.Stmt[1]/Ntry[1]/CdtDbtInd": "not_one_of"}),
        (camt(entry("1", ref="R1", status="MAYBE")), {"line 11.Stmt[1]/Ntry[1]/Sts": "not_one_of"}),
        (
            camt(entry("1", ref="R1", day="2026-13-01")),
            {f"line 11.Stmt[1]/Ntry[1]/{name}": "not_a_date" for name in ("BookgDt", "ValDt")},
        ),
        (
            camt(entry("1", ref="R1").replace("CNY", "EUR")),
            {"line 11.Stmt[1]/Ntry[1]/Amt": "currency_unsupported"},
        ),
        (
            camt(entry("3", details=f"<NtryDtls>{payment('A1', '1')}{payment('A2', '1')}</NtryDtls>")),
            {"line 11.Stmt[1]/Ntry[1]/NtryDtls": "parts_differ"},
        ),
        (camt(entry("3", ref="R1"), opening="1.00", closing="5.00"), {"line 10.Stmt[1]/Bal": "balance_off"}),
        (camt().replace(b"41001234567", b""), {"line 5.Stmt[1]/Acct/Id/IBAN": "required"}),
        (camt(entry("3", ref="R1"))[:-40], {"line 12": "unreadable"}),
        (b"<Document><pain.001/></Document>", {"line 1": "no_bank_statement"}),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><Document>&a;</Document>', {"line 1": "document_type"}),
        (b'<?xml version="1.0"?><!DOCTYPE x SYSTEM "file:///etc/passwd"><Document/>', {"line 1": "document_type"}),
        (TWO_SIDES.replace("8.88", "8.8x").encode(), {"line 7.credit": "not_an_amount"}),
        (TWO_SIDES.replace(",8.88,", "1,8.88,", 1).encode(), {"line 7.credit": "both_sides"}),
        (
            TWO_SIDES.replace("账号：4100 1234 567", "").encode(),
            {f"line {n}.account": "account_missing" for n in (4, 5, 6, 7)},
        ),
        (TWO_SIDES.replace("合计,,,,", "合计,,,0,1209.39").encode(), {"line 8.credit": "total_differs"}),
        (TWO_SIDES.replace("F003", "F001").encode(), {"line 7.line_id": "repeated"}),
        (TWO_SIDES.replace("F003", "6.222E+12").encode(), {"line 7.line_id": "spreadsheet_number"}),
        (SIGNED.replace("2026/9/9 11:00", "2026/13/9").encode(), {"line 3.booked_on": "not_a_time"}),
        (b"a,b\n1,2\n", {"line 1": "missing_columns"}),
        ("<Document><BkToCstmrStmt>".encode("utf-16"), {"line 1": "unreadable"}),
    ],
)
def test_a_fault_names_line_and_field_and_nothing_is_taken(
    world: World, data: bytes, places: dict[str, str]
) -> None:
    with pytest.raises(Invalid) as refused:
        take(world, data)
    assert {place: why.code for place, why in refused.value.fields.items()} == places
    assert stored(world, "id") == []


@pytest.mark.parametrize(
    "line",
    [
        "账户：41001234567",
        "卡号: 4100 1234 567",
        "账号,41001234567",
        "Account: 41001234567",
        "Account No.：4100-1234-567",
        "ACCOUNT NUMBER,41001234567",
        "Account name: Luoyang Charity Federation,Account: 41001234567",
        "Account type,Current,Account,41001234567",
    ],
)
def test_the_account_above_the_header_is_named_in_chinese_or_english(line: str) -> None:
    file = read_bank_csv(TWO_SIDES.replace("账号：4100 1234 567,户名：洛阳市慈善联合总会", line).encode())
    assert not file.faults
    assert {stated.account for _, stated in file.lines} == {"41001234567"}


@pytest.mark.parametrize(
    "line", ["Account name: Luoyang 2026 Federation", "账户名称：4100号账户", "Account,Current"]
)
def test_a_name_above_the_header_is_no_account(line: str) -> None:
    file = read_bank_csv(TWO_SIDES.replace("账号：4100 1234 567,户名：洛阳市慈善联合总会", line).encode())
    assert {why.code for why in file.faults.values()} == {"account_missing"}


def test_two_layouts_of_chinese_banks(world: World) -> None:
    assert take(world, TWO_SIDES.encode("gb18030")).added == 4
    assert stored(world, "account", "line_id", "amount_minor", "reference", "reversal") == [
        ("41001234567", "F001", 1200_50, "po_1200", False),
        ("41001234567", "F002", -300_00, "PLAN-7", False),
        ("41001234567", "F002/reversal", 300_00, "PLAN-7", True),
        ("41001234567", "F003", 8_88, "", False),
    ]
    assert take(world, TWO_SIDES.encode()).added == 0


def test_lines_without_numbers_are_known_by_what_they_say(world: World) -> None:
    shown = preview(world.deps, ImportRequest("bank", Confirmation("finance")), SIGNED.encode())
    assert {place: why.code for place, why in shown.warnings.items()} == {"line 6": "not_booked"}
    assert take(world, SIGNED.encode()).added == 4
    assert [row[1] for row in stored(world, "account", "amount_minor")] == [1200_50, -300_00, 66_60, 66_60]
    booked = SIGNED.replace("处理中", "已记账").encode("utf-16")
    assert take(world, booked).added == 1  # the line that was pending; all others are known
    without_balance = "记账日期,金额,账号\n2026-09-11,5,4100\n2026-09-11,5,4100\n".encode()
    assert (take(world, without_balance).added, take(world, without_balance).added) == (2, 0)


def test_a_line_that_says_something_else_than_before_is_refused(world: World) -> None:
    take(world, TWO_SIDES.encode())
    with pytest.raises(Conflict, match="bank_line_contradicts") as refused:
        take(world, TWO_SIDES.replace("8.88", "9.99").encode())
    assert list(refused.value.fields) == ["line 7.line_id"]
    assert len(stored(world, "id")) == 4


def test_references_are_no_numbers_of_people() -> None:
    assert reference_in("张三13800138000 410102199001011234", "6222021234567890123") == ""
    assert reference_in("结算 20260909", "批次BATCH-2026/09") == "20260909"
    assert reference_in("捐款 12", "附言：po_1Q2w3E 谢谢") == "po_1Q2w3E"
