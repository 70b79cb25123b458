"""Pledges are records apart from gifts (duty 11); partners take part under agreements (2); the management cost of a
year has a numerator, a denominator and a ceiling (15)."""

from datetime import date, timedelta

import pytest

from campaigns.agreements import agreements, pledges
from campaigns.agreements.agreements import NewAgreement, partners_of
from campaigns.agreements.pledges import State
from campaigns.funds import deposits
from campaigns.funds.funds import create as create_fund
from campaigns.funds.statement import periods
from campaigns.funds.transfers import move
from campaigns.lifecycle.campaign import find_campaign
from campaigns.network.roles import Caller
from campaigns.payouts import plans, remittances
from campaigns.payouts.allot import allot
from campaigns.payouts.management import management_years
from campaigns.payouts.rules import set_rules, set_split
from campaigns.payouts.split import Shares
from campaigns.waiting import Work, waiting
from kernel.clock import local_day
from kernel.errors import Conflict, Invalid
from kernel.paging import Page
from tests.payouts.released import HOST_ACCOUNT, account, release
from tests.world import ACTOR, World

FINANCE = Caller("finance", "finance")


def test_duty_02_an_agreement_that_ends_soon_waits_for_finance(world: World) -> None:
    today = local_day(world.clock.at)
    for number, days in (("A-1", 20), ("A-2", 31), ("A-3", -1), ("A-4", 30)):
        new = NewAgreement("contract", number, "配送", "公司", today - timedelta(days=90))
        world.do(agreements.enter, "4101", new._replace(ends_on=today + timedelta(days=days)), "finance")
    (line,) = (line for line in world.do(waiting, FINANCE) if line.work is Work.AGREEMENTS)
    assert (line.pieces, local_day(line.due_at)) == (2, today + timedelta(days=21))
    first = world.do(agreements.ending)[0]
    world.do(agreements.end, first.id, "不再续签", "finance")
    assert [row.number for row in world.do(agreements.ending, "4101")] == ["A-4"]
    assert world.do(agreements.ending, "4102") == []


def day(world: World, days: int = 0) -> date:
    return world.clock.at.date() + timedelta(days=days)


def pledged(world: World, days: int = 30) -> int:
    """An agreement over 1,000 yuan, half of it due after so many days."""
    new = NewAgreement("donation", "A-1", "捐建路灯", "某某公司", day(world, -40), amount_minor=1_000_00)
    agreement_id: int = world.do(agreements.enter, "41", new, ACTOR).id
    pledge_id: int = world.do(pledges.pledge, agreement_id, day(world, days), 500_00, ACTOR).id
    return pledge_id


def state(world: World, pledge_id: int) -> State:
    seen: State = world.do(lambda tx: pledges.view_of(tx, pledges.find(tx, pledge_id))).state
    return seen


def deposited(world: World, amount_minor: int, reference: str = "D-9") -> int:
    world.do(deposits.deposit, world.fund, amount_minor, "CNY", reference, ACTOR)
    deposit_id: int = world.do(deposits.deposit_of, world.fund, reference).id
    return deposit_id


def test_duty_11_a_pledge_is_no_gift_and_is_reminded_of(world: World) -> None:
    before = world.totals()
    pledge_id = pledged(world)
    assert (world.totals(), state(world, pledge_id)) == (before, State.OPEN)
    works = [line.work for line in world.do(waiting, FINANCE)]
    world.clock.at += timedelta(days=20)
    (line,) = [line for line in world.do(waiting, FINANCE) if line.work is Work.PLEDGES]
    assert Work.PLEDGES not in works and (line.pieces, line.amount_minor) == (1, 500_00)
    assert state(world, pledge_id) is State.DUE
    with pytest.raises(Conflict, match="pledge_state"):
        world.do(pledges.call, pledge_id, ACTOR)
    world.clock.at += timedelta(days=11)
    assert state(world, pledge_id) is State.OVERDUE
    world.do(pledges.call, pledge_id, ACTOR)
    assert state(world, pledge_id) is State.CALLED


def test_duty_11_deposits_pay_a_pledge_once(world: World) -> None:
    pledge_id, deposit_id = pledged(world), deposited(world, 300_00)
    with pytest.raises(Conflict, match="deposit_used"):
        world.do(pledges.pay, pledge_id, deposit_id, 300_01, ACTOR)
    for _ in range(2):
        world.do(pledges.pay, pledge_id, deposit_id, 300_00, ACTOR)
    with pytest.raises(Conflict, match="pledge_payment_reused"):
        world.do(pledges.pay, pledge_id, deposit_id, 200_00, ACTOR)
    with pytest.raises(Conflict, match="pledge_paid"):
        world.do(pledges.pay, pledge_id, deposited(world, 900_00, "D-10"), 200_01, ACTOR)
    world.do(pledges.pay, pledge_id, deposited(world, 900_00, "D-10"), 200_00, ACTOR)
    assert state(world, pledge_id) is State.PAID
    with pytest.raises(Conflict, match="pledge_state"):
        world.do(pledges.waive, pledge_id, "hardship", ACTOR)
    world.check()


def test_duty_11_a_pledge_is_waived_with_its_reason(world: World) -> None:
    pledge_id = pledged(world, -1)
    with pytest.raises(Invalid, match="reason_invalid"):
        world.do(pledges.waive, pledge_id, "", ACTOR)
    world.do(pledges.waive, pledge_id, "公司经营困难", ACTOR)
    assert state(world, pledge_id) is State.WAIVED
    assert world.do(pledges.waiting_pledges) == []


def test_pledges_stay_within_their_agreement(world: World) -> None:
    agreement_id = world.do(lambda tx: pledges.find(tx, pledged(world))).agreement_id
    with pytest.raises(Invalid, match="pledge_invalid"):
        world.do(pledges.pledge, agreement_id, day(world, 60), 500_01, ACTOR)
    with pytest.raises(Conflict, match="agreement_exists"):
        pledged(world)
    world.do(agreements.end, agreement_id, "双方同意", ACTOR)
    with pytest.raises(Conflict, match="agreement_ended"):
        world.do(pledges.pledge, agreement_id, day(world, 60), 1, ACTOR)
    assert world.do(agreements.listed, "4101", Page(1, 10))[1] == 0


def test_duty_02_a_partner_takes_part_under_an_assessed_agreement(world: World) -> None:
    new = NewAgreement("partner", "P-1", "合作募捐", "某某基金会", day(world, -1))
    with pytest.raises(Invalid, match="agreement_invalid") as refused:
        world.do(agreements.enter, "41", new, ACTOR)
    assert set(refused.value.fields) == {"campaign", "assessment"}
    world.do(agreements.enter, "41", new._replace(campaign=world.slug, assessment="2026 年评估合格"), ACTOR)
    campaign_id = world.do(find_campaign, world.slug).id
    (partner,) = world.do(partners_of, campaign_id)
    assert (partner.party, partner.number, partner.assessment) == ("某某基金会", "P-1", "2026 年评估合格")


def test_duty_15_the_management_cost_of_a_year_has_its_ceiling(world: World) -> None:
    world.do(
        set_split, world.projects[0], Shares(9_000, 0, 1_000), world.clock.at - timedelta(days=1), "agreed", ACTOR
    )
    world.pay(world.give(100_00))
    release(world)
    allot(world.deps)
    account(world, "4101")
    account(world, "41", HOST_ACCOUNT)
    (year,) = world.do(management_years)
    assert (year.management_minor, year.spending_minor, year.state) == (10_00, 10_00, "over")
    plan = world.do(plans.make_plan, world.slug, "maker")
    world.do(plans.approve, plan.id, "checker")
    world.do(plans.send, plan.id, "maker")
    (row,) = world.do(plans.remittances_of, plan.id)
    world.do(remittances.mark_paid, row.id, "R-1", day(world), "slip", "maker")
    (year,) = world.do(management_years)
    assert (year.management_minor, year.spending_minor) == (10_00, 100_00)
    assert (year.share_bps, year.most_bps, year.state) == (1_000, 1_000, "near")
    world.do(set_rules, "41", {"management_year_most_bps": 1_300, "management_source": "章程"}, ACTOR)
    (year,) = world.do(management_years)
    assert (year.most_bps, year.source, year.state) == (1_300, "章程", "within")


def test_money_moves_between_funds_and_months_add_up(world: World) -> None:
    from_id, to_id = world.fund, world.do(create_fund, "另一个", "rural", ACTOR)
    with pytest.raises(Invalid, match="fund_transfer_invalid"):
        world.do(move, from_id, from_id, 1, "x", ACTOR)
    with pytest.raises(Conflict, match="fund_short"):
        world.do(move, to_id, from_id, 1, "x", ACTOR)
    world.do(move, from_id, to_id, 400_00, "agreed by both", ACTOR)
    (month,) = world.do(periods, to_id)
    assert (month.opening_minor, month.in_minor, month.out_minor, month.closing_minor) == (0, 400_00, 0, 400_00)
    for line in world.do(periods, from_id):
        assert line.opening_minor + line.in_minor - line.out_minor == line.closing_minor
    world.check()
