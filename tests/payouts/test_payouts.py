"""Released money is divided once, planned, approved by another person, sent, paid, and returned; the books hold
after every step."""

from datetime import date, timedelta

import pytest

from campaigns.closing.reconciliation.reconcile import compare
from campaigns.lifecycle.campaign import find_campaign
from campaigns.payouts import plans, remittances
from campaigns.payouts.allot import allot
from campaigns.payouts.failures import Failure, failures_of
from campaigns.payouts.figures import per_project, totals
from campaigns.payouts.rules import set_rules, set_split
from campaigns.payouts.split import Shares
from kernel.db import Tx
from kernel.errors import Conflict, Forbidden, Invalid
from tests.payouts.released import HOST_ACCOUNT, account, on_statement, release, sums
from tests.world import ACTOR, World

SPLIT = Shares(8_000, 1_500, 500)
BEGAN = timedelta(days=-1)


def split(world: World, project: int = 0, shares: Shares = SPLIT) -> None:
    world.do(set_split, world.projects[project], shares, world.clock.at + BEGAN, "agreed", ACTOR)


def split_from_now(world: World, project: int = 0) -> None:
    world.do(set_split, world.projects[project], SPLIT, None, "agreed", ACTOR)


@pytest.fixture
def released(world: World) -> World:
    """Two villages of one county got 100.01 each, one of them matched in full; another county got 50."""
    world.pot(100_01, scope={"projects": [world.projects[0]]})
    split(world)
    for project, amount_minor in ((0, 100_01), (1, 100_01), (2, 50_00)):
        world.pay(world.give(amount_minor, project))
    release(world)
    return world


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


def approved(world: World) -> int:
    account(world, "4101")
    account(world, "4102")
    account(world, "41", HOST_ACCOUNT)
    plan_id: int = world.do(plans.make_plan, world.slug, "maker").id
    world.do(plans.approve, plan_id, "checker")
    return plan_id


def test_a_plan_pays_counties_for_their_villages(released: World) -> None:
    plan = released.do(plans.make_plan, released.slug, "maker")
    rows = released.do(plans.remittances_of, plan.id)
    assert [(row.organisation_code, row.amount_minor) for row in rows] == [
        ("4101", 160_02 + 30_00 + 100_01),
        ("4102", 50_00),
    ]
    assert plan.total_minor == 340_03  # management cost stays with the host
    with pytest.raises(Conflict, match="plan_open"):
        released.do(plans.make_plan, released.slug, "maker")
    with pytest.raises(Conflict, match="payee_missing"):
        released.do(plans.approve, plan.id, "checker")
    assert sums(released).get("payable", 0) == 0
    released.check()


def test_a_host_may_pay_villages_themselves(released: World) -> None:
    released.do(set_rules, "41", {"lowest_payee": "village"}, ACTOR)
    plan = released.do(plans.make_plan, released.slug, "maker")
    paid = {row.organisation_code: row.amount_minor for row in released.do(plans.remittances_of, plan.id)}
    assert paid == {"41010101": 160_02, "410101": 30_00, "41010102": 100_01, "41020101": 50_00}


def test_the_maker_of_a_plan_does_not_approve_it(released: World) -> None:
    for code in ("4101", "4102"):
        account(released, code)
    plan = released.do(plans.make_plan, released.slug, "maker")
    with pytest.raises(Forbidden, match="plan_own"):
        released.do(plans.approve, plan.id, "maker")
    released.do(plans.approve, plan.id, "checker")
    with pytest.raises(Conflict, match="plan_state"):
        released.do(plans.approve, plan.id, "checker")
    released.check()


def test_money_is_paid_returned_and_paid_anew(released: World) -> None:
    plan_id = approved(released)
    assert sums(released)["payable"] == 340_03
    with pytest.raises(Conflict, match="nothing_to_pay"):
        released.do(plans.make_plan, released.slug, "maker")
    released.do(plans.send, plan_id, "maker")
    first, second = released.do(plans.remittances_of, plan_id)
    day = released.clock.at.date()
    with pytest.raises(Invalid, match="remittance_invalid"):
        released.do(remittances.mark_paid, first.id, "R-1", day + timedelta(days=2), "slip", "maker")
    for _ in range(2):
        released.do(remittances.mark_paid, first.id, "R-1", day, "slip", "maker")
    assert sums(released)["payable"] == 50_00
    assert sums(released)["bank"] == -1_000_000_00 + 290_03
    released.do(remittances.refuse, second.id, "account closed", "maker")
    for _ in range(2):
        released.do(remittances.mark_returned, first.id, day, "name differs", "maker")
    released.check()
    assert sums(released)["bank"] == -1_000_000_00
    assert [failure.paid_again_in for failure in released.do(failures_of, plan_id).values()] == [None, None]
    again = released.do(plans.make_plan, released.slug, "maker")
    assert again.total_minor == 340_03
    came_back, never_left = released.do(failures_of, plan_id).values()
    assert came_back == Failure(day, "", again.id)
    assert never_left == Failure(None, "", again.id)
    for refused, about in ((remittances.refuse, ()), (remittances.mark_returned, (day,))):
        with pytest.raises(Conflict, match="remittance_state"):
            released.do(refused, first.id, *about, "again", "maker")


def test_a_plan_that_was_not_sent_can_be_withdrawn(released: World) -> None:
    plan_id = approved(released)
    released.do(plans.withdraw, plan_id, "wrong account", "maker")
    assert "payable" not in sums(released)
    with pytest.raises(Conflict, match="plan_state"):
        released.do(plans.send, plan_id, "maker")
    released.check()


def test_a_plan_is_outdated_when_money_went_back(released: World) -> None:
    for code in ("4101", "4102"):
        account(released, code)
    plan = released.do(plans.make_plan, released.slug, "maker")
    gift = released.do(
        lambda tx: tx.scalar("SELECT id FROM donation WHERE project_id = :id", id=released.projects[2])
    )
    released.refund(gift, 50_00)
    allot(released.deps)
    with pytest.raises(Conflict, match="plan_outdated"):
        released.do(plans.approve, plan.id, "checker")
    released.check()


def test_a_refund_after_the_payout_is_owed_by_the_project(released: World) -> None:
    plan_id = approved(released)
    released.do(plans.send, plan_id, "maker")
    for row in released.do(plans.remittances_of, plan_id):
        released.do(remittances.mark_paid, row.id, "R", date(2026, 9, 9), "slip", "maker")
    gift = released.do(
        lambda tx: tx.scalar("SELECT id FROM donation WHERE project_id = :id", id=released.projects[2])
    )
    released.refund(gift, 50_00)
    assert allot(released.deps) == 0  # the share is empty: it is taken back from what comes later
    released.check()


def test_figures_per_project_and_in_all_agree(released: World) -> None:
    approved(released)
    campaign_id = released.do(find_campaign, released.slug).id
    rows, number = released.do(per_project, campaign_id)
    whole = released.do(totals, campaign_id)
    assert number == 3 and len(rows) == 3
    for name in whole._fields:
        assert sum(getattr(row.figures, name) for row in rows) == getattr(whole, name), name
    assert (whole.raised_minor, whole.matched_minor, whole.payable_minor) == (250_02, 100_01, 340_03)
    assert (whole.left_minor, whole.management_minor) == (0, 10_00)
    assert [row.figures.moved_minor for row in rows] == [0, 0, 0]


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
