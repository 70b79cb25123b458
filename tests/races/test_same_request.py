"""A request that arrives twice at the same moment is one donation: both looked for it before either stored it."""

from typing import Any

import pytest

from campaigns.donations import create
from campaigns.donations.create import Created
from campaigns.donations.donors.contact import Donor
from tests.races.runners import Meeting, at_once, meet_before
from tests.world import World

DONOR = Donor(name="张伟", email="zhang@example.cn", publish_name=True)


def _twice_at_once(world: World) -> list[Any]:
    command = world.command(100_00, donor=DONOR, message="加油")
    results = at_once(*[lambda: world.try_give(command)[0]] * 2)
    return sorted(results, key=lambda result: isinstance(result, Created) and result.created)


def test_the_second_finds_what_the_first_stored(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    pot = world.pot(500_00)
    meet_before(monkeypatch, Meeting(), create, "lock_pots")
    repeated, first = _twice_at_once(world)
    assert (repeated.created, first.created) == (False, True)
    assert repeated.donation == first.donation
    assert world.pots()[pot].available_minor == 400_00
    world.check()


def test_control_personal_data_that_does_not_give_way_fails_the_second(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = create.personal_rows
    monkeypatch.setattr(create, "personal_rows", lambda *args: [each._replace(conflict="") for each in rows(*args)])
    meet_before(monkeypatch, Meeting(), create, "lock_pots")
    failed, first = _twice_at_once(world)
    assert first.created
    assert "person_key" in str(failed)
