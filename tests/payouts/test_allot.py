"""Released money is divided once, by the rules that applied when it was first divided; totals stay."""

from datetime import timedelta

import pytest

from campaigns.closing.reconciliation.reconcile import compare
from campaigns.payouts import plans
from campaigns.payouts.allot import allot
from campaigns.payouts.rules import set_rules, set_split
from campaigns.payouts.split import Shares
from kernel.db import Tx
from kernel.errors import Conflict, Invalid
from tests.payouts.released import SPLIT, on_statement, release, split, split_from_now, sums
from tests.world import ACTOR, World


def test_income_is_divided_once_and_totals_stay(released: World) -> None:
    before = released.totals()
    assert allot(released.deps) == 3
    # 200.02 by the rule: 160.016, 30.003, 10.001; the others are all the project's.
    assert sums(released) == {
        "bank": -1_000_000_00,
        "donations": 250_02,
        "allotted": -350_03,
        "share_project": 160_02 + 100_01 + 50_00,
        "share_township": 30_00,
        "share_management": 10_00,
    }
    assert allot(released.deps) == 0
    assert released.totals() == before
    released.check()


def test_nothing_is_divided_before_the_release(world: World) -> None:
    world.pay(world.give(100_00))
    assert allot(world.deps) == 0
    with pytest.raises(Conflict, match="campaign_phase"):
        world.do(plans.make_plan, world.slug, ACTOR)


def test_a_late_gift_is_divided_when_a_statement_shows_it(world: World) -> None:
    late, released = world.give(10_00), world
    world.pay(world.give(100_00))
    release(world)
    allot(released.deps)
    released.pay(late)
    assert released.view(late).status == "paid"
    assert allot(released.deps) == 0
    released.do(on_statement)
    released.do(compare)
    assert allot(released.deps) == 1
    released.check()


def test_a_refund_after_the_release_takes_its_parts_back(released: World) -> None:
    allot(released.deps)
    gift = released.do(
        lambda tx: tx.scalar("SELECT id FROM donation WHERE project_id = :id", id=released.projects[0])
    )
    released.refund(gift, 100_01)
    assert allot(released.deps) == 1
    kept = sums(released)
    assert kept["share_project"] == 100_01 + 50_00
    assert "share_township" not in kept
    released.check()


def test_a_host_may_let_gifts_bear_their_fees(released: World) -> None:
    released.do(set_rules, "41", {"fees_from": "gifts"}, ACTOR)
    allot(released.deps)
    assert sums(released)["share_fees"] == 60 + 60 + 30
    released.check()


def test_a_split_that_was_used_cannot_be_changed_backwards(released: World) -> None:
    allot(released.deps)
    with pytest.raises(Conflict, match="split_allotted"):
        split(released)
    released.do(set_split, released.projects[0], Shares(), None, "next year", ACTOR)  # control: from now on
    with pytest.raises(Invalid, match="split_invalid"):
        released.do(set_split, released.projects[0], Shares(5_000, 3_000, 2_000), None, "too much", ACTOR)
    assert allot(released.deps) == 0


def test_a_first_split_leaves_money_as_it_was_divided_before(world: World) -> None:
    world.pay(world.give(100_00))
    late = world.give(50_00)
    release(world)
    assert allot(world.deps) == 1
    split_from_now(world)
    assert allot(world.deps) == 0
    world.pay(late)
    world.do(on_statement)
    world.do(compare)
    assert allot(world.deps) == 1  # late money follows the rule of the first step
    assert (sums(world)["share_project"], sums(world).get("share_township")) == (150_00, None)
    world.check()


@pytest.mark.parametrize("ways", [("gifts", "host"), ("host", "gifts")])
def test_later_rules_do_not_change_who_bore_the_fees(world: World, ways: tuple[str, str]) -> None:
    world.pay(world.give(100_00))
    release(world)
    world.do(set_rules, "41", {"fees_from": ways[0]}, ACTOR)
    assert allot(world.deps) == 1
    before = sums(world)
    assert ("share_fees" in before) == (ways[0] == "gifts")
    world.do(set_rules, "41", {"fees_from": ways[1]}, ACTOR)
    assert allot(world.deps) == 0
    assert sums(world) == before
    world.check()


@pytest.mark.parametrize("bearer", ["gifts", "host"])
def test_fees_that_come_later_follow_who_bore_them_first(world: World, bearer: str) -> None:
    world.pay(world.give(1_00))  # its fee is less than a fen
    release(world)
    world.do(set_rules, "41", {"fees_from": bearer}, ACTOR)
    assert allot(world.deps) == 1
    world.do(set_rules, "41", {"fees_from": "host" if bearer == "gifts" else "gifts"}, ACTOR)
    world.do(late_fee)
    assert allot(world.deps) == (bearer == "gifts")
    assert sums(world).get("share_fees", 0) == (7 if bearer == "gifts" else 0)


def late_fee(tx: Tx) -> None:
    """The provider charges seven fen for the only gift afterwards."""
    tx.run(
        """INSERT INTO provider_line (provider, kind, line_id, source_id, payment_intent, donation_id, amount_minor,
                                      fee_minor, currency, occurred_at, fetched_at)
           SELECT provider, 'fee', 'late_fee', '', payment_intent, id, -7, 0, 'CNY', paid_at, paid_at
             FROM donation"""
    )


def test_a_split_that_begins_before_all_others_leaves_money_as_it_was_divided_before(world: World) -> None:
    later = world.clock.at + timedelta(minutes=5)
    world.do(set_split, world.projects[0], SPLIT, later + timedelta(days=9), "agreed", ACTOR)
    world.pay(world.give(100_00))
    release(world)
    assert allot(world.deps) == 1
    world.do(set_split, world.projects[0], Shares(), later, "agreed otherwise", ACTOR)
    assert allot(world.deps) == 0
    world.check()


def test_a_first_split_applies_to_earlier_money_that_is_not_divided(released: World) -> None:
    split_from_now(released, 1)
    allot(released.deps)
    assert sums(released)["share_township"] == 30_00 + 15_00
