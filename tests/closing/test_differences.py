"""Where our books and the provider's differ: each difference is listed, and holds the event until it ends."""

from dataclasses import replace
from datetime import timedelta

import pytest

from campaigns.closing.reconciliation.discrepancies import sign_off
from campaigns.closing.reconciliation.fetch_statement import follow_statement
from campaigns.closing.reconciliation.sign_off_together import groups
from kernel.errors import Conflict, Invalid, NotFound
from payments.statements import store
from tests.closing.day import Day, clock, day
from tests.world import ACTOR

__all__ = ["clock", "day"]


def test_money_that_we_do_not_know(day: Day) -> None:
    world = day.world
    day.paid(50_00)
    day.charge(77_00)
    day.walk("reconciling")
    assert world.phase() == "reconciling"
    [difference_found] = day.differences()
    assert (difference_found.cause, difference_found.ours_minor, difference_found.theirs_minor) == (
        "missing_here",
        0,
        77_00,
    )
    assert day.tick() == "reconciling"
    assert [difference.id for difference in day.differences()] == [difference_found.id]
    world.do(sign_off, difference_found.id, "a shop's sale, booked elsewhere", "finance")
    assert day.tick() == "notice"
    assert day.report()["raised_minor"] == 50_00
    world.check()


def test_money_that_the_provider_does_not_know(day: Day) -> None:
    """It said so once and shows no line: the donation waits until the line comes."""
    world = day.world
    donation = world.pay(world.give(60_00))
    day.walk("reconciling")
    assert day.causes() == [("missing_there", donation.id, 60_00, 0)]
    assert world.view(donation).status == "paid"
    day.charge(60_00, donation.id)
    assert day.tick() == "notice"
    assert [difference.state for difference in day.differences(None)] == ["matched"]
    assert world.view(donation).status == "settled"
    world.check()


def test_other_amounts_and_doubled_charges(day: Day) -> None:
    world = day.world
    right, other, twice = day.paid(50_00), world.pay(world.give(60_00)), day.paid(70_00)
    day.charge(59_00, other.id)
    day.charge(70_00, twice.id)
    day.walk("reconciling")
    assert day.causes() == [("amount", other.id, 60_00, 59_00), ("duplicate", twice.id, 70_00, 140_00)]
    assert [world.view(donation).status for donation in (right, other, twice)] == ["settled", "paid", "paid"]
    assert world.phase() == "reconciling"
    for difference in day.differences():
        world.do(sign_off, difference.id, "the provider was asked", "finance")
    assert day.tick() == "notice"
    assert day.report()["raised_minor"] == 180_00  # what donors were told; the extra charge goes back to its donor
    world.check()


def test_a_refund_that_only_the_provider_knows(day: Day) -> None:
    """Its webhook is lost; when it comes after all, the difference ends by itself."""
    world = day.world
    donation = day.paid(80_00)
    day.server.order("/webhooks/pause")
    assert day.server.post("/v1/refunds", payment_intent=day.intent(donation), amount=30_00).status_code == 200
    day.walk("reconciling")
    assert day.causes() == [("refund", donation.id, 0, 30_00)]
    day.server.order("/webhooks/resume")
    day.hear(lambda: world.view(donation).refunded_minor == 30_00)
    assert day.tick() == "notice"
    assert world.view(donation).status == "settled"
    assert day.report()["raised_minor"] == 50_00
    world.check()


def test_signed_off_is_for_these_amounts_only(day: Day) -> None:
    world = day.world
    donation = day.paid(80_00)
    day.server.order("/webhooks/pause")
    day.charge(5_00)  # keeps the event from going on
    refund = {"payment_intent": day.intent(donation)}
    assert day.server.post("/v1/refunds", **refund, amount=10_00).status_code == 200
    day.walk("reconciling")
    [difference_found] = [difference for difference in day.differences() if difference.cause == "refund"]
    world.do(sign_off, difference_found.id, "will be booked next week", "finance")
    assert day.tick() == "reconciling"
    assert [difference.cause for difference in day.differences()] == ["missing_here"]
    assert day.server.post("/v1/refunds", **refund, amount=15_00).status_code == 200
    assert day.tick() == "reconciling"
    assert ("refund", donation.id, 0, 25_00) in day.causes()
    world.check()


def test_a_sign_off_has_a_reason_and_a_name_and_happens_once(day: Day) -> None:
    world = day.world
    day.charge(5_00)
    day.walk("reconciling")
    [difference_found] = day.differences()
    for reason in ("", "  ", "a\x00b"):
        with pytest.raises(Invalid, match="reason_missing"):
            world.do(sign_off, difference_found.id, reason, ACTOR)
    with pytest.raises(NotFound):
        world.do(sign_off, 10**6, "why", ACTOR)
    for _ in range(2):
        signed = world.do(sign_off, difference_found.id, "why", ACTOR)
        assert (signed.state, signed.reason, signed.actor) == ("signed_off", "why", ACTOR)
    with pytest.raises(Conflict, match="discrepancy_ended"):
        world.do(sign_off, difference_found.id, "another reason", ACTOR)
    named = world.do(lambda tx: tx.rows("SELECT actor FROM audit_entry WHERE action = 'discrepancy.sign_off'"))
    assert [row[0] for row in named] == [ACTOR]


def test_a_line_that_the_provider_says_again_as_another_waits_for_a_person(day: Day) -> None:
    """What it says second has no effect, is listed once, and stops neither the job nor the campaign."""
    world = day.world
    for amount_minor in (50_00, 60_00, 70_00):
        day.paid(amount_minor)
    lines = world.deps.gateway.statement(world.clock.at - timedelta(hours=1), world.clock.at + timedelta(hours=1))
    by_amount = {line.amount_minor: line for line in lines}
    first = [
        replace(by_amount[50_00], amount_minor=51_00),
        replace(by_amount[60_00], fee_minor=by_amount[60_00].fee_minor + 1),
        replace(by_amount[70_00], source_id="ch_other"),
    ]
    assert sum(world.do(store, first)) == 3
    assert [follow_statement(world.deps), follow_statement(world.deps)] == [3, 0]
    day.walk("reconciling")
    listed = [row for row in day.differences() if row.cause == "contradiction"]
    sums = {(row.ours_minor, row.theirs_minor, row.sum_minor) for row in listed}
    assert sums == {(51_00, 50_00, -1_00), (60_00, 60_00, 1), (70_00, 70_00, 0)}
    of_group = {(row.differences, row.stake_minor) for row in world.do(groups, 1) if row.cause == "contradiction"}
    assert of_group == {(3, 1_00 + 1)}, "what signing would book, without signs"
    assert sum(row.stake_minor for row in listed) == 1_00 + 1
    for row in day.differences():
        world.do(sign_off, row.id, "the provider was asked", "finance")
    assert day.tick() == "notice"
    world.check()
