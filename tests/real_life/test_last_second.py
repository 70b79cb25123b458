"""The last second of a campaign: who is paying then may finish, on a platform as on our pages."""

from datetime import datetime, timedelta

from campaigns.lifecycle.campaign import find_campaign
from payments.partners.partner_events import donation_id_of
from tests.closing.partner import tell, waiting
from tests.matching.kinds import replayed
from tests.world import World


def ends_at(world: World) -> datetime:
    return world.do(find_campaign, world.slug).ends_at  # type: ignore[no-any-return]


def test_a_partners_gift_paid_a_second_after_the_end_counts_as_one_of_our_pages_does(world: World) -> None:
    world.pot(500_00)
    end = ends_at(world)
    world.clock.at = end - timedelta(seconds=1)
    web = world.give(100_00)
    world.clock.at = end + timedelta(minutes=40)
    for name, after in (("second", 1), ("last", 30 * 60 - 1), ("over", 30 * 60)):
        tell(world, "plat", name, 100_00, at=end + timedelta(seconds=after))
    assert world.pay(web, at=end + timedelta(seconds=1)).captured_minor == 100_00
    for name in ("second", "last"):
        donation = world.view(donation_id_of("plat", name))
        assert (donation.status, donation.captured_minor) == ("paid", 100_00), name
    assert waiting(world) == ["no_campaign_then"], "half an hour later nobody is paying any more"
    world.check()
    assert replayed(world).differences == ()
