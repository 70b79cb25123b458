"""Where a donation is matched: promises that hold for all rules, pots and gifts, and cases told one by one."""

from hypothesis import given, settings
from hypothesis import strategies as st

from matching.allocate import (
    Allocation,
    AllocationRequest,
    Capacity,
    Cut,
    Offer,
    allocate,
    matched_base,
    serving_offers,
)
from matching.rules import CAPS, Caps, Rules, Scope
from tests.matching.offers import HERE, ME, PLENTY, Held, gifts, pots

ANY = Scope()
many = settings(deadline=None, max_examples=200)


def _gift(amount_minor: int, **other: object) -> AllocationRequest:
    return AllocationRequest(amount_minor, HERE, "me", "2026-09-09")._replace(**other)  # type: ignore[arg-type]


def _ratios(offers: list[Offer]) -> dict[int, int]:
    return {offer.pot_id: offer.rules.ratio_bps for offer in offers}


@given(gifts, pots())
@many
def test_every_fen_is_matched_at_most_once(gift: AllocationRequest, held: Held) -> None:
    offers, book = held.offers, held.book()
    found = allocate(gift, offers, book)
    ratio = _ratios(offers)
    assert sum(matched_base(one.given_minor, ratio[one.pot_id]) for one in found.considered) <= gift.amount_minor
    assert found.matched_minor == sum(one.given_minor for one in found.considered)


@given(gifts, pots())
@many
def test_no_pot_gives_what_it_has_not_or_may_not(gift: AllocationRequest, held: Held) -> None:
    offers, book = held.offers, held.book()
    rules = {offer.pot_id: offer.rules for offer in offers}
    for one in allocate(gift, offers, book).considered:
        mine = rules[one.pot_id]
        assert 0 <= one.given_minor <= max(book.available[one.pot_id], 0)
        assert one.given_minor <= one.due_minor
        assert one.given_minor * 10_000 <= one.base_minor * mine.ratio_bps
        if one.given_minor:
            assert gift.amount_minor >= mine.minimum_minor
            assert mine.caps.donation_minor is None or one.given_minor <= mine.caps.donation_minor
            for (pot, name), used in held.used.items():
                limit = getattr(mine.caps, name)
                assert pot != one.pot_id or limit is None or used + one.given_minor <= limit


@given(gifts, pots())
@many
def test_a_later_pot_gives_only_what_earlier_ones_could_not(gift: AllocationRequest, held: Held) -> None:
    offers, book = held.offers, held.book()
    ratio = _ratios(offers)
    left = gift.amount_minor
    found = allocate(gift, offers, book)
    assert [one.pot_id for one in found.considered] == [offer.pot_id for offer in offers][: len(found.considered)]
    for one in found.considered:
        assert one.base_minor == left > 0
        uncut = left * ratio[one.pot_id] // 10_000
        assert one.given_minor == uncut or one.cuts  # who gives less says why
        left -= matched_base(one.given_minor, ratio[one.pot_id])
    assert left == 0 or len(found.considered) == len(offers)


@given(gifts, pots())
@many
def test_each_cut_says_what_limited(gift: AllocationRequest, held: Held) -> None:
    offers, book = held.offers, held.book()
    rules = {offer.pot_id: offer.rules for offer in offers}
    for one in allocate(gift, offers, book).considered:
        mine = rules[one.pot_id]
        for cut in one.cuts:
            if cut.by == "pot":
                assert cut.left_minor == one.before_minor < one.due_minor
            elif cut.by == "minimum_minor":
                assert cut == ("minimum_minor", mine.minimum_minor, gift.amount_minor)
            else:
                assert cut.limit_minor == getattr(mine.caps, cut.by)
                assert one.due_minor <= cut.left_minor <= cut.limit_minor
        if one.cuts and one.cuts[-1].by not in ("pot", "minimum_minor"):
            assert one.given_minor == one.due_minor == one.cuts[-1].left_minor


@given(gifts, pots())
@settings(many, max_examples=500)
def test_short_exactly_when_bottomless_pots_give_more(gift: AllocationRequest, held: Held) -> None:
    offers, book = held.offers, held.book()
    found, most = allocate(gift, offers, book), allocate(gift, offers, held.bottomless())
    assert found.short is (most.matched_minor > found.matched_minor)
    assert not most.short


@given(gifts, pots(ratio=st.just(10_000)), st.data())
@many
def test_a_bigger_pot_never_means_less_match(gift: AllocationRequest, held: Held, data: st.DataObject) -> None:
    offers, book = held.offers, held.book()
    pot = data.draw(st.sampled_from(offers)).pot_id
    bigger = held.bigger(pot, data.draw(st.integers(1, 3_000)))
    assert allocate(gift, offers, bigger).matched_minor >= allocate(gift, offers, book).matched_minor


@given(gifts, pots(), st.data())
@many
def test_a_bigger_pot_gives_no_less_itself_whatever_the_ratios(
    gift: AllocationRequest, held: Held, data: st.DataObject
) -> None:
    offers, book = held.offers, held.book()
    pot = data.draw(st.sampled_from(offers)).pot_id
    bigger = held.bigger(pot, data.draw(st.integers(1, 3_000)))
    assert _given(allocate(gift, offers, bigger), pot) >= _given(allocate(gift, offers, book), pot)


def _given(found: Allocation, pot: int) -> int:
    return sum(one.given_minor for one in found.considered if one.pot_id == pot)


@given(st.lists(gifts, min_size=1, max_size=6), pots())
@many
def test_a_batch_never_gives_more_than_pots_and_caps_hold(batch: list[AllocationRequest], held: Held) -> None:
    offers, book = held.offers, held.book()
    start = dict(held.available)
    given: dict[int, int] = dict.fromkeys(start, 0)
    for gift in batch:
        found = allocate(gift, offers, book)
        book.take(gift, found)
        for one in found.considered:
            given[one.pot_id] += one.given_minor
    for offer in offers:
        pot, caps = offer.pot_id, offer.rules.caps
        assert book.available[pot] == start[pot] - given[pot]
        assert given[pot] <= max(start[pot], 0)
        for index, name in enumerate(CAPS):
            if name in ME:
                limit, before = getattr(caps, name), held.used[pot, name]
                assert book.used[index].get(ME[name], {}).get(pot, 0) == before + given[pot]
                assert limit is None or given[pot] <= max(limit - before, 0)


@given(gifts, pots())
@many
def test_allocating_changes_nothing_and_asking_again_for_the_rest_finds_nothing(
    gift: AllocationRequest, held: Held
) -> None:
    offers, book = held.offers, held.book()
    found = allocate(gift, offers, book)
    assert book.available == held.available
    assert allocate(gift, offers, book) == found
    book.take(gift, found)
    ratio = _ratios(offers)
    base = sum(matched_base(one.given_minor, ratio[one.pot_id]) for one in found.considered)
    prior = {one.pot_id: one.given_minor for one in found.considered}
    again = allocate(gift._replace(matched_base_minor=base, prior=prior), offers, book)
    assert again.matched_minor == 0 or min(ratio.values()) < 10_000


def _offer(pot: int, rank: int = 1, ratio_bps: int = 10_000, scope: Scope = ANY, **caps: int) -> Offer:
    named = {f"{name}_minor": value for name, value in caps.items() if name != "minimum"}
    return Offer.of(pot, pot, Rules(ratio_bps, scope, caps.get("minimum", 0), Caps(**named)), rank)


def test_rank_comes_first_and_the_older_of_equals() -> None:
    offers = [_offer(1, rank=2), _offer(4), _offer(3), _offer(2, scope=Scope(levels=("city",)))]
    assert [offer.pot_id for offer in serving_offers(offers, HERE)] == [3, 4, 1]


def test_a_richer_ratio_behind_a_poor_pot_does_not_hide_that_it_was_short() -> None:
    """The whole gift is matched, but the first pot would have given ten to one."""
    offers = [_offer(1, ratio_bps=100_000), _offer(2)]
    found = allocate(_gift(100), offers, Capacity({1: 10, 2: PLENTY}))
    assert (found.matched_minor, found.short) == (10 + 99, True)


def test_a_fen_that_rounding_hides_is_short_all_the_same() -> None:
    """Had the first pot its fen, half a match of 101 would leave one over for the last: 1 + 50 + 1."""
    offers = [_offer(1, donation=1), _offer(2, ratio_bps=5_000), _offer(3)]
    found = allocate(_gift(102), offers, Capacity({1: 0, 2: PLENTY, 3: PLENTY}))
    assert (found.matched_minor, found.short) == (51, True)
    assert [one.pot_id for one in found.considered] == [1, 2]  # nothing was left to ask the last pot for


def test_a_gift_below_the_minimum_is_not_short() -> None:
    found = allocate(_gift(99), [_offer(1, minimum=100)], Capacity({1: 0}))
    assert (found.matched_minor, found.short) == (0, False)
    assert found.considered[0].cuts == (Cut("minimum_minor", 100, 99),)


def test_a_cap_is_not_short_and_an_empty_pot_is() -> None:
    assert not allocate(_gift(100), [_offer(1, donation=40)], Capacity({1: 1_000})).short
    found = allocate(_gift(100), [_offer(1, donation=40)], Capacity({1: 30}))
    assert (found.matched_minor, found.short) == (30, True)
    assert found.considered[0].cuts == (Cut("donation_minor", 40, 40), Cut("pot", 30, 30))


def test_what_a_pot_gave_before_counts_against_its_cap_per_donation() -> None:
    again = _gift(100, matched_base_minor=30, prior={1: 30})
    assert allocate(again, [_offer(1, donation=40)], Capacity({1: 1_000})).matched_minor == 10


def test_the_second_pot_fills_up_what_a_cap_left() -> None:
    found = allocate(_gift(100), [_offer(1, donation=40), _offer(2), _offer(3)], Capacity({1: 99, 2: 99, 3: 99}))
    assert [one.given_minor for one in found.considered] == [40, 60]


def test_half_a_match_uses_up_twice_its_sum() -> None:
    offers = [_offer(1, ratio_bps=5_000), _offer(2)]
    found = allocate(_gift(101), offers, Capacity({1: 30, 2: PLENTY}))
    assert [one.given_minor for one in found.considered] == [30, 41]
    assert matched_base(1, 30_000) == 1
    assert matched_base(3, 20_000) == 2
