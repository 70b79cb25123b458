"""Kill -9 while the project of a donation is corrected after the settling: it is whole, or not there at all."""

from datetime import date, datetime
from importlib import import_module
from typing import NamedTuple
from uuid import UUID

import pytest

from campaigns.check import check_books
from campaigns.closing.correct_project import Agreed, correct_project
from kernel.clock import FixedClock
from kernel.db import Database
from tests.crash.victim import die_after
from tests.forked import killed_in
from tests.world import ACTOR, World

MODULE = "campaigns.closing.correct_project"
COMMITTED = ("kernel.db", "Tx.committed")
FAILPOINTS = [(MODULE, "post"), (MODULE, "reoffer"), (MODULE, "return_to_funds"), COMMITTED]


class Order(NamedTuple):
    """Which donation to correct, and after what to die."""

    donation_id: UUID
    project: int
    failpoint: tuple[str, str]
    database_url: str
    now: datetime


def run(order: Order) -> None:
    """Correct the donation, and die in it."""
    db = Database(order.database_url, FixedClock(order.now))
    import_module(order.failpoint[0])
    die_after(*order.failpoint)
    with db.transaction() as tx:
        correct_project(tx, order.donation_id, _agreed(order.project, order.now.date()), "wrong village", ACTOR)


def _agreed(project: int, day: date) -> Agreed:
    return Agreed(project, "phone", day)


@pytest.mark.parametrize("failpoint", FAILPOINTS)
def test_a_correction_that_is_killed_is_whole_or_not_there(world: World, failpoint: tuple[str, str]) -> None:
    pot = world.pot(1_000_00, scope={"under": ["4101"]})
    other = world.pot(30_00, scope={"under": ["4102"]})
    donation = world.pay(world.give(100_00))
    world.do(lambda tx: tx.run("UPDATE campaign SET phase = 'reconciling', phase_since = :now", now=tx.now))
    url = world.db.engine.url.render_as_string(hide_password=False)
    killed_in(run, Order(donation.id, world.projects[2], failpoint, url, world.clock.at))
    with world.db.snapshot() as tx:
        assert check_books(tx) == []
    view = world.view(donation)
    if failpoint != COMMITTED:
        assert (view.project_id, view.captured_minor) == (world.projects[0], 100_00)
        world.do(correct_project, donation.id, _agreed(world.projects[2], world.clock.at.date()), "again", ACTOR)
        view = world.view(donation)
    assert (view.project_id, view.captured_minor) == (world.projects[2], 30_00)
    pots = world.pots()
    assert (pots[pot].returned_minor, pots[other].captured_minor) == (100_00, 30_00)
    world.check()
