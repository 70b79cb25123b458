"""Two workers meet on the donations and the limits of one partner."""

from collections.abc import Callable
from typing import Any

import pytest

from campaigns.check import check_books
from campaigns.intake import process
from campaigns.intake.partner_limits import Allowance
from campaigns.intake.process import process_inbox
from payments.partners.partners import create, set_limits
from tests.closing.partner import tell, waiting
from tests.races.runners import Meeting, at_once, meet_before
from tests.world import World

PARTNER = "teahouse"


@pytest.fixture(autouse=True)
def _registered(world: World) -> None:
    world.do(create, world.deps.keys, PARTNER, "茶馆")


def _work(world: World, most: int) -> Callable[[], None]:
    def work() -> None:
        while process_inbox(world.deps, most=most):
            pass

    return work


def _told_twice(world: World) -> None:
    """Six donations, each under two ids, so that each worker has one event of every donation in its first batch."""
    world.pot(1_000_00)
    for event_id in ("first", "second"):
        for number in range(6):
            tell(world, PARTNER, f"cup-{number}", 10_00, event_id=f"{event_id}-{number}")


def test_a_donation_reported_under_two_ids_to_two_workers_counts_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    _told_twice(world)
    meet_before(monkeypatch, Meeting(), process, "store_reported")
    assert at_once(_work(world, 6), _work(world, 6)) == [None, None]
    assert world.totals() == (6, 6, 60_00, 60_00)
    assert not waiting(world)
    world.check()


def test_control_who_ignores_what_others_stored_counts_twice(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    _told_twice(world)
    store = process.store_reported

    def ignoring(*args: Any) -> set[Any]:
        store(*args)
        return set()

    monkeypatch.setattr(process, "store_reported", ignoring)
    meet_before(monkeypatch, Meeting(), process, "store_reported")
    at_once(_work(world, 6), _work(world, 6))
    with world.db.snapshot() as tx:
        assert check_books(tx)


def _six_and_a_limit_of_four(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.do(set_limits, PARTNER, {"day_most_count": 4})
    for number in range(6):
        tell(world, PARTNER, f"cup-{number}", 10_00)
    meet_before(monkeypatch, Meeting(), process, "store_reported")


def test_two_workers_keep_the_limit_of_a_day_together(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    _six_and_a_limit_of_four(world, monkeypatch)
    assert at_once(_work(world, 3), _work(world, 3)) == [None, None]
    assert waiting(world) == ["above_limit"] * 2
    assert world.totals().donations == 4
    taken = world.do(lambda tx: tx.row("SELECT amount_minor, donations FROM partner_day"))
    assert tuple(taken) == (40_00, 4)
    world.check()


def test_control_without_the_comparison_the_limit_is_exceeded(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    _six_and_a_limit_of_four(world, monkeypatch)
    monkeypatch.setattr(Allowance, "_is_within", lambda _allowance, _row: True)
    at_once(_work(world, 3), _work(world, 3))
    assert world.totals().donations == 6
