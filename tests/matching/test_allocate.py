"""Where a donation is matched: properties that hold for all rules, pots and donations, and single cases."""

from hypothesis import given
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
from tests.matching.offers import HERE, ME, PLENTY, PotSetup, donations, pots

ANY = Scope()


def _donation(amount_minor: int, **other: object) -> AllocationRequest:
    return AllocationRequest(amount_minor, HERE, "me", "2026-09-09")._replace(**other)  # type: ignore[arg-type]


def _ratios(offers: list[Offer]) -> dict[int, int]:
    return {offer.pot_id: offer.rules.ratio_bps for offer in offers}


@given(donations, pots())
def test_every_fen_is_matched_at_most_once(donation: AllocationRequest, setup: PotSetup) -> None:
    offers, capacity = setup.offers, setup.capacity()
    allocation = allocate(donation, offers, capacity)
    ratio = _ratios(offers)
    assert (
        sum(matched_base(part.given_minor, ratio[part.pot_id]) for part in allocation.evaluations)
        <= donation.amount_minor
    )
    assert allocation.matched_minor == sum(part.given_minor for part in allocation.evaluations)


@given(donations, pots())
def test_no_pot_gives_what_it_has_not_or_may_not(donation: AllocationRequest, setup: PotSetup) -> None:
    offers, capacity = setup.offers, setup.capacity()
    rules = {offer.pot_id: offer.rules for offer in offers}
    for part in allocate(donation, offers, capacity).evaluations:
        own = rules[part.pot_id]
        assert 0 <= part.given_minor <= max(capacity.available[part.pot_id], 0)
        assert part.given_minor <= part.due_minor
        assert part.given_minor * 10_000 <= part.base_minor * own.ratio_bps
        if part.given_minor:
            assert donation.amount_minor >= own.minimum_minor
            assert own.caps.donation_minor is None or part.given_minor <= own.caps.donation_minor
            for (pot, name), used in setup.used.items():
                limit = getattr(own.caps, name)
                assert pot != part.pot_id or limit is None or used + part.given_minor <= limit


@given(donations, pots())
def test_a_later_pot_gives_only_what_earlier_ones_could_not(donation: AllocationRequest, setup: PotSetup) -> None:
    offers, capacity = setup.offers, setup.capacity()
    ratio = _ratios(offers)
    left = donation.amount_minor
    allocation = allocate(donation, offers, capacity)
    assert [part.pot_id for part in allocation.evaluations] == [offer.pot_id for offer in offers][
        : len(allocation.evaluations)
    ]
    for part in allocation.evaluations:
        assert part.base_minor == left > 0
        uncut = left * ratio[part.pot_id] // 10_000
        assert part.given_minor == uncut or part.cuts  # who gives less says why
        left -= matched_base(part.given_minor, ratio[part.pot_id])
    assert left == 0 or len(allocation.evaluations) == len(offers)


@given(donations, pots())
def test_each_cut_says_what_limited(donation: AllocationRequest, setup: PotSetup) -> None:
    offers, capacity = setup.offers, setup.capacity()
    rules = {offer.pot_id: offer.rules for offer in offers}
    for part in allocate(donation, offers, capacity).evaluations:
        own = rules[part.pot_id]
        for cut in part.cuts:
            if cut.by == "pot":
                assert cut.left_minor == part.before_minor < part.due_minor
            elif cut.by == "minimum_minor":
                assert cut == ("minimum_minor", own.minimum_minor, donation.amount_minor)
            else:
                assert cut.limit_minor == getattr(own.caps, cut.by)
                assert part.due_minor <= cut.left_minor <= cut.limit_minor
        if part.cuts and part.cuts[-1].by not in ("pot", "minimum_minor"):
            assert part.given_minor == part.due_minor == part.cuts[-1].left_minor


@given(donations, pots())
def test_short_exactly_when_bottomless_pots_give_more(donation: AllocationRequest, setup: PotSetup) -> None:
    offers, capacity = setup.offers, setup.capacity()
    allocation, most = allocate(donation, offers, capacity), allocate(donation, offers, setup.bottomless())
    assert allocation.short is (most.matched_minor > allocation.matched_minor)
    assert not most.short


@given(donations, pots(ratio=st.just(10_000)), st.data())
def test_a_bigger_pot_never_means_less_match(
    donation: AllocationRequest, setup: PotSetup, data: st.DataObject
) -> None:
    offers, capacity = setup.offers, setup.capacity()
    pot = data.draw(st.sampled_from(offers)).pot_id
    bigger = setup.bigger(pot, data.draw(st.integers(1, 3_000)))
    assert allocate(donation, offers, bigger).matched_minor >= allocate(donation, offers, capacity).matched_minor


@given(donations, pots(), st.data())
def test_a_bigger_pot_gives_no_less_itself_whatever_the_ratios(
    donation: AllocationRequest, setup: PotSetup, data: st.DataObject
) -> None:
    offers, capacity = setup.offers, setup.capacity()
    pot = data.draw(st.sampled_from(offers)).pot_id
    bigger = setup.bigger(pot, data.draw(st.integers(1, 3_000)))
    assert _part_of(allocate(donation, offers, bigger), pot) >= _part_of(allocate(donation, offers, capacity), pot)


def _part_of(allocation: Allocation, pot: int) -> int:
    return sum(part.given_minor for part in allocation.evaluations if part.pot_id == pot)


@given(st.lists(donations, min_size=1, max_size=6), pots())
def test_a_batch_never_gives_more_than_pots_and_caps_hold(batch: list[AllocationRequest], setup: PotSetup) -> None:
    offers, capacity = setup.offers, setup.capacity()
    start = dict(setup.available)
    sums: dict[int, int] = dict.fromkeys(start, 0)
    for donation in batch:
        allocation = allocate(donation, offers, capacity)
        capacity.consume(donation, allocation)
        for part in allocation.evaluations:
            sums[part.pot_id] += part.given_minor
    for offer in offers:
        pot, caps = offer.pot_id, offer.rules.caps
        assert capacity.available[pot] == start[pot] - sums[pot]
        assert sums[pot] <= max(start[pot], 0)
        for index, name in enumerate(CAPS):
            if name in ME:
                limit, before = getattr(caps, name), setup.used[pot, name]
                assert capacity.used[index].get(ME[name], {}).get(pot, 0) == before + sums[pot]
                assert limit is None or sums[pot] <= max(limit - before, 0)


@given(donations, pots())
def test_allocating_changes_nothing_and_asking_again_for_the_rest_finds_nothing(
    donation: AllocationRequest, setup: PotSetup
) -> None:
    offers, capacity = setup.offers, setup.capacity()
    allocation = allocate(donation, offers, capacity)
    assert capacity.available == setup.available
    assert allocate(donation, offers, capacity) == allocation
    capacity.consume(donation, allocation)
    ratio = _ratios(offers)
    base = sum(matched_base(part.given_minor, ratio[part.pot_id]) for part in allocation.evaluations)
    prior = {part.pot_id: part.given_minor for part in allocation.evaluations}
    again = allocate(donation._replace(matched_base_minor=base, prior=prior), offers, capacity)
    assert again.matched_minor == 0 or min(ratio.values()) < 10_000


def _offer(pot: int, rank: int = 1, ratio_bps: int = 10_000, scope: Scope = ANY, **caps: int) -> Offer:
    named = {f"{name}_minor": value for name, value in caps.items() if name != "minimum"}
    return Offer.of(pot, pot, Rules(ratio_bps, scope, caps.get("minimum", 0), Caps(**named)), rank)


def test_rank_comes_first_and_the_older_of_equals() -> None:
    offers = [_offer(1, rank=2), _offer(4), _offer(3), _offer(2, scope=Scope(levels=("city",)))]
    assert [offer.pot_id for offer in serving_offers(offers, HERE)] == [3, 4, 1]


def test_a_richer_ratio_behind_a_poor_pot_does_not_hide_that_it_was_short() -> None:
    """The whole donation is matched, but the first pot would have given ten to one."""
    offers = [_offer(1, ratio_bps=100_000), _offer(2)]
    allocation = allocate(_donation(100), offers, Capacity({1: 10, 2: PLENTY}))
    assert (allocation.matched_minor, allocation.short) == (10 + 99, True)


def test_a_fen_that_rounding_hides_is_short_all_the_same() -> None:
    """Had the first pot its fen, half a match of 101 would leave one over for the last: 1 + 50 + 1."""
    offers = [_offer(1, donation=1), _offer(2, ratio_bps=5_000), _offer(3)]
    allocation = allocate(_donation(102), offers, Capacity({1: 0, 2: PLENTY, 3: PLENTY}))
    assert (allocation.matched_minor, allocation.short) == (51, True)
    assert [part.pot_id for part in allocation.evaluations] == [1, 2]  # nothing was left to ask the last pot for


def test_a_donation_below_the_minimum_is_not_short() -> None:
    allocation = allocate(_donation(99), [_offer(1, minimum=100)], Capacity({1: 0}))
    assert (allocation.matched_minor, allocation.short) == (0, False)
    assert allocation.evaluations[0].cuts == (Cut("minimum_minor", 100, 99),)


def test_a_cap_is_not_short_and_an_empty_pot_is() -> None:
    assert not allocate(_donation(100), [_offer(1, donation=40)], Capacity({1: 1_000})).short
    allocation = allocate(_donation(100), [_offer(1, donation=40)], Capacity({1: 30}))
    assert (allocation.matched_minor, allocation.short) == (30, True)
    assert allocation.evaluations[0].cuts == (Cut("donation_minor", 40, 40), Cut("pot", 30, 30))


def test_earlier_match_counts_against_the_cap_per_donation() -> None:
    again = _donation(100, matched_base_minor=30, prior={1: 30})
    assert allocate(again, [_offer(1, donation=40)], Capacity({1: 1_000})).matched_minor == 10


def test_the_second_pot_fills_up_what_a_cap_left() -> None:
    allocation = allocate(
        _donation(100), [_offer(1, donation=40), _offer(2), _offer(3)], Capacity({1: 99, 2: 99, 3: 99})
    )
    assert [part.given_minor for part in allocation.evaluations] == [40, 60]


def test_half_a_match_uses_up_twice_its_sum() -> None:
    offers = [_offer(1, ratio_bps=5_000), _offer(2)]
    allocation = allocate(_donation(101), offers, Capacity({1: 30, 2: PLENTY}))
    assert [part.given_minor for part in allocation.evaluations] == [30, 41]
    assert matched_base(1, 30_000) == 1
    assert matched_base(3, 20_000) == 2
