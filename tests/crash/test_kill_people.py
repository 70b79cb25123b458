"""Kill -9 inside what people and their challenges do with match: done again, it is done once."""

import pytest

from campaigns import pots
from campaigns.closing.challenges import unlock_challenges
from campaigns.screening.cases import case_id_of_donation
from campaigns.screening.decide import cancel
from campaigns.screening.screen import open_cases
from tests.crash.test_kill_later import NOBODY
from tests.crash.test_kill_nine import kill_in
from tests.crash.victim import LATER, SIGN
from tests.matching.kinds import by_pot, paid, proven, special_pot
from tests.world import ACTOR, World


def _steps(stage: str) -> list[str]:
    return [step for step, (of, _, _) in LATER.items() if of == stage]


def _committed(step: str) -> bool:
    return step.endswith(": committed")


@pytest.mark.parametrize("step", _steps("unlock"))
def test_a_challenge_unlocks_and_serves_once_after_a_crash(world: World, step: str) -> None:
    pot = special_pot(world, 100_00, "challenge", challenge={"donors": 1})
    before = paid(world, 60_00)
    kill_in(world, NOBODY, step, world.command(id=before.id))
    world.check()
    assert world.pots()[pot].locked is not _committed(step)
    assert world.view(before).captured_minor == (60_00 if _committed(step) else 0)
    assert unlock_challenges(world.deps) == (0 if _committed(step) else 1)
    assert (by_pot(world, before), unlock_challenges(world.deps)) == ({pot: 60_00}, 0)
    proven(world)


@pytest.mark.parametrize("step", _steps("hold"))
def test_match_is_held_by_one_case_after_a_crash(world: World, step: str) -> None:
    world.pot(100_00)
    donation = paid(world, 60_00)
    kill_in(world, NOBODY, step, world.command(id=donation.id))
    world.check()
    assert world.view(donation).held_minor == (60_00 if _committed(step) else 0)
    assert len(world.do(open_cases, {donation.id: SIGN})) == (0 if _committed(step) else 1)
    view = world.view(donation)
    assert (view.captured_minor, view.held_minor) == (0, 60_00)
    proven(world)


@pytest.mark.parametrize("step", _steps("decide"))
def test_a_decision_takes_match_back_once_after_a_crash(world: World, step: str) -> None:
    pot = world.pot(100_00)
    donation = paid(world, 60_00)
    world.do(open_cases, {donation.id: SIGN})
    kill_in(world, NOBODY, step, world.command(id=donation.id))
    world.check()
    assert world.pots()[pot].available_minor == (100_00 if _committed(step) else 40_00)
    world.do(cancel, world.do(case_id_of_donation, donation.id), "because", ACTOR)
    assert (world.view(donation).held_minor, world.pots()[pot].available_minor) == (0, 100_00)
    proven(world)


@pytest.mark.parametrize("step", _steps("top-up"))
def test_a_top_up_is_whole_or_not_there_after_a_crash(world: World, step: str) -> None:
    """The manager sees which, and asks again where it is not there."""
    pot = world.pot(100_00)
    kill_in(world, NOBODY, step, world.command())
    world.check()
    assert world.pots()[pot].funded_minor == (150_00 if _committed(step) else 100_00)
    if not _committed(step):
        world.do(pots.top_up, pot, 50_00, ACTOR)
    assert world.give(200_00).reserved_minor == 150_00
    proven(world)
