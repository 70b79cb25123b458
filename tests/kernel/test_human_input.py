"""Amounts and times as people type them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.human_input import Unreadable, read_amount, read_code, read_moment, read_whole
from kernel.money import MAX_MINOR, yuan


@pytest.mark.parametrize(
    ("typed", "fen"),
    [
        ("100", 100_00),
        ("66.6", 66_60),
        ("66.60", 66_60),
        ("0.01", 1),
        ("1,000.00", 1_000_00),
        ("12,345,678.9", 12_345_678_90),
        ("1，000", 1_000_00),
        ("１００", 100_00),
        ("１００．５", 100_50),
        ("¥100", 100_00),
        ("￥ 100", 100_00),
        ("100元", 100_00),
        ("100 元", 100_00),
        ("人民币100元整", 100_00),
        ("RMB 100", 100_00),
        ("1 000", 1_000_00),
        ("1\u00a0000", 1_000_00),
        (" 100\t", 100_00),
    ],
)
def test_amounts_are_read_as_people_mean_them(typed: str, fen: int) -> None:
    assert read_amount(typed) == fen


@pytest.mark.parametrize(
    ("typed", "readings"),
    [
        ("100,50", [100_50, 10_050_00]),
        ("100，50", [100_50, 10_050_00]),
        ("10,5", [10_50, 105_00]),
        ("1,00", [1_00, 100_00]),
        ("1,,0", [1_00, 10_00]),
        ("1.000", [1_00, 1_000_00]),
        ("1.000,00", [1_000_00, 100_000_00]),
        ("1,0000", [10_000_00]),
        ("1,000,00", [1_000_00, 100_000_00]),
        ("10,00.00", [1_000_00]),
    ],
)
def test_an_ambiguous_amount_is_refused_with_its_readings(typed: str, readings: list[int]) -> None:
    with pytest.raises(Unreadable) as refused:
        read_amount(typed)
    assert refused.value.fault.code == "amount_ambiguous"
    assert refused.value.fault.params["readings_minor"] == readings


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "required"),
        ("  ", "required"),
        ("abc", "not_an_amount"),
        ("-5", "negative"),
        ("－５．５0", "negative"),
        ("(5.00)", "negative"),
        ("¥-5", "not_an_amount"),
        ("--5", "not_an_amount"),
        ("1e3", "not_an_amount"),
        ("一百", "not_an_amount"),
        ("0x10", "not_an_amount"),
        ("1.2345", "not_an_amount"),
        ("NaN", "not_an_amount"),
        ("100.005", "too_fine"),
        ("999999999999999", "amount_too_large"),
    ],
)
def test_a_text_that_is_not_an_amount_is_refused(typed: str, code: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read_amount(typed)
    assert refused.value.fault.code in (code, "too_fine" if code == "not_an_amount" else code)


def test_below_zero_only_where_it_may_be() -> None:
    assert read_amount("-900", negative=True) == -900_00
    assert read_amount("－1,000.5", negative=True) == -1_000_50


@given(st.integers(0, MAX_MINOR))
def test_a_formatted_amount_is_read_back(fen: int) -> None:
    assert read_amount(yuan(fen)) == fen
    assert read_amount(f"¥{yuan(fen)} 元") == fen


@given(st.text(alphabet="0123456789.,，' ¥元-", max_size=12))
def test_any_text_is_an_amount_or_a_fault(typed: str) -> None:
    try:
        assert 0 <= read_amount(typed) <= MAX_MINOR
    except Unreadable as refused:
        assert all(0 <= reading <= MAX_MINOR for reading in refused.fault.params.get("readings_minor", []))


TEN = datetime(2026, 9, 9, 2, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "typed",
    [
        "2026-09-09 10:00",
        "2026-09-09T10:00",
        "2026/9/9 10:00",
        "2026/9/9 10:00:00",
        "2026.9.9 10:00",
        "2026年9月9日 10:00",
        "2026年9月9日10时",
        "2026年9月9日 上午10点00分",
        "2026/9/9 10:00 AM",
        "２０２６／９／９ １０：００",
        "2026-09-09T10:00:00+08:00",
        "2026-09-09T02:00:00Z",
        "2026-09-09 11:00+0900",
    ],
)
def test_times_are_read_as_people_and_programs_write_them(typed: str) -> None:
    assert read_moment(typed).at == TEN


def test_afternoons_and_seconds() -> None:
    assert read_moment("2026/9/9 下午3:05").at == datetime(2026, 9, 9, 7, 5, tzinfo=UTC)
    assert read_moment("2026/9/9 12:30 am").at == datetime(2026, 9, 8, 16, 30, tzinfo=UTC)
    assert read_moment("2026-09-09 23:59:59").at == datetime(2026, 9, 9, 15, 59, 59, tzinfo=UTC)


def test_a_day_is_a_whole_day_in_shanghai() -> None:
    day = read_moment("2026/9/9")
    assert (day.whole_day, day.at, day.until) == (
        True,
        datetime(2026, 9, 8, 16, 0, tzinfo=UTC),
        datetime(2026, 9, 9, 16, 0, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    "typed", ["", "yesterday", "9/9/2026", "26-9-9", "2026-13-01", "2026-02-30", "2026-09-09 25:00"]
)
def test_a_text_that_is_not_a_time_is_refused(typed: str) -> None:
    with pytest.raises(Unreadable):
        read_moment(typed)


def test_a_day_that_a_spreadsheet_made_a_number_is_named() -> None:
    for typed in ("46274", "46274.416666"):
        with pytest.raises(Unreadable) as refused:
            read_moment(typed)
        assert refused.value.fault.code == "spreadsheet_number"


@given(st.text(max_size=30))
def test_any_text_is_a_time_or_a_fault(typed: str) -> None:
    try:
        read_moment(typed)
    except Unreadable as refused:
        assert refused.fault.code


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("5000", 5000),
        ("５０００", 5000),
        ("5,000", 5000),
        ("－500", -500),
        ("−1,500", -1500),
        ("(5)", -5),
        ("0", 0),
    ],
)
def test_whole_numbers_are_read_in_any_width(written: str, number: int) -> None:
    assert read_whole(written) == number


@pytest.mark.parametrize("written", ["", "50.00", "50,00", "1,00,000", "5E+3", "١٠", "--5", "5 元", "9" * 16])
def test_what_is_no_whole_number_is_refused(written: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read_whole(written)
    assert refused.value.fault.code == "not_whole"


@pytest.mark.parametrize(
    "typed", ["123456", " 123 456\n", "１２３４５６", "123-456", "１２３－４５６", "123‑456", "12 34　56"]
)
def test_a_code_is_read_in_any_width_and_grouping(typed: str) -> None:
    assert read_code(typed) == "123456"
