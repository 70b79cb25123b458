"""A donor objects, and somebody decides once more."""

from datetime import timedelta

import pytest

from campaigns.screening import appeal, decide
from campaigns.screening.screen import screen
from kernel.errors import Conflict
from tests.screening.watched import REASON, case_of, held_case, three_small, world
from tests.world import World

__all__ = ["world"]


def test_an_appeal_after_a_cancellation_gives_what_is_still_free(world: World) -> None:
    pot = world.pot(1_000_00)
    case = held_case(world)
    world.do(decide.cancel, case["id"], REASON, "li")
    world.give(976_00)  # so that little is left
    assert world.pots()[pot].available_minor == 4_00
    world.do(appeal.file_appeal, world.deps.keys, case["id"], "这是我们全家的心意", "donor")
    world.do(appeal.file_appeal, world.deps.keys, case["id"], "这是我们全家的心意", "donor")
    with pytest.raises(Conflict) as refusal:
        world.do(appeal.file_appeal, world.deps.keys, case["id"], "other", "donor")
    assert refusal.value.code == "appeal_exists"
    for _ in range(2):
        world.do(appeal.answer_appeal, case["id"], "属实", "wang", "released")
    after = case_of(world, case["donation_id"])
    assert (after["state"], after["actor"], after["answered_by"]) == ("released", "wang", "wang")
    assert world.view(case["donation_id"]).captured_minor == 4_00
    with pytest.raises(Conflict) as refusal:
        world.do(appeal.answer_appeal, case["id"], "different", "wang")
    assert refusal.value.code == "appeal_answered"
    world.check()


def test_an_appeal_gives_no_match_to_a_payment_that_came_after_the_time_of_match(world: World) -> None:
    """What it had was its promise, and that has ended; what is free by now is for payments in time."""
    pot = world.pot(25_00)
    world.do(lambda tx: tx.run("UPDATE campaign SET finishing_s = 60"))
    world.clock.advance(hours=7, minutes=59)
    gifts = [world.give(10_00, email="a@example.org") for _ in range(3)]
    world.clock.advance(minutes=5)
    ago = [timedelta(minutes=4), timedelta(minutes=4), timedelta(0)]
    in_time, _, late = (world.pay(row, world.clock.at - by).id for row, by in zip(gifts, ago, strict=True))
    assert screen(world.deps) == 3
    for id_ in (in_time, late):
        world.do(decide.cancel, case_of(world, id_)["id"], REASON, "li")
        world.do(appeal.file_appeal, world.deps.keys, case_of(world, id_)["id"], "please", "donor")
        world.do(appeal.answer_appeal, case_of(world, id_)["id"], "属实", "wang", "released")
    assert world.view(in_time).captured_minor == 10_00
    assert world.view(late).captured_minor == 0
    assert world.pots()[pot].available_minor == 5_00
    world.check()


def test_an_appeal_may_end_in_the_same_decision_and_a_release_may_be_taken_back(world: World) -> None:
    world.pot(1_000_00)
    ids = three_small(world)
    screen(world.deps)
    kept, turned, opened = (case_of(world, id_)["id"] for id_ in ids)
    world.do(decide.cancel, kept, REASON, "li")
    world.do(appeal.file_appeal, world.deps.keys, kept, "please", "donor")
    world.do(appeal.answer_appeal, kept, "no", "wang")
    assert case_of(world, ids[0])["state"] == "cancelled"
    world.do(appeal.file_appeal, world.deps.keys, turned, "see the letter", "li")
    world.do(decide.clear, turned, REASON, "li")
    world.do(appeal.answer_appeal, turned, "the letter says otherwise", "wang", "cancelled")
    assert (case_of(world, ids[1])["state"], world.view(ids[1]).captured_minor) == ("cancelled", 0)
    with pytest.raises(Conflict) as refusal:
        world.do(appeal.answer_appeal, opened, "nobody asked", "wang")
    assert refusal.value.code == "appeal_missing"
    world.do(decide.clear, opened, REASON, "li")
    with pytest.raises(Conflict) as refusal:
        world.do(appeal.file_appeal, world.deps.keys, opened, "why", "donor")
    assert refusal.value.code == "nothing_to_appeal"
    world.check()
