"""A campaign is called off: nobody gives any more, and the match goes back to where it came from."""

from campaigns.donations.unpaid.expire import expire
from campaigns.funds.funds import list_funds
from campaigns.lifecycle.transitions import cancel
from tests.world import ACTOR, SLUG, World


def in_fund(world: World) -> int:
    return int(world.do(list_funds)[0].balance_minor)


def test_a_cancelled_campaign_gives_free_match_back_and_held_match_when_its_hold_lapses(world: World) -> None:
    before = in_fund(world)
    world.pot(500_00)
    world.give(100_00)
    world.do(cancel, SLUG, ACTOR)
    world.close()
    assert in_fund(world) == before - 100_00
    world.clock.advance(minutes=16)
    expire(world.deps)
    world.close()
    world.close()
    assert in_fund(world) == before
    assert world.phase() == "cancelled"
    world.check()
