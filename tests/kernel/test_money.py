"""Money divides without losing a fen, and shares never add up to more than the whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.money import BPS_WHOLE, MAX_MINOR, share, split

amounts = st.integers(0, MAX_MINOR)
weights = st.lists(st.integers(0, BPS_WHOLE), min_size=1, max_size=12).filter(any)


@given(amounts, weights)
def test_the_parts_of_a_split_sum_to_the_whole(amount: int, shares: list[int]) -> None:
    parts = split(amount, shares)
    assert sum(parts) == amount
    total = sum(shares)
    for part, weight in zip(parts, shares, strict=True):
        assert amount * weight // total <= part <= -(-amount * weight // total)


@given(amounts, st.integers(1, 12))
def test_equal_weights_differ_by_one_fen_and_the_earlier_gets_more(amount: int, number: int) -> None:
    parts = split(amount, [1] * number)
    assert parts == sorted(parts, reverse=True)
    assert parts[0] - parts[-1] <= 1


def test_the_largest_remainder_gets_the_odd_fen() -> None:
    assert split(100, [1, 1, 1]) == [34, 33, 33]
    assert split(10, [1, 5, 3]) == [1, 6, 3]
    assert split(5, [0, 1, 0]) == [0, 5, 0]


@pytest.mark.parametrize(("amount", "shares"), [(1, []), (1, [0, 0]), (1, [2, -1]), (-1, [1])])
def test_there_must_be_something_to_divide_by(amount: int, shares: list[int]) -> None:
    with pytest.raises(ValueError, match="a split needs"):
        split(amount, shares)


@given(amounts, st.integers(0, BPS_WHOLE))
def test_a_share_never_gives_more_than_it_may(amount: int, bps: int) -> None:
    part = share(amount, bps)
    assert part * BPS_WHOLE <= amount * bps < (part + 1) * BPS_WHOLE
    assert part + share(amount, BPS_WHOLE - bps) <= amount
