"""The provider took the money, but its message never reached us: we go and look before we let the match go."""

from campaigns.donations.unpaid.expire import expire
from tests.closing.day import Day, clock, day

__all__ = ["clock", "day"]


def test_a_payment_without_a_message_is_found_when_its_reservation_ends(day: Day) -> None:
    world = day.world
    world.pot(500_00)
    pledged = day.pledge(100_00)
    day.server.order("/webhooks/pause")
    day.server.order("/pay", reference=pledged.payment_reference)
    world.clock.advance(minutes=16)
    assert expire(world.deps) == 0
    world.settle()
    view = world.view(pledged)
    assert (view.status, view.captured_minor) == ("paid", 100_00)
    day.server.order("/webhooks/resume")
    event = day.server.receiver.take("payment_intent.succeeded")
    world.tell(event["type"], event["data"]["object"], event_id=event["id"])
    world.settle()
    assert world.totals() == (1, 1, 100_00, 100_00)
    world.check()
