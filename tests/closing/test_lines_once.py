"""Every line of a statement ends explained, booked or listed: once, in one campaign or in none; and every statement
that is expected is awaited by name."""

from datetime import timedelta
from typing import Any

import pytest

from campaigns.closing.reconciliation.discrepancies import listed, sign_off
from campaigns.closing.reconciliation.import_statement import import_statement
from campaigns.closing.reconciliation.reconcile import compare, reconcile
from campaigns.lifecycle.campaign import find_campaign
from campaigns.lifecycle.drafts import create
from campaigns.lifecycle.entries import add_entry
from campaigns.lifecycle.transitions import schedule
from payments.partners import partners
from tests.closing.partner import tell
from tests.world import ACTOR, World, new_campaign

HEAD = "line_id,kind,donation_id,amount_minor,fee_minor,currency,occurred_at\n"


@pytest.fixture
def plat(world: World) -> World:
    world.do(partners.create, world.deps.keys, "plat", "平台")
    return world


def bill(world: World, *rows: str) -> None:
    world.do(import_statement, "plat", HEAD + "".join(f"{row}\n" for row in rows), ACTOR)


def causes(world: World, campaign_id: int | None) -> list[str]:
    return [row.cause for row in world.do(listed, campaign_id)[0]]


@pytest.mark.parametrize("hours", [1, 9])
def test_a_line_in_two_campaigns_is_listed_in_the_one_that_opened_last(plat: World, hours: int) -> None:
    """Both are open, or only the second still takes donations: both take late messages for a day."""
    at = plat.clock.at
    second = {
        "slug": "second",
        "opens_at": at + timedelta(hours=hours),
        "ends_at": at + timedelta(hours=20),
    }
    plat.do(create, new_campaign(at, **second), ACTOR)
    plat.do(add_entry, "second", plat.projects[0], ACTOR)
    plat.do(schedule, "second", ACTOR)
    plat.clock.at = at + timedelta(hours=hours + 1)
    plat.close()
    bill(plat, f"L-1,charge,g-9,8800,0,CNY,{plat.clock.at.isoformat()}")
    first, other = (plat.do(find_campaign, slug) for slug in (plat.slug, "second"))
    assert (causes(plat, first.id), causes(plat, other.id)) == ([], ["missing_here"])
    plat.do(reconcile, first)
    assert "missing_here" not in causes(plat, first.id)


def test_a_line_of_no_campaign_is_on_a_list_of_its_own(plat: World) -> None:
    bill(plat, f"L-1,refund,g-9,-500,0,CNY,{(plat.clock.at - timedelta(days=40)).isoformat()}")
    [line] = plat.do(listed, None)[0]
    assert (line.cause, line.sum_minor, causes(plat, 1)) == ("refund", -5_00, [])
    plat.do(sign_off, line.id, "of last year", "finance")
    plat.check()


def test_a_bill_that_overtakes_its_events_waits_for_them(plat: World) -> None:
    """Its lines are no difference while the messages about them are stored and not processed yet."""
    at = plat.clock.at.isoformat()
    tell(plat, "plat", "g-1", 88_00)
    bill(plat, f"L-1,charge,g-1,8800,0,CNY,{at}", f"L-2,charge,g-2,500,0,CNY,{at}")
    campaign = plat.do(find_campaign, plat.slug)
    assert [(row.cause, row.reference) for row in plat.do(listed, campaign.id)[0]] == [("missing_here", "L-2")]
    plat.settle()
    plat.do(compare)
    assert [(row.reference, row.state) for row in plat.do(listed, campaign.id)[0]] == [("L-2", "open")]
    plat.check()


def test_a_partner_that_sent_nothing_at_all_holds_the_notice_by_name(plat: World) -> None:
    world = plat
    world.do(partners.create, world.deps.keys, "never", "从不", statement_expected=False)
    campaign = world.do(find_campaign, world.slug)
    assert world.do(reconcile, campaign) == 1
    [awaited] = world.do(listed, campaign.id)[0]
    assert (awaited.cause, awaited.provider) == ("missing_statement", "partner:plat")
    bill(world, f"L-1,payout,,-100,0,CNY,{world.clock.at.isoformat()}")
    assert world.do(reconcile, campaign) == 0
    world.check()


def test_a_line_of_an_archived_campaign_is_listed_and_ends_when_it_is_taken_back(plat: World) -> None:
    """Nobody compares its donations again, but money that comes late must not be lost from sight."""
    world, at = plat, plat.clock.at.isoformat()
    world.do(lambda tx: tx.run("UPDATE campaign SET phase = 'archived'"))
    bill(world, f"L-1,charge,g-9,8800,0,CNY,{at}")
    campaign = world.do(find_campaign, world.slug)
    [line] = world.do(listed, campaign.id)[0]
    assert (line.cause, line.state, line.sum_minor) == ("missing_here", "open", 88_00)
    world.do(sign_off, line.id, "a gift that was not reported", "finance")
    corrected = HEAD.replace("\n", ",corrects\n") + f"L-2,charge,g-9,-8800,0,CNY,{at},L-1\n"
    world.do(import_statement, "plat", corrected, ACTOR)
    [line] = world.do(listed, campaign.id)[0]
    assert (line.state, line.booked_minor) == ("matched", 0)
    world.check()


def test_another_shops_money_is_explained(world: World) -> None:
    intent: dict[str, Any] = {"id": "pi_shop", "amount": 66_00, "currency": "cny", "metadata": {}}
    line: dict[str, Any] = {"provider": "stripe", "kind": "charge", "line_id": "txn_1", "source_id": "ch_shop"}
    world.do(
        lambda tx: tx.run(
            """INSERT INTO provider_line (provider, kind, line_id, source_id, payment_intent, amount_minor,
                                          fee_minor, currency, occurred_at, fetched_at)
               VALUES (:provider, :kind, :line_id, :source_id, 'pi_shop', 6600, 40, 'CNY', :at, :at)""",
            at=tx.now,
            **line,
        )
    )
    world.do(compare)
    assert causes(world, 1) == ["missing_here"], "nobody told us yet whose it is"
    world.tell("payment_intent.succeeded", intent)
    world.settle()
    world.do(compare)
    assert [row.state for row in world.do(listed, 1)[0]] == ["matched"]
    world.check()
