"""What a payment may say beside its amount: campaign, source, words, team, consent (P9)."""

from datetime import timedelta
from typing import Any

import pytest

from campaigns.desks.inbox_desk import retry_waiting
from campaigns.donations.donors.contact import read_contact
from campaigns.donations.models import Donation, GiftSource
from campaigns.lifecycle.drafts import create
from campaigns.lifecycle.entries import add_entry
from campaigns.lifecycle.transitions import schedule
from kernel.ids import donation_id_of
from payments.partners.partners import set_limits
from tests.api.client import problem
from tests.partners.engineer import NAME, Engineer
from tests.world import ACTOR, World, new_campaign

T1 = donation_id_of(NAME, "T-1")


def donation(world: World) -> Donation:
    row: Donation = world.do(lambda tx: tx.get(Donation, T1))
    return row


def test_all_that_a_donor_said_is_kept(engineer: Engineer, world: World) -> None:
    details: dict[str, Any] = {
        "donor": {"key": "u", "name": "张三"},
        "channel": {"kind": "livestream", "code": "主播甲"},
        "message": "为孩子们加油",
        "team": "骑行队",
        "consent": {"publish_name": True},
    }
    engineer.send(engineer.paid(1, **details))
    world.settle()
    assert (donation(world).team, donation(world).publish_name) == ("骑行队", True)
    personal = world.do(read_contact, world.deps.keys, T1)
    assert (personal["name"], personal["message"]) == ("张三", "为孩子们加油")
    source = world.do(lambda tx: tx.get(GiftSource, T1))
    assert (source.kind, source.code) == ("livestream", "主播甲")
    words = world.do(lambda tx: tx.rows("SELECT state FROM public_words"))
    assert [row.state for row in words] == ["waiting"], "somebody looks at it first"
    consents = world.do(lambda tx: tx.rows("SELECT publish_name, how FROM consent"))
    assert [tuple(row) for row in consents] == [(True, "partner")]
    world.check()


def test_an_anonymous_gift_publishes_no_name(engineer: Engineer, world: World) -> None:
    engineer.send(
        engineer.paid(1, donor={"key": "u", "name": "张三"}, consent={"publish_name": True}, anonymous=True)
    )
    world.settle()
    assert not donation(world).publish_name
    assert world.do(lambda tx: tx.rows("SELECT FROM consent")) == []


def test_a_payment_says_which_campaign_it_was_for(engineer: Engineer, world: World) -> None:
    later = new_campaign(world.clock.at, slug="later", opens_at=world.clock.at - timedelta(minutes=1))
    world.do(create, later, ACTOR)
    world.do(add_entry, "later", world.projects[0], ACTOR)
    world.do(schedule, "later", ACTOR)
    first = world.do(lambda tx: tx.scalar("SELECT slug FROM campaign ORDER BY id LIMIT 1"))
    engineer.send(engineer.paid(1, campaign=first), engineer.paid(2, campaign="nowhere"))
    world.settle()
    assert engineer.get("/donations/T-1")["status"] == "paid"
    assert world.totals().donations == 1
    assert engineer.get("/events/donation.paid-2")["reason"] == "no_campaign_then"


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"channel": "app"}, "data.channel"),
        ({"channel": {"kind": "offline", "code": "x"}}, "data.channel.kind"),
        ({"channel": {"kind": "video"}}, "data.channel.code"),
        ({"message": "x" * 201}, "data.message"),
        ({"team": "a\u202eb"}, "data.team"),
        ({"consent": {"publish_name": "yes"}}, "data.consent.publish_name"),
        ({"anonymous": 1}, "data.anonymous"),
        ({"donor": {"key": "u", "name": "张\u202e三"}}, "data.donor.name"),
        ({"test": "no"}, "data.test"),
    ],
)
def test_invalid_details_are_refused_by_field(engineer: Engineer, data: dict[str, Any], field: str) -> None:
    assert set(problem(engineer.call("", engineer.paid(1, **data)), 422, "event_invalid")["errors"]) == {field}


def test_a_payment_that_is_older_than_its_limit_waits(engineer: Engineer, tester: Engineer, world: World) -> None:
    """The limit here is one day; an operator may accept an older payment."""
    for name in (NAME, "newcomer"):
        world.do(set_limits, name, {"age_most_days": 1})
    day = 24 * 60
    old = (engineer.paid(1, minutes_ago=day + 1), engineer.paid(2, minutes_ago=day - 1))
    world.do(lambda tx: tx.run("UPDATE campaign SET opens_at = opens_at - interval '3 days'"))
    engineer.send(*old)
    world.settle()
    assert engineer.get("/events/donation.paid-1")["reason"] == "above_limit"
    assert engineer.get("/events/donation.paid-2")["state"] == "done"
    assert engineer.get("/health")["limits"]["age_most_days"] == 1
    message = world.do(lambda tx: tx.scalar("SELECT min(inbox_id) FROM inbox_work WHERE state = 'waiting'"))
    world.do(retry_waiting, "staff", message, confirm=True, reason="their server was down")
    world.settle()
    assert engineer.get("/donations/T-1")["status"] == "paid"
    tester.send(old[0])
    assert tester.get("/events/donation.paid-1")["reason"] == "above_limit"
