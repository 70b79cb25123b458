"""Amounts in capital Chinese figures."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.capital_figures import capital_yuan
from kernel.money import MAX_MINOR

DIGITS = {digit: value for value, digit in enumerate("零壹贰叁肆伍陆柒捌玖")}
SCALES = {"拾": 10, "佰": 100, "仟": 1_000, "角": 10, "分": 1}


@pytest.mark.parametrize(
    ("amount_minor", "text"),
    [
        (0, "零元整"),
        (1, "壹分"),
        (10, "壹角整"),
        (1_05, "壹元零伍分"),
        (1_50, "壹元伍角整"),
        (10_00, "壹拾元整"),
        (1_680_32, "壹仟陆佰捌拾元叁角贰分"),
        (1_409_50, "壹仟肆佰零玖元伍角整"),
        (6_007_14, "陆仟零柒元壹角肆分"),
        (10_050_00, "壹万零伍拾元整"),
        (107_000_53, "壹拾万柒仟元伍角叁分"),
        (100_000_000_00, "壹亿元整"),
        (100_000_001_00, "壹亿零壹元整"),
        (-30_00, "负叁拾元整"),
    ],
)
def test_amounts_in_capital_figures(amount_minor: int, text: str) -> None:
    assert capital_yuan(amount_minor) == text


@given(st.integers(0, MAX_MINOR))
def test_they_read_back_as_the_amount(amount_minor: int) -> None:
    whole, _, parts = capital_yuan(amount_minor).removesuffix("整").rpartition("元")
    yuan = 0
    for mark, scale in (("亿", 100_000_000), ("万", 10_000)):
        head, separator, tail = whole.partition(mark)
        if separator:
            yuan, whole = yuan + _value(head) * scale, tail
    assert (yuan + _value(whole)) * 100 + _value(parts) == amount_minor


def _value(text: str) -> int:
    value = digit = 0
    for sign in text:
        if sign in DIGITS:
            digit = DIGITS[sign]
        else:
            value, digit = value + digit * SCALES[sign], 0
    return value + digit
