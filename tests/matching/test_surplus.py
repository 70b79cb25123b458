"""Refunds take match back by what remains of the donation: any way there ends at the same place."""

from itertools import accumulate
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from matching.allocate import allocate, matched_base
from matching.reservations import ReservedPart, Surplus, surplus
from tests.matching.offers import PotSetup, donations, pots

DONATION = UUID(int=1)
Ratios = dict[int, int]


def _part(number: int, amount_minor: int, returned_minor: int = 0, state: str = "captured") -> ReservedPart:
    return ReservedPart(number, DONATION, number, number, 1, amount_minor, returned_minor, state)


@st.composite
def matched(draw: st.DrawFn) -> tuple[int, list[ReservedPart], Ratios]:
    """A donation that random pots matched, so that its parts are what allocation makes."""
    donation, setup = draw(donations), draw(pots())
    assert isinstance(setup, PotSetup)
    allocation = allocate(donation, setup.offers, setup.capacity())
    ratios = {offer.pot_id: offer.rules.ratio_bps for offer in setup.offers}
    return donation.amount_minor, [_part(part.pot_id, part.given_minor) for part in allocation.parts], ratios


def _after(parts: list[ReservedPart], surpluses: list[Surplus]) -> list[ReservedPart]:
    returned = {item.part.reservation_id: item.amount_minor for item in surpluses}
    return [
        part._replace(returned_minor=part.returned_minor + returned.get(part.reservation_id, 0)) for part in parts
    ]


def _live(parts: list[ReservedPart]) -> list[int]:
    return [part.live_minor for part in parts]


@given(matched(), st.data())
def test_any_sequence_of_part_refunds_ends_like_one_of_their_sum(
    donation: tuple[int, list[ReservedPart], Ratios], data: st.DataObject
) -> None:
    amount, parts, ratios = donation
    steps = data.draw(st.lists(st.integers(1, amount), max_size=6, unique=True).map(sorted))
    kept = [amount - refunded for refunded in steps]
    steps_of = accumulate(kept, lambda had, left: _after(had, surplus(left, had, ratios)), initial=parts)
    slowly = list(steps_of)[-1]
    at_once = _after(parts, surplus(min(kept, default=amount), parts, ratios))
    assert _live(slowly) == _live(at_once)


@given(matched(), st.data())
def test_match_that_stays_fits_the_rest_of_the_donation(
    donation: tuple[int, list[ReservedPart], Ratios], data: st.DataObject
) -> None:
    amount, parts, ratios = donation
    kept = data.draw(st.integers(0, amount))
    left = _after(parts, surplus(kept, parts, ratios))
    assert sum(matched_base(part.live_minor, ratios[part.rules_id]) for part in left) <= kept
    assert all(0 <= part.returned_minor <= part.amount_minor for part in left)
    assert surplus(kept, left, ratios) == []  # applied twice, it changes nothing
    if kept == 0:
        assert _live(left) == [0] * len(left)


@given(matched(), st.data())
def test_the_last_pot_gives_back_first_and_no_more_than_it_must(
    donation: tuple[int, list[ReservedPart], Ratios], data: st.DataObject
) -> None:
    amount, parts, ratios = donation
    kept = data.draw(st.integers(0, amount))
    left = _after(parts, surplus(kept, parts, ratios))
    touched = [index for index, part in enumerate(left) if part.returned_minor]
    if not touched:
        return
    first = touched[0]
    assert all(part.live_minor == 0 for part in left[first + 1 :])
    ratio = ratios[left[first].rules_id]
    before = sum(matched_base(part.live_minor, ratios[part.rules_id]) for part in left[:first])
    assert matched_base(left[first].live_minor + 1, ratio) > kept - before  # one fen more would not fit


@given(matched())
def test_without_a_refund_nothing_is_taken(donation: tuple[int, list[ReservedPart], Ratios]) -> None:
    amount, parts, ratios = donation
    assert surplus(amount, parts, ratios) == []


def test_a_donation_matched_in_part_keeps_its_match_while_enough_remains() -> None:
    parts, ratios = [_part(1, 60)], {1: 10_000}
    assert surplus(60, parts, ratios) == []
    assert [item.amount_minor for item in surplus(59, parts, ratios)] == [1]


def test_two_pots_and_odd_ratios() -> None:
    """300 fen: the first pot doubled 100 of them, the second matched 200 at one half."""
    parts, ratios = [_part(1, 200), _part(2, 100)], {1: 20_000, 2: 5_000}
    assert [(item.part.pot_id, item.amount_minor) for item in surplus(299, parts, ratios)] == [(2, 1)]
    assert [(item.part.pot_id, item.amount_minor) for item in surplus(99, parts, ratios)] == [(2, 100), (1, 2)]


def test_a_released_reservation_is_no_match() -> None:
    assert surplus(0, [_part(1, 50, state="released")], {1: 10_000}) == []
