"""A donation is corrected by several at once, while it is refunded and its event released: one at a time."""

from datetime import date
from typing import Any

from campaigns.closing.correct_project import Agreed, correct_project
from campaigns.closing.disburse import disburse_match
from campaigns.donations.facts.replay import replay
from campaigns.lifecycle.campaign import lock_campaign
from campaigns.lifecycle.phases import Phase
from kernel.db import Tx
from kernel.errors import Refusal
from tests.races.runners import at_once, errors
from tests.world import ACTOR, World


def _correct(world: World, donation: Any, project: int) -> Any:
    agreed = Agreed(world.projects[project], "phone", date(2026, 9, 9))
    return world.do(correct_project, donation.id, agreed, "wrong village", ACTOR)


def _release(tx: Tx) -> None:
    campaign = lock_campaign(tx, "day")
    disburse_match(tx, campaign)
    campaign.phase = Phase.RELEASED
    tx.add(campaign)


def test_corrections_meet_each_other_and_the_release(world: World) -> None:
    """Which comes first is open; every order ends with books that hold, and match in one place."""
    world.pot(1_000_00, scope={"under": ["4101"]})
    world.pot(40_00, scope={"under": ["4102"]})
    gifts = [world.pay(world.give(50_00)) for _ in range(3)]
    world.do(lambda tx: tx.run("UPDATE campaign SET phase = 'notice', phase_since = :now", now=tx.now))
    acts = [lambda gift=gift, to=to: _correct(world, gift, to) for gift in gifts for to in (1, 2)]
    outcomes = at_once(*acts, lambda: world.do(_release))
    refused = {outcome.code for outcome in outcomes if isinstance(outcome, Refusal)}
    assert refused <= {"campaign_phase"}
    assert [each for each in errors(outcomes) if not isinstance(each, Refusal)] == []
    world.check()
    assert replay(world.deps, world.slug).differences == ()
    match = sum(world.view(gift).captured_minor for gift in gifts)
    assert match <= 150_00
    for gift in map(world.view, gifts):
        assert gift.captured_minor <= (50_00 if gift.project_id != world.projects[2] else 40_00)
