"""Every reader of money refuses what it cannot read by line and field, whatever stands there, and nothing of a file
with a fault is stored."""

import re
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.bank.import_lines import read_bank_file
from campaigns.closing.reconciliation.import_statement import import_statement
from campaigns.import_plan import Confirmation
from campaigns.imports.kinds import ImportRequest, import_file
from kernel.errors import Invalid
from payments.bills.bill import read_bill
from payments.partners import partners
from tests.bank.files import WHOLE
from tests.world import World

PLACE = re.compile(r"line \d+(\.\w+)?")
BANK = """账号,记账日期,金额,附言,摘要,流水号
4100,2026-09-09,12.50,po_1200,结算款,F1
4100,2026-09-09,-3.00,,手续费,F2
4100,2026-09-10,8.88,,转账,F3
"""
TWO_SIDES = """账号,交易日期,借方发生额,贷方发生额,附言,交易流水号
4100,20260909,,12.50,po_1200,F1
4100,20260909,3.00,,手续费,F2
4100,20260910,,8.88,转账,F3
"""
BILL = """line_id,kind,donation_id,amount_minor,fee_minor,currency,occurred_at
L1,charge,D1,1250,8,CNY,2026-09-09T12:00:00+08:00
L2,refund,D1,-300,0,CNY,2026-09-09T13:00:00+08:00
L3,charge,D2,888,5,CNY,2026-09-10T12:00:00+08:00
"""
NUMBERS = ("abc", "NaN", "1e5", "0x10", "1,5", "١٢", "9" * 40, "1.234", "--1", "1 2")
DAYS = ("", "yesterday", "2026-13-40", "20260230", "99999999", "1e9")


def bank_lines(text: str) -> tuple[Sequence[Any], dict[str, Any]]:
    file = read_bank_file(text.encode())
    return [line for _, line in file.lines], dict(file.faults)


def bill_lines(text: str) -> tuple[Sequence[Any], dict[str, Any]]:
    bill = read_bill("plat", text)
    return list(bill.lines.values()), dict(bill.faults)


FILES: dict[str, tuple[str, Callable[[str], tuple[Sequence[Any], dict[str, Any]]]]] = {
    "bank": (BANK, bank_lines),
    "two sides": (TWO_SIDES, bank_lines),
    "bill": (BILL, bill_lines),
}


def changed(text: str, row: int, column: int, cell: str) -> str:
    """The file with another cell."""
    lines = text.splitlines()
    cells = lines[row].split(",")
    cells[column] = '"' + cell.replace('"', '""') + '"'
    lines[row] = ",".join(cells)
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("name", FILES)
@given(row=st.integers(1, 3), column=st.integers(0, 6), cell=st.text(max_size=30))
def test_a_cell_spoils_no_line_but_its_own(name: str, row: int, column: int, cell: str) -> None:
    text, read = FILES[name]
    column %= len(text.splitlines()[0].split(","))
    sound, none = read(text)
    assert len(sound) == 3 and none == {}
    try:
        lines, faults = read(changed(text, row, column, cell))
    except Invalid as refused:
        assert refused.code == "import_invalid"
        return
    assert all(PLACE.fullmatch(place) for place in faults), faults
    kept = [line for number, line in enumerate(sound, 1) if number != row]
    assert [line for line in lines if line in kept] == kept or "repeated" in str(faults)


@pytest.mark.parametrize(
    ("name", "column", "field", "cells"),
    [
        ("bank", 2, "amount", NUMBERS),
        ("bank", 1, "booked_on", DAYS),
        ("two sides", 3, "credit", NUMBERS),
        ("two sides", 1, "booked_on", DAYS),
        ("bill", 3, "amount_minor", (*NUMBERS, "")),
        ("bill", 4, "fee_minor", NUMBERS),
        ("bill", 6, "occurred_at", DAYS),
        ("bill", 1, "kind", ("", "gift", "CHARGE ")),
        ("bill", 5, "currency", ("", "¥", "XYZW")),
    ],
)
def test_an_invalid_amount_day_or_kind_is_reported_by_line_and_field(
    name: str, column: int, field: str, cells: Sequence[str]
) -> None:
    text, read = FILES[name]
    for cell in cells:
        _lines, faults = read(changed(text, 1, column, cell))
        assert f"line 2.{field}" in faults, (cell, faults)


@pytest.mark.parametrize(
    ("cell", "minor"),
    [
        ("1,234,567.89", 123_456_789),
        ("１，２３４．５０", 1_234_50),
        ("(12.50)", -12_50),
        ("（1,250.00）", -1_250_00),
        ("12.50-", -12_50),
        ("−12.50", -12_50),
        ("¥12.50", 12_50),
    ],
)
def test_amounts_as_accountants_write_them(cell: str, minor: int) -> None:
    lines, faults = bank_lines(changed(BANK, 1, 2, cell))
    assert (faults, lines[0].amount_minor) == ({}, minor)


@pytest.mark.parametrize("cell", ["2026/9/9", "2026年9月9日", "20260909", "20260909101500", "2026.09.09 10:15"])
def test_days_as_banks_write_them(cell: str) -> None:
    lines, faults = bank_lines(changed(BANK, 1, 1, cell))
    assert (faults, str(lines[0].booked_on)) == ({}, "2026-09-09")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize(("comma", "end"), [(",", "\r\n"), ("\t", "\n"), (";", "\r"), ("\t,", "\n")])
def test_encodings_separators_and_ends_of_lines(encoding: str, comma: str, end: str) -> None:
    data = BANK.replace(",", comma).replace("\n", end).encode(encoding)
    file = read_bank_file(data)
    assert [line.amount_minor for _, line in file.lines] == [12_50, -3_00, 8_88] and not file.faults


def test_a_line_that_moved_nothing_is_passed_over(world: World) -> None:
    for text, row, columns in ((BANK, 2, (2,)), (TWO_SIDES, 2, (2, 3))):
        for column in columns:
            text = changed(text, row, column, "0.00")
        lines, faults = bank_lines(text)
        assert ([line.line_id for line in lines], faults) == (["F1", "F3"], {})
        import_file(world.deps, ImportRequest("bank", Confirmation("finance")), text.encode())
    _lines, faults = bank_lines(changed(TWO_SIDES, 2, 2, ""))
    assert {place: why.code for place, why in faults.items()} == {"line 3.credit": "required"}


@pytest.mark.parametrize(
    ("text", "places"),
    [
        (BANK[:-12], {"line 4.amount"}),
        (BANK[:-4] + ",F3,more\n", {"line 4"}),
        (BANK + BANK, {f"line 5.{name}" for name in ("amount", "booked_on")} | {"line 6.line_id"}),
        (BANK.replace("F2", "F1"), {"line 3.line_id"}),
        (BANK.replace("F2", "2.02609E+17"), {"line 3.line_id"}),
        (BANK.replace("\n4100,2026-09-10", "\n\n\n4100,2026-02-30"), {"line 6.booked_on"}),
    ],
)
def test_a_file_that_was_cut_or_doubled_names_its_line(text: str, places: Any) -> None:
    _lines, faults = bank_lines(text)
    assert set(places) <= set(faults), faults


@given(st.integers(0, len(WHOLE) - 1), st.integers(1, 40), st.binary(max_size=6))
def test_a_broken_camt_file_is_refused_or_named(at: int, length: int, junk: bytes) -> None:
    try:
        file = read_bank_file(WHOLE[:at] + junk + WHOLE[at + length :])
    except Invalid as refused:
        assert refused.code == "import_invalid"
        return
    assert all(re.fullmatch(r"line \d+(\..+)?", place) for place in file.faults), file.faults


def test_nothing_of_a_file_with_a_fault_is_stored(world: World) -> None:
    world.do(partners.create, world.deps.keys, "plat", "平台")
    before = rows(world)
    for cell in ("abc", ""):
        with pytest.raises(Invalid):
            import_file(
                world.deps,
                ImportRequest("bank", Confirmation("finance")),
                changed(BANK, 3, 2, cell or "x").encode(),
            )
        with pytest.raises(Invalid):
            world.do(import_statement, "plat", changed(BILL, 3, 3, cell), "finance")
        with pytest.raises(Invalid):
            import_file(world.deps, ImportRequest("bank", Confirmation("finance")), WHOLE.replace(b"8.88", b"8.8x"))
    assert rows(world) == before


def rows(world: World) -> Any:
    tables = (
        "bank_line",
        "bank_part",
        "bank_claim",
        "provider_line",
        "discrepancy",
        "ledger_transfer",
        "audit_entry",
    )
    return world.do(lambda tx: [tx.scalar(f"SELECT count(*) FROM {table}") for table in tables])
