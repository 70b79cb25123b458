"""What an ended project has left goes where the host's rule says; what was paid and not spent comes back first."""

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from campaigns.bank.models import BankClaim, BankLine
from campaigns.closing.reconciliation.reconcile import compare
from campaigns.disclosure.purposes import moved_of
from campaigns.funds.funds import create as create_fund
from campaigns.lifecycle.campaign import find_campaign
from campaigns.lifecycle.project_course import advance
from campaigns.monthly.publish import publish_statements
from campaigns.monthly.reading import published
from campaigns.payouts import plans, remittances
from campaigns.payouts.allot import allot
from campaigns.payouts.movable import movable, targets
from campaigns.payouts.rules import set_rules
from campaigns.payouts.surplus import NewReturn, NewUse, return_surplus, use_surplus
from campaigns.projects.models import Project
from campaigns.projects.projects import find as find_project
from campaigns.spending.figures import account_of
from campaigns.spending.leftovers import surpluses
from kernel.db import Tx
from kernel.errors import Conflict, Invalid
from ledger.chart import fund as fund_account
from ledger.statements import balance
from tests.payouts.released import HOST_ACCOUNT, account, host, release, sums
from tests.world import ACTOR, World


@pytest.fixture
def ended(world: World) -> World:
    """The first village raised 100 and was evaluated; nothing of it is paid out yet."""
    world.pay(world.give(100_00))
    release(world)
    allot(world.deps)
    for _ in range(2):
        world.do(advance, world.projects[0], "done", ACTOR)
    return world


def paid_out(world: World) -> None:
    account(world, "4101")
    account(world, "41", HOST_ACCOUNT)
    plan = world.do(plans.make_plan, world.slug, "maker")
    world.do(plans.approve, plan.id, "checker")
    world.do(plans.send, plan.id, "maker")
    (row,) = world.do(plans.remittances_of, plan.id)
    world.do(remittances.mark_paid, row.id, "R-1", world.clock.at.date(), "slip", "maker")


def use(world: World, **other: Any) -> NewUse:
    return NewUse(world.slug, 40_00, "same_purpose", world.projects[1])._replace(**other)


def test_a_project_ends_after_its_campaigns_alone(world: World) -> None:
    with pytest.raises(Conflict, match="project_raising"):
        world.do(advance, world.projects[0], "done", ACTOR)
    release(world)
    statuses = [world.do(advance, world.projects[0], "done", ACTOR).status for _ in range(3)]
    assert statuses == ["executing", "evaluated", "closed"]
    with pytest.raises(Conflict, match="project_state"):
        world.do(advance, world.projects[0], "done", ACTOR)


def test_an_evaluation_gives_stars_and_no_other_step_does(world: World) -> None:
    release(world)
    project = world.projects[0]
    with pytest.raises(Conflict, match="project_state"):
        world.do(advance, project, "begun", ACTOR, 4)
    world.do(advance, project, "begun", ACTOR)
    with pytest.raises(Invalid, match="project_invalid"):
        world.do(advance, project, "done", ACTOR, 6)
    assert world.do(find_project, project).status == "executing", "refused whole"
    evaluated = world.do(advance, project, "the light works", ACTOR, 4)
    assert (evaluated.status, evaluated.rating) == ("evaluated", 4)
    with pytest.raises(Conflict, match="project_state"):
        world.do(advance, project, "closed", ACTOR, 4)


def test_duty_14_a_surplus_follows_the_rule_of_the_host(ended: World) -> None:
    (row,) = ended.do(surpluses)[0]
    assert (row.project_id, row.held_minor, row.unspent_minor) == (ended.projects[0], 100_00, 0)
    with pytest.raises(Conflict, match="surplus_rule"):
        ended.do(use_surplus, ended.projects[0], use(ended, way="same_township"), "left over", ACTOR)
    with pytest.raises(Conflict, match="share_short"):
        ended.do(use_surplus, ended.projects[0], use(ended, amount_minor=100_01), "left over", ACTOR)
    with pytest.raises(Conflict, match="project_state"):
        ended.do(use_surplus, ended.projects[1], use(ended, to=ended.projects[2]), "left over", ACTOR)
    with pytest.raises(Invalid, match="surplus_invalid"):
        ended.do(use_surplus, ended.projects[0], use(ended, to=ended.projects[0]), "left over", ACTOR)
    ended.do(use_surplus, ended.projects[0], use(ended), "left over", ACTOR)
    assert ended.do(movable, ended.projects[0])[0].available_minor == 60_00
    assert ended.do(movable, ended.projects[1])[0].available_minor == 40_00
    ended.check()


def test_another_theme_is_not_a_similar_purpose(ended: World) -> None:
    def other_theme(tx: Tx) -> None:
        project = tx.get(Project, ended.projects[1])
        assert project is not None
        project.theme = "road"
        tx.add(project)

    ended.do(other_theme)
    with pytest.raises(Conflict, match="surplus_rule"):
        ended.do(use_surplus, ended.projects[0], use(ended), "left over", ACTOR)
    assert offered(ended) == [ended.projects[2]]
    ended.do(set_rules, "41", {"surplus_to": "same_township"}, ACTOR)
    assert offered(ended) == [ended.projects[1]]


def offered(world: World) -> list[int]:
    """The projects or funds to which the page offers the surplus of the first village."""
    project, campaign = world.do(find_project, world.projects[0]), world.do(find_campaign, world.slug)
    return [target.id for target in world.do(targets, project, campaign)]


def test_a_surplus_stays_with_what_the_host_answers_for(ended: World) -> None:
    assert offered(ended) == ended.projects[1:]
    host(ended, "4101")
    assert offered(ended) == [ended.projects[1]]
    with pytest.raises(Conflict, match="project_of_another_host"):
        ended.do(use_surplus, ended.projects[0], use(ended, to=ended.projects[2]), "left over", ACTOR)
    ended.do(use_surplus, ended.projects[0], use(ended), "left over", ACTOR)
    ended.check()


def test_a_surplus_may_go_into_a_fund_of_the_host_or_above_it_alone(ended: World) -> None:
    ended.do(set_rules, "41", {"surplus_to": "fund"}, ACTOR)
    county, other, city = (
        ended.do(create_fund, f"f{code}", "rural", ACTOR, code) for code in ("4101", "4102", "41")
    )
    assert sorted(offered(ended)) == [ended.fund, city]
    for fund in (county, other):  # the city's charity hosts; neither is a fund of its own
        with pytest.raises(Conflict, match="surplus_rule"):
            ended.do(use_surplus, ended.projects[0], use(ended, way="fund", to=fund), "left over", ACTOR)
    host(ended, "4101")
    assert sorted(offered(ended)) == [ended.fund, county, city]
    for fund in (county, city):
        ended.do(use_surplus, ended.projects[0], use(ended, way="fund", to=fund), "left over", ACTOR)
        assert ended.do(balance, fund_account(fund)) == 40_00
    line = ended.do(moved_of, ended.projects[0])[-1]
    assert (line.incoming, line.name, line.way) == (False, "f4101", "fund")
    ended.check()


def test_unspent_money_is_returned_once(ended: World) -> None:
    paid_out(ended)
    assert ended.do(surpluses)[0][0].unspent_minor == 100_00
    day = ended.clock.at.date()
    came = NewReturn(ended.slug, 30_00, "B-7", day)
    with pytest.raises(Conflict, match="paid_short"):
        ended.do(return_surplus, ended.projects[0], came._replace(amount_minor=100_01), ACTOR)
    with pytest.raises(Invalid, match="surplus_invalid"):
        ended.do(return_surplus, ended.projects[0], came._replace(returned_on=day + timedelta(days=2)), ACTOR)
    for spelt in ("B-7", "B-7", "b - 7"):
        ended.do(return_surplus, ended.projects[0], came._replace(reference=spelt), ACTOR)
    with pytest.raises(Conflict, match="surplus_reused"):
        ended.do(return_surplus, ended.projects[0], came._replace(amount_minor=1), ACTOR)
    assert sums(ended)["bank"] == -1_000_000_00 + 70_00
    assert ended.do(account_of, ended.projects[0]).paid_minor == 70_00
    ended.clock.at += timedelta(days=40)
    publish_statements(ended.deps)
    assert ended.do(published, "41", f"{day:%Y-%m}").statement["paid_minor"] == 70_00
    ended.do(use_surplus, ended.projects[0], use(ended, amount_minor=30_00), "left over", ACTOR)
    ended.check()


def test_the_banks_line_of_a_returned_surplus_is_claimed(ended: World) -> None:
    paid_out(ended)
    day = ended.clock.at.date()

    def line(tx: Tx) -> Any:
        named = {"account": "6222", "statement": "s", "line_id": "L-1", "reference": "B-7", "currency": "CNY"}
        days = {"booked_on": day, "valued_on": day, "imported_at": tx.now}
        flags = {"reversal": False, "payments": 1, "is_fee": False}
        return tx.add(BankLine(**named, **days, **flags, amount_minor=30_00))

    booked = ended.do(line).id
    ended.do(return_surplus, ended.projects[0], NewReturn(ended.slug, 30_00, "B-7", day), ACTOR)
    for _ in range(2):
        ended.do(compare)
    (claim,) = ended.do(lambda tx: tx.all(select(BankClaim)))
    assert (claim.bank_line_id, claim.item, claim.amount_minor) == (booked, "surplus/1", 30_00)
    ended.check()
