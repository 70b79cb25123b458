"""Refunds take match back by what remains of the gift: any way there ends at the same place."""

from itertools import accumulate
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from matching.allocate import allocate, matched_base
from matching.reservations import ReservedPart, Surplus, surplus
from tests.matching.offers import Held, gifts, pots

DONATION = UUID(int=1)
Ratios = dict[int, int]
many = settings(deadline=None, max_examples=200)


def _part(number: int, amount_minor: int, returned_minor: int = 0, state: str = "captured") -> ReservedPart:
    return ReservedPart(number, DONATION, number, number, 1, amount_minor, returned_minor, state)


@st.composite
def matched(draw: st.DrawFn) -> tuple[int, list[ReservedPart], Ratios]:
    """A donation that random pots matched, so that its parts are what allocation makes."""
    gift, held = draw(gifts), draw(pots())
    assert isinstance(held, Held)
    found = allocate(gift, held.offers, held.book())
    ratios = {offer.pot_id: offer.rules.ratio_bps for offer in held.offers}
    return gift.amount_minor, [_part(one.pot_id, one.given_minor) for one in found.parts], ratios


def _after(parts: list[ReservedPart], taken: list[Surplus]) -> list[ReservedPart]:
    back = {one.part.reservation_id: one.amount_minor for one in taken}
    return [one._replace(returned_minor=one.returned_minor + back.get(one.reservation_id, 0)) for one in parts]


def _live(parts: list[ReservedPart]) -> list[int]:
    return [one.live_minor for one in parts]


@given(matched(), st.data())
@many
def test_any_sequence_of_part_refunds_ends_like_one_of_their_sum(
    given_: tuple[int, list[ReservedPart], Ratios], data: st.DataObject
) -> None:
    amount, parts, ratios = given_
    steps = data.draw(st.lists(st.integers(1, amount), max_size=6, unique=True).map(sorted))
    kept = [amount - refunded for refunded in steps]
    slowly = list(accumulate(kept, lambda held, left: _after(held, surplus(left, held, ratios)), initial=parts))[-1]
    at_once = _after(parts, surplus(min(kept, default=amount), parts, ratios))
    assert _live(slowly) == _live(at_once)


@given(matched(), st.data())
@many
def test_what_stays_fits_what_remains_and_nothing_is_negative(
    given_: tuple[int, list[ReservedPart], Ratios], data: st.DataObject
) -> None:
    amount, parts, ratios = given_
    kept = data.draw(st.integers(0, amount))
    left = _after(parts, surplus(kept, parts, ratios))
    assert sum(matched_base(one.live_minor, ratios[one.rules_id]) for one in left) <= kept
    assert all(0 <= one.returned_minor <= one.amount_minor for one in left)
    assert surplus(kept, left, ratios) == []  # told twice, it changes nothing
    if kept == 0:
        assert _live(left) == [0] * len(left)


@given(matched(), st.data())
@many
def test_the_last_pot_gives_back_first_and_no_more_than_it_must(
    given_: tuple[int, list[ReservedPart], Ratios], data: st.DataObject
) -> None:
    amount, parts, ratios = given_
    kept = data.draw(st.integers(0, amount))
    left = _after(parts, surplus(kept, parts, ratios))
    touched = [index for index, one in enumerate(left) if one.returned_minor]
    if not touched:
        return
    first = touched[0]
    assert all(one.live_minor == 0 for one in left[first + 1 :])
    ratio = ratios[left[first].rules_id]
    before = sum(matched_base(one.live_minor, ratios[one.rules_id]) for one in left[:first])
    assert matched_base(left[first].live_minor + 1, ratio) > kept - before  # one fen more would not fit


@given(matched())
@many
def test_without_a_refund_nothing_is_taken(given_: tuple[int, list[ReservedPart], Ratios]) -> None:
    amount, parts, ratios = given_
    assert surplus(amount, parts, ratios) == []


def test_a_gift_matched_in_part_keeps_its_match_while_enough_remains() -> None:
    parts, ratios = [_part(1, 60)], {1: 10_000}
    assert surplus(60, parts, ratios) == []
    assert [one.amount_minor for one in surplus(59, parts, ratios)] == [1]


def test_two_pots_and_odd_ratios() -> None:
    """300 fen: the first pot doubled 100 of them, the second matched 200 at one half."""
    parts, ratios = [_part(1, 200), _part(2, 100)], {1: 20_000, 2: 5_000}
    assert [(one.part.pot_id, one.amount_minor) for one in surplus(299, parts, ratios)] == [(2, 1)]
    assert [(one.part.pot_id, one.amount_minor) for one in surplus(99, parts, ratios)] == [(2, 100), (1, 2)]


def test_a_released_reservation_is_no_match() -> None:
    assert surplus(0, [_part(1, 50, state="released")], {1: 10_000}) == []
