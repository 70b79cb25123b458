"""Pots as managers make and change them, and what a change means for those who gave before and after."""

from datetime import timedelta
from typing import Any

import pytest

from campaigns import pots
from campaigns.disclosure.totals import PotView
from campaigns.funds import funds
from kernel.errors import Conflict, Invalid, NotFound, Refusal, fault
from matching.pots import Tranche
from tests.world import ACTOR, World

FUND = 1_000_000_00


def _refused(world: World, kind: type[Refusal], **pot: Any) -> Refusal:
    with pytest.raises(kind) as refused:
        world.pot(pot.pop("amount_minor", 100_00), **pot)
    return refused.value


def _fund(world: World) -> int:
    return next(row.balance_minor for row in world.do(funds.list_funds) if row.id == world.fund)


def _view(world: World, pot: int) -> PotView:
    return world.pots()[pot]


def test_a_pot_takes_its_money_from_the_fund(world: World) -> None:
    pot = world.pot(300_00)
    assert (_fund(world), _view(world, pot).available_minor) == (FUND - 300_00, 300_00)
    world.check()


def test_a_fund_gives_only_what_it_has(world: World) -> None:
    refused = _refused(world, Conflict, amount_minor=FUND + 1)
    assert (refused.code, refused.params) == (
        "fund_short",
        {"fund": "专项基金", "available_minor": FUND, "missing_minor": 1},
    )
    assert (world.pots(), _fund(world)) == ({}, FUND)
    world.pot(FUND)
    assert _fund(world) == 0
    world.check()


def test_a_senseless_pot_is_refused_with_every_reason(world: World) -> None:
    now = world.clock.at
    with pytest.raises(Invalid) as refused, world.db.transaction() as tx:
        pots.create(
            tx,
            campaign=world.slug,
            fund=world.fund,
            name="p",
            rank=0,
            kind="lottery",
            mode="later",
            rules={"ratio_bps": 1},
            tranches=[Tranche(now, 5), Tranche(now + timedelta(hours=1), 0)],
            actor=ACTOR,
        )
    assert set(refused.value.fields) == {"rank", "kind", "mode", "tranches"}
    assert _fund(world) == FUND
    world.check()


def test_two_tranches_at_the_same_time_are_refused(world: World) -> None:
    now = world.clock.at
    refused = _refused(world, Invalid, tranches=[Tranche(now, 5), Tranche(now, 6)])
    assert refused.fields == {"tranches": fault("tranches_at_same_time")}
    world.check()


@pytest.mark.parametrize(
    "scope",
    [{"under": ["4199"]}, {"projects": [4711]}, {"levels": ["hamlet"]}, {"minimum_rating": 6}],
)
def test_a_scope_without_any_project_is_refused(world: World, scope: dict[str, Any]) -> None:
    refused = _refused(world, Invalid, scope=scope)
    assert refused.code == "rules_invalid"
    assert list(refused.fields) == [f"scope.{next(iter(scope))}"]
    assert _fund(world) == FUND
    world.check()


@pytest.mark.parametrize("rest", [{"under": ["4102"]}, {"levels": ["city"]}, {"tiers": ["brand", "special"]}])
def test_named_projects_that_all_lie_outside_are_refused(world: World, rest: dict[str, Any]) -> None:
    named = world.projects[:2]
    refused = _refused(world, Invalid, scope={"projects": named, **rest})
    assert (refused.code, refused.fields) == ("rules_invalid", {"scope": fault("no_project_fits")})
    pot = world.pot(100_00, scope={"projects": named, "under": ["4101"], "levels": ["village"], "tiers": ["micro"]})
    with pytest.raises(Invalid, match="rules_invalid"):
        world.do(pots.add_rules, pot, {"ratio_bps": 1, "scope": {"projects": named, **rest}}, None, ACTOR)
    assert world.give(10_00).reserved_minor == 10_00
    world.check()


@pytest.mark.parametrize(
    ("under", "levels"),
    [(["410101"], ["city", "county"]), (["41010101"], ["township"]), (["4101", "4102"], ["city"])],
)
def test_a_level_above_all_the_places_named_is_refused(world: World, under: list[str], levels: list[str]) -> None:
    refused = _refused(world, Invalid, scope={"under": under, "levels": levels})
    assert (refused.code, refused.fields) == ("rules_invalid", {"scope": fault("no_project_fits")})
    assert world.pot(5_00, scope={"under": [*under, "41"], "levels": levels})  # the city itself is of every level
    world.check()


def test_money_and_rules_that_come_after_the_last_match_are_refused(world: World) -> None:
    """Half an hour to finish paying, 25 hours for late messages: then the last match has been given."""
    last = world.clock.at + timedelta(hours=8 + 25, minutes=30)
    refused = _refused(world, Invalid, tranches=[Tranche(world.clock.at, 5_00), Tranche(last, 5_00)])
    assert (refused.code, list(refused.fields)) == ("pot_invalid", ["tranches"])
    pot = world.pot(0, tranches=[Tranche(last - timedelta(seconds=1), 5_00)])
    with pytest.raises(Invalid) as late:
        world.do(pots.add_rules, pot, {"ratio_bps": 5_000}, last, ACTOR)
    assert (late.value.code, list(late.value.fields)) == ("rules_invalid", ["valid_from"])
    assert world.do(pots.add_rules, pot, {"ratio_bps": 5_000}, last - timedelta(seconds=1), ACTOR) == 2
    assert _fund(world) == FUND - 5_00
    world.check()


def test_one_named_project_that_fits_is_enough_and_a_rating_may_still_rise(world: World) -> None:
    assert world.pot(5_00, scope={"projects": world.projects, "under": ["4102"]})
    assert world.pot(5_00, scope={"projects": world.projects[:1], "minimum_rating": 5})
    world.check()


def test_a_cap_below_the_minimums_match_is_refused(world: World) -> None:
    assert list(_refused(world, Invalid, minimum_minor=50_00, donation=49_99).fields) == ["caps.donation_minor"]
    assert world.pot(100_00, minimum_minor=50_00, donation=50_00)
    world.check()


def test_money_is_added_and_taken_back(world: World) -> None:
    pot = world.pot(100_00)
    world.give(70_00)
    world.do(pots.top_up, pot, 20_00, ACTOR)
    assert (_view(world, pot).available_minor, _view(world, pot).funded_minor) == (50_00, 120_00)
    world.do(pots.reduce, pot, 50_00, ACTOR)
    assert (_view(world, pot).available_minor, _view(world, pot).funded_minor) == (0, 70_00)
    assert _fund(world) == FUND - 70_00
    world.check()


def test_reserved_money_cannot_be_taken_out_of_a_pot(world: World) -> None:
    later = world.clock.at + timedelta(hours=1)
    pot = world.pot(0, tranches=[Tranche(world.clock.at, 100_00), Tranche(later, 500_00)])
    world.give(70_00)
    with pytest.raises(Conflict) as refused:
        world.do(pots.reduce, pot, 30_01, ACTOR)
    assert (refused.value.code, refused.value.params) == ("pot_short", {"available_minor": 30_00})
    world.do(pots.reduce, pot, 30_00, ACTOR)
    world.clock.at = later
    assert _view(world, pot).available_minor == 500_00
    world.check()


@pytest.mark.parametrize("amount", [0, -1, 10**14])
def test_only_sensible_amounts_are_added_or_taken(world: World, amount: int) -> None:
    pot = world.pot(100_00)
    for change in (pots.top_up, pots.reduce):
        with pytest.raises(Invalid, match="amount_invalid"):
            world.do(change, pot, amount, ACTOR)
    world.check()


def test_a_fund_that_is_empty_tops_nothing_up(world: World) -> None:
    pot = world.pot(FUND)
    with pytest.raises(Conflict) as refused:
        world.do(pots.top_up, pot, 1, ACTOR)
    assert refused.value.code == "fund_short"
    assert _view(world, pot).funded_minor == FUND
    world.check()


def test_a_pot_that_does_not_exist_cannot_be_changed(world: World) -> None:
    with pytest.raises(NotFound, match="pot"):
        world.do(pots.top_up, 4711, 5, ACTOR)
    world.check()


def test_a_tranche_opens_at_its_minute(world: World) -> None:
    opens = world.clock.at + timedelta(minutes=5)
    pot = world.pot(0, tranches=[Tranche(world.clock.at, 10_00), Tranche(opens, 90_00)])
    assert (_view(world, pot).available_minor, _view(world, pot).next_tranche_at) == (10_00, opens)
    assert world.give(100_00).reserved_minor == 10_00
    world.clock.at = opens - timedelta(microseconds=1)
    assert world.give(100_00).reserved_minor == 0
    world.clock.at = opens
    assert (_view(world, pot).available_minor, _view(world, pot).next_tranche_at) == (90_00, None)
    assert world.give(100_00).reserved_minor == 90_00
    world.check()


def test_rules_change_from_a_time_on_and_reservations_keep_theirs(world: World) -> None:
    pot = world.pot(1_000_00, donation=50_00)
    before = world.give(100_00)
    change = world.clock.at + timedelta(minutes=5)
    assert world.do(pots.add_rules, pot, {"ratio_bps": 5_000}, change, ACTOR) == 2
    assert world.give(100_00).reserved_minor == 50_00
    world.clock.at = change
    after = world.give(200_00)
    assert after.reserved_minor == 100_00  # half of it, and no cap any more
    assert [world.pay(donation).captured_minor for donation in (before, after)] == [50_00, 100_00]
    assert world.refund(before, 60_00).captured_minor == 40_00  # still 1:1
    assert world.refund(after, 60_00).captured_minor == 70_00  # one half of 140
    world.check()


def test_a_newer_version_wins_when_two_begin_together(world: World) -> None:
    pot = world.pot(1_000_00)
    for ratio in (5_000, 2_000):
        world.do(pots.add_rules, pot, {"ratio_bps": ratio}, None, ACTOR)
    assert world.give(100_00).reserved_minor == 20_00
    world.check()


def test_rules_cannot_begin_in_the_past(world: World) -> None:
    pot = world.pot(100_00)
    with pytest.raises(Invalid) as refused:
        world.do(pots.add_rules, pot, {"ratio_bps": 1}, world.clock.at - timedelta(seconds=1), ACTOR)
    assert refused.value.code == "rules_in_the_past"
    assert list(refused.value.fields) == ["valid_from"]
    with pytest.raises(Invalid, match="rules_invalid"):
        world.do(pots.add_rules, pot, {"ratio_bps": 0}, None, ACTOR)
    world.check()


def test_a_narrower_scope_ends_the_match_of_those_outside(world: World) -> None:
    pot = world.pot(1_000_00)
    assert world.give(10_00, project=2).reserved_minor == 10_00
    world.do(pots.add_rules, pot, {"ratio_bps": 10_000, "scope": {"under": ["4101"]}}, None, ACTOR)
    assert world.give(10_00, project=2).reserved_minor == 0
    assert world.give(10_00, project=0).reserved_minor == 10_00
    world.check()
