"""One donation's story agrees with how it stands, whenever and however its match was decided."""

from collections import Counter

from app.i18n.match_explanation import end_lines
from campaigns.donations.explain import Explanation, explain
from campaigns.donations.unpaid.expire import expire
from campaigns.donations.view import DonationView
from tests.closing.day import Day, clock, day
from tests.world import World

__all__ = ["clock", "day"]


def story(world: World, donation: DonationView) -> Explanation:
    """The explanation, after it was held against the standing and against itself."""
    explanation: Explanation = world.do(explain, donation.id)
    stands = world.view(donation)
    assert (explanation.status, explanation.amount_minor, explanation.refunded_minor) == (
        stands.status,
        stands.amount_minor,
        stands.refunded_minor,
    )
    assert (explanation.reserved_minor, explanation.captured_minor) == (
        stands.reserved_minor,
        stands.captured_minor,
    )
    for state, sum_ in (("reserved", explanation.reserved_minor), ("captured", explanation.captured_minor)):
        assert (
            sum(hold.amount_minor - hold.returned_minor for hold in explanation.holds if hold.state == state)
            == sum_
        )
    gone: Counter[int] = Counter()
    for left in explanation.returns:
        gone[left.pot_id] += left.amount_minor
    left: Counter[int] = Counter()
    for hold in explanation.holds:
        left[hold.pot_id] += hold.returned_minor
    assert +gone == +left
    matched = sum(line.given_minor for decision in explanation.decisions for line in decision.pots)
    assert matched == sum(hold.amount_minor for hold in explanation.holds)
    for decision in explanation.decisions:
        for line in decision.pots:
            assert line.before_minor - line.given_minor == line.after_minor
    assert explanation.history[-1].to_status == stands.status
    return explanation


def test_a_pledge_names_every_pot_and_every_cut(world: World) -> None:
    first = world.pot(500_00, rank=1, donation=30_00)
    other = world.pot(500_00, rank=2, scope={"under": ["4102"]})
    brand = world.pot(500_00, rank=2, scope={"tiers": ["brand"]})
    last = world.pot(50_00, rank=3)
    donation = world.give(100_00, 0)
    [decision] = story(world, donation).decisions
    assert (decision.cause, decision.window_open) == ("pledge", True)
    lines = {line.pot_id: line for line in decision.pots}
    assert list(lines) == [first, other, brand, last]
    assert [lines[pot].out_of_scope for pot in (first, other, brand, last)] == [None, "under", "tiers", None]
    assert [lines[pot].evaluated for pot in (first, other, brand, last)] == [True, False, False, True]
    assert [(cut.by, cut.limit_minor, cut.left_minor) for cut in lines[first].cuts] == [
        ("donation_minor", 30_00, 30_00)
    ]
    emptied = lines[last]
    assert (emptied.base_minor, emptied.due_minor, emptied.given_minor) == (70_00, 70_00, 50_00)
    assert (emptied.before_minor, emptied.after_minor, emptied.cuts[-1].by) == (50_00, 0, "pot")
    paid = story(world, world.pay(donation))
    assert [(hold.state, hold.amount_minor) for hold in paid.holds] == [("captured", 30_00), ("captured", 50_00)]
    assert [step.to_status for step in paid.history] == ["pending", "paid"]
    world.check()


def test_a_late_success_is_explained_with_both_decisions(world: World) -> None:
    world.pot(100_00)
    donation = world.give(80_00)
    world.clock.advance(minutes=16)
    expire(world.deps)
    assert story(world, donation).captured_minor == 0
    world.pay(world.give(60_00))
    late = story(world, world.pay(donation))
    assert [decision.cause for decision in late.decisions] == ["pledge", "late"]
    assert [(hold.state, hold.amount_minor) for hold in late.holds] == [("released", 80_00), ("captured", 40_00)]
    assert [step.to_status for step in late.history] == ["pending", "expired", "paid"]
    world.check()


def test_a_pot_that_matches_at_payment_is_explained_as_such(world: World) -> None:
    kept = world.pot(30_00, rank=1)
    pays = world.pot(100_00, rank=2, mode="payment")
    donation = world.give(80_00)
    [pledge] = story(world, donation).decisions
    assert {line.pot_id: line.evaluated for line in pledge.pots} == {kept: True, pays: False}
    assert {line.pot_id: line.out_of_scope for line in pledge.pots} == {kept: None, pays: "payment"}
    [_, payment] = story(world, world.pay(donation)).decisions
    assert payment.cause == "payment"
    assert {line.pot_id: (line.evaluated, line.base_minor, line.given_minor) for line in payment.pots} == {
        kept: (False, 0, 0),
        pays: (True, 50_00, 50_00),
    }
    assert {line.pot_id: line.out_of_scope for line in payment.pots} == {kept: "pledge", pays: None}
    refunded = story(world, world.refund(donation, 50_00))
    assert [hold.amount_minor - hold.returned_minor for hold in refunded.holds] == [30_00, 0]  # last pot first
    world.check()


def test_a_pot_that_came_later_is_not_in_an_older_story(world: World) -> None:
    world.pot(10_00)
    donation = world.give(80_00)
    world.clock.advance(minutes=1)
    world.pot(100_00)
    [decision] = story(world, donation).decisions
    assert len(decision.pots) == 1
    world.check()


def test_match_given_at_the_closing_is_explained(day: Day) -> None:
    world = day.world
    world.pot(100_00)
    held = world.give(70_00)
    short = day.paid(60_00)
    assert short.captured_minor == 30_00
    day.walk("notice")
    assert world.view(held).status == "expired"
    explanation = story(world, short)
    assert [decision.cause for decision in explanation.decisions] == ["pledge", "reoffer"]
    again = explanation.decisions[1].pots[0]
    assert (again.base_minor, again.given_minor, again.before_minor) == (30_00, 30_00, 70_00)
    assert [step.to_status for step in explanation.history] == ["pending", "paying", "paid", "settled"]
    world.check()


def test_returned_match_is_explained_by_its_cause(day: Day) -> None:
    world = day.world
    better = world.pot(80_00, rank=1, name="好池")
    worse = world.pot(100_00, rank=2, name="次池")
    world.give(50_00)  # lapses, and leaves room in the better pot
    paid = day.paid(60_00)
    assert [part.amount_minor for part in paid.parts] == [30_00, 30_00]
    day.refund(paid, 10_00)
    day.walk("released")
    assert [(left.pot_id, left.amount_minor, left.cause, left.to_fund) for left in story(world, paid).returns] == [
        (worse, 10_00, "refund", False),
        (worse, 20_00, "moved", False),
    ]
    day.refund(paid)
    explanation = story(world, paid)
    assert [(left.pot_id, left.amount_minor, left.cause, left.to_fund) for left in explanation.returns[2:]] == [
        (better, 20_00, "refund", True),
        (better, 30_00, "refund", True),
    ]
    assert end_lines(explanation) == [
        "因退款，10.00 元配捐退回“次池”。",
        "20.00 元配捐从“次池”改由顺序在前的池承担。",
        "因退款，“好池”的 20.00 元配捐退回其基金。",
        "因退款，“好池”的 30.00 元配捐退回其基金。",
    ]
    world.check()
