"""Events that run: a cancelled one is wound up. All money goes back to where it came from, and the books say so."""

from datetime import timedelta
from uuid import UUID

import pytest

from app.jobs import registry
from campaigns.audit import entries_of
from campaigns.closing import wind_up
from campaigns.closing.cancel import cancel
from campaigns.closing.close import close
from campaigns.funds.funds import list_funds
from campaigns.intake.offline_import import import_donations
from campaigns.lifecycle.drafts import create
from kernel.errors import Conflict, Invalid
from payments.partners.partners import create as create_partner
from tests.api.client import Api, Json, problem
from tests.cli.conftest import Terminal
from tests.closing.day import Day, clock, day
from tests.closing.partner import code_of, tell
from tests.real_life.running_steps import refund_all, sound
from tests.world import ACTOR, SLUG, World, new_campaign

__all__ = ["clock", "day"]
WHY = "暴雨红色预警，活动取消"


def in_fund(world: World) -> int:
    return int(world.do(list_funds)[0].balance_minor)


def cancellation(api: Api) -> Json:
    return api.manage(f"/campaigns/{SLUG}/cancellation", status=200, method="GET")


def waits(api: Api) -> dict[str, int]:
    response = api.manage(f"/campaigns/{SLUG}/reconciliation", status=200, method="GET")
    return {wait["code"]: wait["count"] for wait in response["waits_for"]}


@pytest.mark.parametrize("many", [12, pytest.param(200, marks=pytest.mark.long)])
def test_wind_up_a_cancelled_event_with_many_paid_gifts(day: Day, many: int) -> None:
    """On the real sandbox: refunds are requested in one act, sent, confirmed, compared with its statement."""
    world = day.world
    before = in_fund(world)
    world.pot(50_000_00, donor=150_00)
    gifts = [day.pledge(50_00, index % 3, email=f"d{index}@example.org") for index in range(many)]
    for gift in gifts:
        day.server.order("/pay", reference=gift.payment_reference)
    day.hear(lambda: world.totals().donations == many)
    left = world.do(cancel, SLUG, WHY, ACTOR)
    assert (left.paid, left.paid_minor, left.donors) == (many, many * 50_00, many)
    assert close(world.deps, SLUG) == many
    assert world.do(lambda tx: tx.scalar("SELECT count(*) FROM refund")) == many
    while registry.run("refunds", world.deps):
        pass
    day.hear(lambda: world.totals().donations == 0)
    world.check()
    world.clock.advance(seconds=61)
    close(world.deps, SLUG)
    assert (world.phase(), day.differences()) == ("cancelled", [])
    report = day.report()
    assert (report["donations"], report["raised_minor"], report["matched_minor"]) == (0, 0, 0)
    assert report["cancelled"] == {"donations": many, "donors": many, "raised_minor": many * 50_00}
    assert in_fund(world) == before
    assert close(world.deps, SLUG) == 0
    sound(world)


def test_unpaid_and_paid_donations_of_a_cancelled_campaign_are_returned(world: World, api: Api) -> None:
    before = in_fund(world)
    world.pot(500_00)
    unpaid, gift = world.give(100_00), world.pay(world.give(100_00))
    part = world.pay(world.give(100_00))
    world.refund(part, 30_00)
    token = api.token("manager")
    problem(api.post(f"/campaigns/{SLUG}/cancel", {"reason": WHY}, api.token("finance")), 403, "not_permitted")
    problem(api.post(f"/campaigns/{SLUG}/cancel", {"reason": " "}, token), 422, "reason_missing")
    problem(api.post(f"/campaigns/{SLUG}/cancel", None, token), 422, "reason_missing")
    shown = cancellation(api)
    assert (shown["state"], shown["paid"], shown["paid_minor"], shown["unpaid"]) == ("none", 2, 170_00, 1)
    assert api.manage(f"/campaigns/{SLUG}/cancel", {"reason": WHY}, 200)["phase"] == "cancelled"
    problem(api.post(f"/campaigns/{SLUG}/cancel", {"reason": WHY}, token), 409, "campaign_phase")
    with pytest.raises(Conflict, match="campaign_not_open"):
        world.give(100_00)
    world.close()
    assert world.view(unpaid).status == "cancelled"
    assert waits(api) == {"refunds": 2}
    assert refund_all(world) == 2
    assert {world.view(each).status for each in (gift, part)} == {"refunded"}
    shown = cancellation(api)
    assert (shown["state"], shown["paid"], shown["returned"], shown["returned_minor"]) == (
        "winding_up",
        0,
        2,
        200_00,
    )
    world.close()
    assert in_fund(world) == before
    actions = [entry.action for entry in world.do(entries_of, "campaign:1")]
    assert "campaign.cancel" in actions
    sound(world)


def test_money_that_arrives_after_the_cancellation_is_refunded(world: World) -> None:
    world.pot(500_00)
    late = world.give(100_00)
    world.do(cancel, SLUG, WHY, ACTOR)
    world.close()
    assert world.pay(late).captured_minor == 0
    world.close()
    assert refund_all(world) == 1
    assert world.view(late).status == "refunded"
    sound(world)


def test_a_run_that_is_killed_is_continued(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each page is a transaction: what it requested stands, and nothing is requested twice."""
    monkeypatch.setattr(wind_up, "PAGE", 4)
    gifts = [world.pay(world.give(10_00, email=f"d{n}@example.org")) for n in range(10)]
    world.do(cancel, SLUG, WHY, ACTOR)
    refunded: list[UUID] = []
    request = wind_up.request_refund

    def die_at_the_seventh(tx: object, donation_id: UUID, *args: object) -> object:
        if len(refunded) == 6:
            raise KeyboardInterrupt
        refunded.append(donation_id)
        return request(tx, donation_id, *args)  # type: ignore[arg-type]

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(wind_up, "request_refund", die_at_the_seventh)
        world.close()
    count = "SELECT count(*) FROM refund"
    assert world.do(lambda tx: tx.scalar(count)) == 4
    world.close()
    world.close()
    per_gift = world.do(lambda tx: tx.rows("SELECT donation_id, count(*) AS times FROM refund GROUP BY 1"))
    assert {row.donation_id: row.times for row in per_gift} == {gift.id: 1 for gift in gifts}
    sound(world)


def test_gifts_of_partners_and_offline_are_listed_until_they_are_given_back(
    world: World, api: Api, terminal: Terminal
) -> None:
    before = in_fund(world)
    world.pot(500_00)
    world.do(create_partner, world.deps.keys, "lezhu", "乐助")
    tell(world, "lezhu", "L-1", 100_00)
    world.settle()
    row = f"B-1,{code_of(world, 0)},50.00,{world.clock.at.isoformat()},,\n"
    head = "reference,project_code,amount_yuan,paid_at,donor_name,donor_phone\n"
    world.do(import_donations, world.deps, head + row, ACTOR)
    world.settle()
    assert world.totals().raised_minor == 150_00
    world.do(cancel, SLUG, WHY, ACTOR)
    world.close()
    assert waits(api) == {"outside": 2}
    listed = api.manage(f"/campaigns/{SLUG}/cancellation/to-give-back", status=200, method="GET")
    assert {(entry["provider"], entry["reference"], entry["left_minor"]) for entry in listed} == {
        ("partner:lezhu", "L-1", 100_00),
        ("partner:offline", "B-1", 50_00),
    }
    assert "partner:lezhu" in terminal.ok("campaigns", "to-give-back", SLUG)
    tell(world, "lezhu", "L-1", 100_00, kind="refunded")
    world.settle()
    assert waits(api) == {"outside": 1}
    offline = next(item["donation"] for item in listed if item["provider"] == "partner:offline")
    path = f"/donations/{offline}/given-back"
    problem(api.post(path, {"reason": "现金当面退回"}, api.token("reviewer")), 403, "not_permitted")
    problem(api.post(path, {"reason": ""}, api.token("finance")), 422, "reason_missing")
    assert api.manage(path, {"reason": "现金当面退回"}, 200, role="finance")["amount_minor"] == 50_00
    problem(api.post(path, {"reason": "再来"}, api.token("finance")), 409, "not_to_give_back")
    assert waits(api).keys() <= {"statement"}
    assert world.totals()[:3] == (0, 0, 0)
    world.close()
    assert in_fund(world) == before
    sound(world)


def test_a_refund_that_fails_is_not_repeated_but_shown(world: World, api: Api) -> None:
    gift = world.pay(world.give(100_00))
    world.do(cancel, SLUG, WHY, ACTOR)
    world.close()
    world.do(lambda tx: tx.run("UPDATE refund SET state = 'refused'"))
    world.close()
    assert world.do(lambda tx: tx.scalar("SELECT count(*) FROM refund")) == 1
    assert waits(api) == {"refunds_failed": 1}
    listed = api.manage(f"/campaigns/{SLUG}/cancellation/to-give-back", status=200, method="GET")
    assert [(row["donation"], row["why"]) for row in listed] == [(str(gift.id), "refund_failed")]
    api.manage(f"/donations/{gift.id}/given-back", {"reason": "卡已注销，转账退回"}, 200)
    assert world.view(gift).status == "refunded"
    world.check()


def test_a_scheduled_event_is_cancelled_without_a_reason_and_rests_at_once(world: World, api: Api) -> None:
    opens = world.clock.at + timedelta(days=1)
    world.do(
        create, new_campaign(world.clock.at, slug="other", opens_at=opens, ends_at=opens + timedelta(days=1)), ACTOR
    )
    assert api.manage("/campaigns/other/cancel", status=200)["phase"] == "cancelled"
    world.close()
    shown = api.manage("/campaigns/other/cancellation", status=200, method="GET")
    assert shown["state"] == "wound_up"
    world.check()


def test_an_open_event_is_not_cancelled_without_a_reason(world: World) -> None:
    with pytest.raises(Invalid, match="reason_missing"):
        world.do(cancel, SLUG, "", ACTOR)
    assert world.phase() == "open"
