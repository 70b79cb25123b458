"""Parts of a split sum to the fen, for every amount and every rule."""

from hypothesis import given
from hypothesis import strategies as st

from campaigns.payouts.split import Shares, divide, shares_faults
from kernel.money import BPS_WHOLE, MAX_MINOR

AMOUNTS = st.integers(0, MAX_MINOR)


@st.composite
def shares(draw: st.DrawFn) -> Shares:
    first = draw(st.integers(0, BPS_WHOLE))
    second = draw(st.integers(0, BPS_WHOLE - first))
    return Shares(first, second, BPS_WHOLE - first - second)


@given(total_minor=AMOUNTS, fees_minor=st.integers(-10, MAX_MINOR), rule=shares())
def test_parts_sum_to_the_fen_and_are_within_a_fen_of_their_share(
    total_minor: int, fees_minor: int, rule: Shares
) -> None:
    parts = divide(total_minor, fees_minor, rule)
    assert sum(parts) == total_minor and min(parts) >= 0
    rest = total_minor - parts.fees_minor
    assert parts.fees_minor == min(max(fees_minor, 0), total_minor)
    for part, bps in zip(parts, rule, strict=False):
        assert abs(part * BPS_WHOLE - rest * bps) < BPS_WHOLE


@given(total_minor=st.integers(-MAX_MINOR, 0))
def test_nothing_is_divided_when_more_went_back_than_came(total_minor: int) -> None:
    assert sum(divide(total_minor, 50, Shares(7_000, 2_000, 1_000))) == 0


def test_shares_are_the_whole_and_management_stays_within_its_ceiling() -> None:
    assert shares_faults(Shares(8_000, 1_000, 1_000), 1_000) == {}
    assert shares_faults(Shares(8_000, 1_000, 999), 1_000)["project_bps"].params == {"sum_share_bps": 9_999}
    assert shares_faults(Shares(8_000, 999, 1_001), 1_000)["management_bps"].code == "above_ceiling"
    beyond = shares_faults(Shares(10_001, 0, -1), 1_000)
    assert {name: fault.code for name, fault in beyond.items()} == {
        "project_bps": "share_out_of_range",
        "management_bps": "share_out_of_range",
    }
