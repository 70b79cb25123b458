"""Events that run: a project withdrawn, all match of one frozen, all of a donor refunded; by every way."""

from datetime import timedelta

from campaigns.audit import entries_of
from tests.api.client import Api, problem
from tests.cli.conftest import Terminal
from tests.real_life.running_steps import sound
from tests.web.reader import Reader
from tests.world import SLUG, World

WHY = {"reason": "报错了项目"}


def test_a_project_without_a_paid_donation_is_withdrawn(world: World, api: Api) -> None:
    pot = world.pot(500_00)
    unpaid = world.give(100_00)
    other = world.give(50_00, project=1)
    path = f"/campaigns/{SLUG}/entries/{world.projects[0]}/withdraw"
    problem(api.post(path, WHY, api.token("finance")), 403, "not_permitted")
    problem(api.post(path, {"reason": ""}, api.token()), 422, "reason_missing")
    response = api.manage(path, WHY, 200, role="manager")
    assert response == {"project": world.projects[0], "cancelled": 1}
    assert (world.view(unpaid).status, world.view(other).status) == ("cancelled", "pending")
    assert world.pots()[pot].available_minor == 450_00
    problem(api.post(path, WHY, api.token()), 404, "project_not_entered")
    refused = api.post("/donations", api.command(10_00))
    problem(refused, 409, "project_not_in_campaign")
    assert world.do(entries_of, "campaign:1")[0].action == "campaign.withdraw_entry"
    sound(world)


def test_money_that_comes_for_a_withdrawn_project_is_accepted(world: World, api: Api) -> None:
    world.pot(500_00)
    unpaid = world.give(100_00)
    api.manage(f"/campaigns/{SLUG}/entries/{world.projects[0]}/withdraw", WHY, 200)
    assert world.pay(unpaid).status == "paid"
    sound(world)


def test_a_project_with_a_paid_donation_stays(world: World, api: Api) -> None:
    gift = world.pay(world.give(100_00))
    path = f"/campaigns/{SLUG}/entries/{world.projects[0]}/withdraw"
    problem(api.post(path, WHY, api.token()), 409, "entry_has_donations")
    world.refund(gift, 100_00)
    problem(api.post(path, WHY, api.token()), 409, "entry_has_donations")
    world.clock.advance(hours=9)
    world.close()
    other = f"/campaigns/{SLUG}/entries/{world.projects[1]}/withdraw"
    problem(api.post(other, WHY, api.token()), 409, "campaign_phase")
    sound(world)


def test_all_match_of_a_project_is_frozen_after_sixty_donors_gave_exactly_the_cap(
    world: World, manager: Reader
) -> None:
    world.pot(10_000_00, donor=50_00)
    gifts = [world.give(50_00, email=f"d{number}@example.org") for number in range(60)]
    for gift in gifts:
        world.tell("payment_intent.succeeded", world.intent(gift))
    world.settle()
    manager.open(f"/console/campaigns/{SLUG}")
    assert f"/console/campaigns/{SLUG}/projects/{world.projects[0]}/hold-match" in manager.page.text
    manager.open(f"/console/campaigns/{SLUG}/projects/{world.projects[0]}/hold-match")
    assert "60 笔捐赠的 3,000.00 元配捐暂缓计入" in manager.page.text
    assert world.totals().matched_minor == 3_000_00
    world.pay(world.give(10_00))  # the crowd goes on: its match is held too
    assert "配捐已暂缓" in manager.send("/hold-match", verb="save", reason="六十人各捐到上限")
    assert (world.totals().matched_minor, world.view(gifts[0]).held_minor) == (0, 50_00)
    sound(world)


def test_a_project_is_withdrawn_in_the_console(world: World, manager: Reader) -> None:
    world.give(100_00)
    manager.open(f"/console/campaigns/{SLUG}/projects/{world.projects[0]}/withdraw")
    assert "1 笔未付款的捐赠取消" in manager.page.text
    assert "项目已退出活动。" in manager.send("/withdraw", verb="save", reason="报错了")
    world.pay(world.give(100_00, project=1))
    text = manager.open(f"/console/campaigns/{SLUG}/projects/{world.projects[1]}/withdraw")
    assert "不能退出" in text
    sound(world)


def test_all_gifts_of_a_donor_are_refunded_in_one_step_in_the_console(world: World, manager: Reader) -> None:
    gifts = [world.pay(world.give(100_00, email="often@example.org")) for _ in range(3)]
    manager.open(f"/console/donations/{gifts[0].id}")
    assert "/refund-all-of-donor" in manager.page.text
    manager.open(f"/console/donations/{gifts[0].id}/refund-all-of-donor")
    assert "3 笔捐赠，共 300.00 元" in manager.page.text
    assert world.do(lambda tx: tx.scalar("SELECT count(*) FROM refund")) == 0
    assert "退款已提交" in manager.send("/refund-all-of-donor", verb="save", reason="反常")
    assert world.do(lambda tx: tx.scalar("SELECT count(*) FROM refund")) == 3


def test_events_that_run_are_changed_by_command(world: World, terminal: Terminal) -> None:
    world.pot(10_000_00)
    gift = world.pay(world.give(100_00, email="often@example.org"))
    world.pay(world.give(60_00, email="often@example.org"))
    end = (world.clock.at + timedelta(hours=9)).isoformat()
    assert "ends at" in terminal.ok("campaigns", "extend", SLUG, "--to", end, "--reason", "x")
    terminal.refused("end_not_later", "campaigns", "extend", SLUG, "--to", end, "--reason", "x")
    project = str(world.projects[0])
    assert "2 cases opened over 160.00" in terminal.ok("campaigns", "hold-match", SLUG, project, "--reason", "x")
    terminal.refused("entry_has_donations", "campaigns", "withdraw-entry", SLUG, project, "--reason", "x")
    other = str(world.projects[1])
    assert "left day" in terminal.ok("campaigns", "withdraw-entry", SLUG, other, "--reason", "x")
    assert "2 donations, 160.00" in terminal.ok("donations", "refund-all-of-donor", str(gift.id), "--preview")
    terminal.refused("reason_missing", "donations", "refund-all-of-donor", str(gift.id))
    output = terminal.ok("donations", "refund-all-of-donor", str(gift.id), "--reason", "x")
    assert "2 refunds requested, 160.00" in output
    terminal.refused("campaign_phase", "campaigns", "unschedule", SLUG, "--reason", "x")
    assert "has ended" in terminal.ok("campaigns", "end-early", SLUG, "--reason", "x")
    sound(world)
