"""Released money is divided once, planned, approved by another person, sent, paid, and returned; the books hold
after every step."""

from datetime import date, timedelta

import pytest

from campaigns.closing.publication import notices
from campaigns.lifecycle.campaign import find_campaign
from campaigns.payouts import plans, remittances
from campaigns.payouts.allot import allot
from campaigns.payouts.failures import Failure, failures_of
from campaigns.payouts.figures import per_project, totals
from campaigns.payouts.rules import set_rules
from kernel.errors import Conflict, Forbidden, Invalid
from tests.payouts.released import HOST_ACCOUNT, account, sums
from tests.world import ACTOR, World


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


@pytest.mark.parametrize("project", [0, 2], ids=["matched gift", "unmatched gift"])
def test_a_chargeback_after_the_payout_is_owed_and_published_as_a_correction(released: World, project: int) -> None:
    campaign = released.do(find_campaign, released.slug)
    released.do(plans.send, approved(released), "maker")
    for row in released.do(plans.remittances_of, 1):
        released.do(remittances.mark_paid, row.id, "R", date(2026, 9, 9), "slip", "maker")
    gift = released.do(
        lambda tx: tx.scalar("SELECT id FROM donation WHERE project_id = :id", id=released.projects[project])
    )
    released.dispute(gift)
    released.dispute(gift, "lost")
    released.settle()
    allot(released.deps)  # what a share still has is taken back, the rest is owed
    released.check()
    [change] = released.do(lambda tx: notices.pending_changes(tx, notices.latest(tx, campaign.id)))
    raised, matched = (100_01, 100_01) if project == 0 else (50_00, 0)
    assert (change.before_raised_minor, change.before_matched_minor) == (raised, matched)
    assert change.after_minor == 0, "match goes back to its fund with the gift"
    correction = released.do(notices.correct, released.slug, "chargeback", "host")
    assert (correction.version, released.do(notices.differs, correction)) == (2, False)
    paid_minor = sum(row.amount_minor for row in released.do(plans.remittances_of, 1))
    assert released.do(totals, campaign.id).paid_minor == paid_minor, "what was paid out stays paid"
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
