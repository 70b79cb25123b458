"""After a campaign each platform learns which of its donations its bill confirmed."""

from datetime import timedelta

from standardwebhooks import Webhook

from campaigns.closing.reconciliation.reconcile import reconcile
from campaigns.lifecycle.campaign import find_campaign, lock_campaign
from tests.partners.engineer import Engineer, bill
from tests.partners.test_outgoing import receiver, subscribe, tell
from tests.world import World


def compare(world: World) -> int:
    """The closing's comparison of books and bills; the number of open differences."""
    differing: int = world.do(lambda tx: reconcile(tx, lock_campaign(tx, world.slug)))
    return differing


def test_a_bill_settles_donations_and_their_platform_is_told(engineer: Engineer, world: World) -> None:
    world.pot(1_000_00, donation=10_00)
    engineer.send(engineer.paid(1), engineer.paid(2, 40_00), engineer.refunded(2, 15_00), engineer.paid(3, 9_00))
    world.settle()
    at = world.clock.at.isoformat()
    with receiver() as (url, received):
        secret = subscribe(world, url, ["donation.settled"])
        rows = [("L1", "charge", "T-1", 25_00, 0), ("L2", "charge", "T-2", 40_00, 0)]
        engineer.call("/bill?confirm=1", bill(*rows, ("L3", "refund", "T-2", -15_00, 0), at=at))
        assert tell(world) == 0, "the campaign still runs"
        world.clock.at = world.do(find_campaign, world.slug).ends_at + timedelta(days=2)
        world.close()
        assert (world.phase(), compare(world), tell(world)) == ("reconciling", 1, 2)
        events = [Webhook(secret).verify(body, headers) for headers, body in received]
        engineer.call("/bill?confirm=1", bill(("L4", "charge", "T-3", 9_00, 0), at=at))
        assert (compare(world), tell(world), tell(world)) == (0, 1, 0)
    assert {event["type"] for event in events} == {"donation.settled"}
    settled = {event["data"]["donation_id"]: event["data"] for event in events}
    assert set(settled) == {"T-1", "T-2"}, "the bill lacks the third"
    assert {each["status"] for each in settled.values()} == {"settled"}
    second = settled["T-2"]
    assert (second["amount_minor"], second["refunded_minor"]) == (40_00, 15_00)
    assert second["match"]["captured_minor"] == 10_00
    assert engineer.get("/donations/T-3")["status"] == "settled"
    world.check()
