"""Fixtures of payouts."""

import pytest

from campaigns.payouts import plans
from tests.payouts.released import HOST_ACCOUNT, account, release, split
from tests.world import World


@pytest.fixture
def sent(world: World) -> World:
    """A released campaign whose payout plan was sent to the bank."""
    world.pay(world.give(100_00))
    world.pay(world.give(50_00, 2))
    release(world)
    for code in ("4101", "4102"):
        account(world, code)
    account(world, "41", HOST_ACCOUNT)
    plan = world.do(plans.make_plan, world.slug, "maker")
    world.do(plans.approve, plan.id, "checker")
    world.do(plans.send, plan.id, "maker")
    return world


@pytest.fixture
def released(world: World) -> World:
    """Two villages of one county got 100.01 each, one of them matched in full; another county got 50."""
    world.pot(100_01, scope={"projects": [world.projects[0]]})
    split(world)
    for project, amount_minor in ((0, 100_01), (1, 100_01), (2, 50_00)):
        world.pay(world.give(amount_minor, project))
    release(world)
    return world
