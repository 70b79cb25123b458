"""Each sign, as a sentence: what gives it, and what nearly does."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.screening.observed import Burst, CapUse, MatchedDonation, ScreeningContext
from campaigns.screening.signals import Signal, related_donations, signals
from campaigns.screening.thresholds import Thresholds

NOON = datetime(2026, 9, 9, 4, tzinfo=UTC)
LIMITS = Thresholds(
    small_minor=20_00, small_count=10, same_sum_count=50, at_cap_count=5, refund_count=3, unit_count=50
)


def gift(
    amount_minor: int = 100_00, *, minutes: float = 0, refunded: int = 0, cap: int | None = None
) -> MatchedDonation:
    return MatchedDonation(uuid4(), amount_minor, refunded, NOON + timedelta(minutes=minutes), cap)


def codes(donation: MatchedDonation, around: ScreeningContext) -> list[str]:
    return [signal.code for signal in signals(donation, around, LIMITS)]


def test_a_donation_with_nothing_around_it_gives_no_sign() -> None:
    donation = gift()
    assert codes(donation, ScreeningContext([donation], [donation])) == []


def test_ten_small_sums_from_one_instrument_within_the_hour_are_a_sign() -> None:
    gifts = [gift(20_00, minutes=6 * n) for n in range(10)]
    (sign,) = signals(gifts[0], ScreeningContext(of_instrument=gifts), LIMITS)
    assert sign.code == "small_instrument"
    assert sign.evidence["count"] == 10
    assert sign.evidence["sum_minor"] == 200_00
    assert related_donations([sign]) == {donation.donation_id for donation in gifts}


@pytest.mark.parametrize(
    "gifts",
    [
        [gift(20_00, minutes=n) for n in range(9)],
        [gift(20_00, minutes=n) for n in range(9)] + [gift(20_01)],
        [gift(20_00, minutes=n) for n in range(9)] + [gift(20_00, minutes=61)],
    ],
    ids=["nine", "the tenth is not small", "the tenth is later"],
)
def test_fewer_small_gifts_of_one_instrument_are_no_signal(gifts: list[MatchedDonation]) -> None:
    assert codes(gifts[0], ScreeningContext(of_instrument=gifts)) == []


def test_a_large_sum_among_small_ones_is_no_signal() -> None:
    large = gift(500_00)
    assert codes(large, ScreeningContext(of_instrument=[large, *(gift(10_00) for _ in range(20))])) == []


def test_ten_small_sums_from_one_device_or_contact_are_a_sign() -> None:
    gifts = [gift(1_00, minutes=n) for n in range(10)]
    assert codes(gifts[3], ScreeningContext(of_donor=gifts)) == ["small_donor"]
    assert codes(gifts[3], ScreeningContext(of_donor=gifts[:9])) == []


def test_the_same_sum_by_fifty_new_donors_is_a_sign_when_hardly_anything_else_came() -> None:
    ids = tuple(uuid4() for _ in range(60))
    (sign,) = signals(gift(88_00), ScreeningContext(same_sum=Burst(50, 62, ids)), LIMITS)
    assert (sign.code, sign.evidence["count"], sign.evidence["of"]) == ("same_sum", 50, 62)
    assert sign.evidence["amount_minor"] == 88_00
    assert len(sign.evidence["donations"]) == 50, "evidence stays short"


def test_a_crowd_with_many_sums_and_a_small_crowd_are_no_signal() -> None:
    assert codes(gift(), ScreeningContext(same_sum=Burst(50, 63))) == []
    assert codes(gift(), ScreeningContext(same_sum=Burst(49, 49))) == []


def test_five_gifts_just_at_the_cap_are_a_sign() -> None:
    gifts = [gift(amount, cap=100_00) for amount in (100_00, 98_00, 99_00, 100_00, 99_99)]
    (sign,) = signals(gifts[1], ScreeningContext(of_instrument=gifts[:3], of_donor=gifts[1:]), LIMITS)
    assert (sign.code, sign.evidence["count"], sign.evidence["cap_minor"]) == ("at_cap", 5, 100_00)


def test_gifts_a_little_further_from_the_cap_are_none() -> None:
    gifts = [gift(100_00, cap=100_00) for _ in range(4)]
    below, above, free = gift(97_99, cap=100_00), gift(100_01, cap=100_00), gift(100_00)
    for donation in (below, above, free):
        assert codes(gifts[0], ScreeningContext(of_donor=[*gifts, donation])) == []
        assert codes(donation, ScreeningContext(of_donor=[*gifts, *gifts, donation])) == []


def test_three_refunds_after_match_by_one_person_are_a_sign_on_what_is_still_matched() -> None:
    taken = [gift(refunded=100_00), gift(refunded=1), gift(refunded=50_00)]
    still = gift()
    (sign,) = signals(still, ScreeningContext(of_instrument=[*taken, still]), LIMITS)
    assert (sign.code, sign.evidence["count"]) == ("refund_after_match", 3)
    assert sign.evidence["refunded_minor"] == 150_01
    assert codes(still, ScreeningContext(of_instrument=taken[1:], of_donor=[taken[1], still])) == []


def test_staff_of_the_executing_organisation_is_a_sign() -> None:
    assert codes(gift(), ScreeningContext(staff=True)) == ["staff"]


def test_fifty_times_the_same_sum_from_one_unit_is_a_sign() -> None:
    assert codes(gift(), ScreeningContext(unit=Burst(50, 60))) == ["unit_burst"]
    assert codes(gift(), ScreeningContext(unit=Burst(49, 49))) == []
    assert codes(gift(), ScreeningContext(unit=Burst(50, 63))) == []


def test_a_popular_village_and_a_partners_batch_of_equal_gifts_are_none() -> None:
    """The page offers sums to choose from: a thousand times the same one is no sign by the defaults."""
    for crowd in ("same_sum", "unit"):
        assert list(signals(gift(), ScreeningContext(**{crowd: Burst(1_000, 1_000)}), Thresholds())) == []
        assert len(list(signals(gift(), ScreeningContext(**{crowd: Burst(1_500, 1_500)}), Thresholds()))) == 1


def test_exceeding_a_donor_cap_by_instrument_is_a_signal_with_the_excess() -> None:
    over = CapUse(7, "donor_day_minor", 999_00, 1_100_00)
    (sign,) = signals(gift(), ScreeningContext(caps=[over]), LIMITS)
    assert sign.code == "instrument_cap"
    assert sign.evidence["over_minor"] == 101_00
    assert codes(gift(), ScreeningContext(caps=[over._replace(used_minor=999_00)])) == []


def test_thresholds_are_settings() -> None:
    donation = gift(30_00)
    limits = Thresholds(small_minor=30_00, small_count=1)
    assert [sign.code for sign in signals(donation, ScreeningContext(of_donor=[donation]), limits)] == [
        "small_donor"
    ]


def queue(count: int, amount_minor: int = 10_00, people: int = 99, **other: Any) -> list[MatchedDonation]:
    """Gifts through one device, a minute apart, by so many people in turn."""
    return [gift(amount_minor, minutes=n, **other)._replace(donor=f"donor {n % people}") for n in range(count)]


def device(gifts: list[MatchedDonation], limits: Thresholds = Thresholds()) -> list[Signal]:
    return list(signals(gifts[-1], ScreeningContext(of_device=gifts), limits))


def test_many_small_sums_through_one_device_are_a_sign_with_how_many_different_donors() -> None:
    limits = Thresholds(device_small_count=60)
    (sign,) = device(queue(61), limits)
    assert (sign.code, sign.evidence["count"], sign.evidence["donors"]) == ("small_device", 61, 61)
    assert sign.evidence["limits"]["device_small_count"] == 60
    assert "donor 1" not in str(sign.evidence), "who they are is not told"


def test_a_volunteers_tablet_with_a_queue_is_no_signal() -> None:
    """A gift a minute for six hours, all of them what the poster says is matched."""
    assert device(queue(360)) == []
    assert device(queue(180, 100_00, cap=100_00)) == []


def test_a_household_on_one_phone_is_no_signal_however_often_it_gives() -> None:
    assert device(queue(200, people=2), Thresholds(device_small_count=30)) == []
    assert [sign.code for sign in device(queue(200, people=3), Thresholds(device_small_count=30))] == [
        "small_device"
    ]


def test_sums_at_a_cap_and_gifts_taken_back_through_one_device_are_signs() -> None:
    limits = Thresholds(device_at_cap_count=20, device_refund_count=10)
    (sign,) = device(queue(20, 100_00, cap=100_00), limits)
    assert (sign.code, sign.evidence["cap_minor"]) == ("at_cap_device", 100_00)
    assert device(queue(19, 100_00, cap=100_00), limits) == []
    (sign,) = device(queue(10, 500_00, refunded=100_00), limits)
    assert (sign.code, sign.evidence["refunded_minor"]) == ("refund_device", 1_000_00)
    assert device(queue(9, 500_00, refunded=100_00), limits) == []


def test_a_signal_states_only_the_thresholds_that_it_was_judged_by() -> None:
    gifts = [gift(20_00, minutes=n) for n in range(10)]
    (sign,) = signals(gifts[0], ScreeningContext(of_instrument=gifts), LIMITS)
    assert sign.evidence["limits"] == {"small_minor": 20_00, "small_count": 10, "small_within_s": 3600}
    (sign,) = signals(gift(), ScreeningContext(unit=Burst(50, 60)), LIMITS)
    assert set(sign.evidence["limits"]) == {"unit_count", "unit_within_s", "unit_share_bps"}
    (sign,) = signals(gift(), ScreeningContext(staff=True), LIMITS)
    assert "limits" not in sign.evidence, "it counts nothing"


_amounts = st.integers(1, 10**12)
_counts = st.integers(0, 10**6)
_crowds = st.builds(Burst, _counts, _counts, st.lists(st.uuids(), max_size=3).map(tuple))
_gifts = st.builds(
    MatchedDonation,
    st.uuids(),
    _amounts,
    st.integers(0, 10**12),
    st.datetimes(timezones=st.just(UTC)),
    st.none() | _amounts,
    st.sampled_from("abc"),
)
_around = st.builds(
    ScreeningContext,
    st.lists(_gifts, max_size=6),
    st.lists(_gifts, max_size=6),
    st.lists(_gifts, max_size=6),
    _crowds,
    _crowds,
    st.booleans(),
    st.lists(st.builds(CapUse, st.integers(1), st.just("donor_minor"), _amounts, _amounts), max_size=2),
    st.lists(st.tuples(st.sampled_from(["donor", "instrument", "device"]), st.integers(1)), max_size=2),
)
_limits = st.builds(
    Thresholds,
    **{name: st.integers(0, 20_000) for name in Thresholds.__slots__},
)


@given(_gifts, _around, _limits)
def test_signals_never_raise_and_contain_only_numbers_and_ids(
    donation: MatchedDonation, around: ScreeningContext, limits: Thresholds
) -> None:
    raised = signals(donation, around, limits)
    assert raised == signals(donation, around, limits)
    for sign in raised:
        assert isinstance(sign, Signal)
        for name, value in sign.evidence.items():
            if name == "donations":
                assert all(isinstance(UUID(each), UUID) for each in value)
            elif name == "cap":
                assert value == "donor_minor"
            elif name == "limits":
                assert all(getattr(limits, setting) == judged for setting, judged in value.items())
            else:
                assert isinstance(value, int), name


@given(_gifts, _around, _limits, st.integers(1, 100))
def test_laxer_thresholds_never_give_more_signs(
    donation: MatchedDonation, around: ScreeningContext, limits: Thresholds, more: int
) -> None:
    counts = [name for name in Thresholds.__slots__ if name.endswith(("_count", "_donors"))]
    lax = Thresholds(**{n: getattr(limits, n) + (more if n in counts else 0) for n in Thresholds.__slots__})
    assert {sign.code for sign in signals(donation, around, lax)} <= {
        sign.code for sign in signals(donation, around, limits)
    }
