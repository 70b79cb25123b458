"""Match moves to better pots, and nothing else changes: totals, caps, scope, and twice is once."""

from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from campaigns import pots
from campaigns.closing import redistribute as moving
from campaigns.closing.redistribute import redistribute
from campaigns.donations.explain import explain
from campaigns.lifecycle.campaign import find_campaign, lock_campaign
from kernel.db import Tx
from matching.allocate import AllocationRequest, Capacity, Offer
from matching.reallocate import reallocate
from matching.requests import LiveMatch
from matching.rules import Caps, Rules
from tests.matching.kinds import by_pot, moved, offered, paid, proven
from tests.matching.offers import HERE
from tests.races.runners import Meeting, at_once, errors, meet_before, read_free_accounts
from tests.world import ACTOR, SLUG, VILLAGES, World


def test_freed_money_of_a_better_pot_takes_over(world: World) -> None:
    best, worse = world.pot(100_00), world.pot(300_00, rank=2)
    first = paid(world, 100_00)
    second = paid(world, 80_00)
    third = paid(world, 60_00)
    world.refund(first, 100_00)
    assert moved(world) == 2
    assert by_pot(world, second) == {best: 80_00}
    assert by_pot(world, third) == {best: 20_00, worse: 40_00}
    assert [world.view(donation).captured_minor for donation in (second, third)] == [80_00, 60_00]
    assert moved(world) == 0
    assert world.pots()[worse].available_minor == 260_00
    assert proven(world) == 5


def test_money_freed_by_a_move_serves_another_move(world: World) -> None:
    """Three ranks: an older donation fits only once a younger one has left the second pot."""
    best = world.pot(50_00, scope={"under": [VILLAGES[1]]})
    middle, last = world.pot(50_00, rank=2), world.pot(500_00, rank=3)
    gone = paid(world, 50_00, project=1)
    young = paid(world, 50_00, project=1)
    old = paid(world, 50_00, project=0)
    assert (by_pot(world, young), by_pot(world, old)) == ({middle: 50_00}, {last: 50_00})
    world.do(_paid_earlier, old.id, world.clock.at)
    world.refund(gone, 50_00)
    assert moved(world) == 2
    assert (by_pot(world, young), by_pot(world, old)) == ({best: 50_00}, {middle: 50_00})
    proven(world)


def _paid_earlier(tx: Tx, donation_id: Any, at: Any) -> None:
    """The provider's clock says that this one was paid a minute before (it arrived later)."""
    tx.run("UPDATE donation SET paid_at = :at - interval '1 minute' WHERE id = :id", at=at, id=donation_id)


def test_caps_minimum_and_scope_of_the_better_pot_hold(world: World) -> None:
    best = world.pot(100_00, minimum_minor=21_00, donation=25_00, donor=40_00, project=60_00)
    worse = world.pot(900_00, rank=2)
    gone = [paid(world, 40_00, email=f"gone{n}@example.org") for n in range(4)]
    assert sum(by_pot(world, donation).get(best, 0) for donation in gone) == 60_00
    same = [paid(world, 40_00, email="same@example.org") for _ in range(2)]
    small = paid(world, 20_00, email="small@example.org")
    for donation in gone:
        world.refund(donation, 40_00)
    moved(world)
    assert [by_pot(world, donation) for donation in same] == [
        {best: 25_00, worse: 15_00},
        {best: 15_00, worse: 25_00},
    ]
    assert by_pot(world, small) == {worse: 20_00}
    proven(world)


def test_a_lower_ratio_takes_nothing_over_a_higher_one_does(world: World) -> None:
    low = world.pot(100_00, ratio_bps=5_000)
    equal = world.pot(400_00, rank=2)
    first = paid(world, 200_00)
    second = paid(world, 50_00)
    world.refund(first, 200_00)
    assert by_pot(world, second) == {equal: 50_00}
    assert moved(world) == 0  # the low pot has 100 yuan and takes none
    high = world.pot(1, ratio_bps=20_000, rank=1)
    assert moved(world) == 1
    assert by_pot(world, second) == {high: 1, equal: 49_99}
    assert world.pots()[low].available_minor == 100_00
    proven(world)


def test_closing_reoffers_and_redistributes_until_neither_moves(world: World) -> None:
    """A move frees a wide pot for a donor whom the better pot does not serve."""
    best = world.pot(100_00, scope={"under": [VILLAGES[0]]})
    worse = world.pot(100_00, rank=2)
    gone = paid(world, 100_00)
    served = paid(world, 100_00)
    unserved = paid(world, 100_00, project=2)
    assert world.view(unserved).captured_minor == 0
    world.refund(gone, 100_00)
    world.clock.advance(hours=40)
    world.close()
    world.close()
    assert (by_pot(world, served), by_pot(world, unserved)) == ({best: 100_00}, {worse: 100_00})
    assert (moved(world), offered(world)) == (0, 0)
    proven(world)


def test_the_story_says_from_where_match_moved(world: World) -> None:
    best, worse = world.pot(50_00), world.pot(50_00, rank=2)
    gone, stays = paid(world, 50_00), paid(world, 50_00)
    world.refund(gone, 50_00)
    moved(world)
    last = world.do(explain, stays.id).decisions[-1]
    assert last.cause == "redistribute"
    assert [(line.pot_id, line.given_minor, line.moved_from) for line in last.pots if line.evaluated] == [
        (best, 50_00, worse)
    ]


def test_a_refund_after_a_move_takes_the_match_from_where_it_is(world: World) -> None:
    best, worse = world.pot(50_00), world.pot(90_00, rank=2)
    gone, stays = paid(world, 50_00), paid(world, 90_00)
    world.refund(gone, 50_00)
    moved(world)
    assert by_pot(world, stays) == {best: 50_00, worse: 40_00}
    world.refund(stays, 20_00)
    assert world.view(stays).captured_minor == 70_00
    world.refund(stays, 90_00)
    assert {pot.id: pot.available_minor for pot in world.pots().values()} == {best: 50_00, worse: 90_00}
    proven(world)


def _contested(world: World) -> None:
    """Many donations in the worse pot, and a better one that can take half."""
    world.pot(100_00)
    world.pot(900_00, rank=2)
    gone = paid(world, 100_00)
    for _ in range(8):
        paid(world, 25_00)
    world.refund(gone, 100_00)


def test_two_redistributions_at_once_move_once(world: World) -> None:
    _contested(world)

    def act() -> int:
        return int(world.do(lambda tx: redistribute(tx, lock_campaign(tx, SLUG))))

    assert sorted(at_once(act, act)) == [0, 4]
    proven(world)


def test_without_the_lock_both_would_move(world: World, monkeypatch: Any) -> None:
    """The control: neither the campaign nor the pots locked, and both find the same money. The books' floor then
    stops donation, which is the second defence."""
    _contested(world)
    monkeypatch.setattr(moving, "lock_free_accounts", read_free_accounts)
    monkeypatch.setattr("campaigns.closing.reoffer.lock_free_accounts", read_free_accounts)
    meet_before(monkeypatch, Meeting(patience_s=3), moving, "post")
    answers = at_once(*[lambda: world.do(lambda tx: redistribute(tx, find_campaign(tx, SLUG)))] * 2)
    assert errors(answers), answers
    world.check()


ratio = st.one_of(st.sampled_from([10_000, 15_000, 20_000, 3_333, 9_999]), st.integers(1, 100_000))


@given(
    amount=st.integers(1, 5_000),
    ratios=st.tuples(ratio, ratio, ratio),
    matched=st.tuples(st.integers(1, 5_000), st.integers(0, 5_000)),
    free=st.integers(0, 4_000),
    cap=st.one_of(st.none(), st.integers(1, 3_000)),
)
# Two parts, each rounded up by itself, would need a fen more than the gift.
@example(amount=2, ratios=(15_000, 15_000, 10_000), matched=(3, 0), free=1, cap=None)
def test_a_move_never_needs_more_of_the_gift_nor_breaks_a_cap(
    amount: int, ratios: Any, matched: Any, free: int, cap: int | None
) -> None:
    low, high, third = min(ratios[:2]), max(ratios[:2]), ratios[2]
    source, other = LiveMatch(9, low, matched[0]), LiveMatch(8, third, matched[1])
    if source.base_minor + other.base_minor > amount:
        return  # such match could not have come to be
    offer = Offer.of(1, 11, Rules(high, caps=Caps(donation_minor=cap)), 1)
    result = reallocate(
        AllocationRequest(amount, HERE, "me", "2026-09-09"), source, [other], offer, Capacity({1: free})
    )
    if result is None:
        if free >= source.amount_minor and cap is None:
            raise AssertionError("what fits as a whole must move")
        return
    given_minor = result.matched_minor
    assert 0 < given_minor <= min(source.amount_minor, free, cap or given_minor)
    rest = source._replace(amount_minor=source.amount_minor - given_minor)
    assert rest.base_minor + LiveMatch(1, high, given_minor).base_minor + other.base_minor <= amount


def test_rank_of_later_pots_counts_not_their_age(world: World) -> None:
    """A better pot that came during the day takes over at the end."""
    worse = world.pot(200_00, rank=5)
    stays = paid(world, 60_00)
    better = world.pot(40_00, rank=1)
    world.do(pots.reduce, better, 5_00, ACTOR)
    assert moved(world) == 1
    assert by_pot(world, stays) == {better: 35_00, worse: 25_00}
    proven(world)
