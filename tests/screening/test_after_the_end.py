"""After the end: match is looked at once more, and the notice waits for people."""

from dataclasses import replace

import pytest

from campaigns.screening import appeal, decide, staff
from campaigns.screening.review import review
from campaigns.screening.screen import screen
from kernel.errors import Conflict, NotFound
from tests.screening.watched import REASON, case_of, codes, held_case, three_small, to_reconciling, world
from tests.world import World

__all__ = ["world"]


def sign_off(world: World) -> None:
    """A person accepts every difference with the provider, which is not there in these tests."""
    world.do(
        lambda tx: tx.run(
            """UPDATE discrepancy SET state = 'signed_off', reason = 'test', actor = 'test' WHERE state = 'open'"""
        )
    )


@pytest.fixture
def reachable(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A provider with an empty statement: these tests are not about its lines."""
    monkeypatch.setattr(type(world.deps.gateway), "statement", lambda *_: iter(()))
    return world


def test_match_given_after_the_end_is_screened(world: World) -> None:
    """The pot was empty for them; another's lapsed hold is offered to them, and the closing looks at them again
    before it goes on."""
    world.pot(100_00)
    world.give(100_00)
    ids = three_small(world)
    assert screen(world.deps) == 0
    to_reconciling(world)
    assert [world.view(id_).held_minor for id_ in ids] == [10_00] * 3
    world.check()


def test_cancelled_match_is_not_given_again_by_a_machine(world: World) -> None:
    world.pot(1_000_00)
    case = held_case(world)
    world.do(decide.cancel, case["id"], REASON, "li")
    to_reconciling(world)
    assert world.view(case["donation_id"]).captured_minor == 0


def test_the_notice_waits_for_every_case(world: World, reachable: World) -> None:
    world = reachable
    world.pot(1_000_00)
    ids = three_small(world)
    screen(world.deps)
    to_reconciling(world)
    sign_off(world)
    world.close()
    assert world.phase() == "reconciling", "nobody has decided"
    for id_ in ids[:2]:
        world.do(decide.clear, case_of(world, id_)["id"], REASON, "li")
        world.close()
        assert world.phase() == "reconciling"
    world.do(decide.cancel, case_of(world, ids[2])["id"], REASON, "li")
    world.close()
    assert world.phase() == "notice"
    assert world.totals().matched_minor == 20_00
    world.check()
    world.clock.advance(days=11)
    world.close()
    assert world.phase() == "released"
    world.check()
    world.do(appeal.file_appeal, world.deps.keys, case_of(world, ids[2])["id"], "late", "donor")
    with pytest.raises(Conflict) as refusal:
        world.do(appeal.answer_appeal, case_of(world, ids[2])["id"], "too late", "wang", "released")
    assert refusal.value.code == "campaign_phase"


def test_a_review_after_the_end_finds_what_stricter_rules_say_and_repeats_without_effect(world: World) -> None:
    world.pot(1_000_00)
    ids = three_small(world)
    strict, world.deps = world.deps, replace(world.deps, screening_defaults={})
    assert screen(world.deps) == 0
    with pytest.raises(Conflict) as refusal:
        review(strict, world.slug, "li")
    assert refusal.value.code == "campaign_phase"
    world.clock.advance(hours=9)
    world.close()
    assert review(strict, world.slug, "li") == (3, 3, 3)
    assert review(strict, world.slug, "li") == (3, 0, 3)
    assert codes(case_of(world, ids[0])) == ["small_donor"]
    world.check()


def test_contacts_of_staff_are_audited_when_they_change(world: World) -> None:
    def trail() -> list[str]:
        rows = world.do(
            lambda tx: tx.rows("SELECT action FROM audit_entry WHERE action LIKE 'staff.%' ORDER BY id")
        )
        return [row.action for row in rows]

    for _ in range(2):
        [contact] = world.do(staff.add, world.deps.keys, "41010101", phone="13900000001", actor="li")
    assert trail() == ["staff.add"]
    for unknown in (0, 2**63):
        with pytest.raises(NotFound, match="staff_unknown"):
            world.do(staff.remove, unknown, "li")
    world.do(staff.remove, contact.id, "li")
    assert trail() == ["staff.add", "staff.remove"]
