"""Kill -9 inside what can become of a donation later: lapse, cancel, keep-alive, refund, and the last sharing of
match. The next tick, or the same request again, heals it; nobody repairs anything by hand."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from campaigns.donations.refunds.refund import request_refund, send_refunds
from campaigns.donations.unpaid.expire import cancel, expire, keep_alive
from campaigns.donations.view import DonationView
from kernel.clock import FixedClock
from kernel.db import Database
from tests.closing.day import Day, clock, day
from tests.crash.test_kill_nine import charges, kill, kill_in
from tests.crash.victim import LATER
from tests.matching.kinds import by_pot, paid, proven
from tests.payments.servers import Receiver, Server, start_sandbox
from tests.world import VILLAGES, World

__all__ = ["clock", "day"]
NOBODY = "http://127.0.0.1:9"  # where no provider answers


@pytest.fixture(scope="module")
def till(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A sandbox for all tests that refund nothing: refund numbers begin anew in each test."""
    receiver = Receiver()
    server = start_sandbox(Path(tmp_path_factory.mktemp("till")), receiver)
    yield server
    server.child.stop()
    receiver.close()


@pytest.fixture
def shared_day(db: Database, clock: FixedClock, till: Server) -> Day:
    till.receiver.empty()  # what other tests were told
    return Day.begin(db, clock, till)


def _steps(stage: str) -> list[str]:
    return [step for step, (of, _, _) in LATER.items() if of == stage]


def _committed(step: str) -> bool:
    return step.endswith(": committed")


@pytest.mark.parametrize("step", _steps("lapse"))
def test_a_lapse_happens_once_after_a_crash(shared_day: Day, step: str) -> None:
    day, world = shared_day, shared_day.world
    pot = world.pot(500_00)
    pledged = day.pledge()
    world.clock.advance(minutes=16)
    kill(day, step, world.command(id=pledged.id))
    world.check()
    assert world.view(pledged).status == ("expired" if _committed(step) else "paying")
    assert expire(world.deps) == (0 if _committed(step) else 1)
    assert expire(world.deps) == 0
    assert (world.view(pledged).status, world.pots()[pot].available_minor) == ("expired", 500_00)
    proven(world)


@pytest.mark.parametrize("step", _steps("cancel"))
def test_a_donor_who_cancels_again_after_a_crash_has_cancelled_once(shared_day: Day, step: str) -> None:
    day, world = shared_day, shared_day.world
    pot = world.pot(500_00)
    pledged = day.pledge()
    kill(day, step, world.command(id=pledged.id))
    world.check()
    assert world.view(pledged).status == ("cancelled" if _committed(step) else "paying")
    cancel(world.deps, pledged.id)
    assert (world.view(pledged).status, world.pots()[pot].available_minor) == ("cancelled", 500_00)
    proven(world)


@pytest.mark.parametrize("step", _steps("cancel"))
def test_a_donor_who_gives_up_after_a_crash_lapses(shared_day: Day, step: str) -> None:
    """The provider has closed the payment, nobody asks again: the clock ends it."""
    day, world = shared_day, shared_day.world
    pot = world.pot(500_00)
    pledged = day.pledge()
    kill(day, step, world.command(id=pledged.id))
    world.clock.advance(minutes=16)
    expire(world.deps)
    assert world.view(pledged).status == ("cancelled" if _committed(step) else "expired")
    assert world.pots()[pot].available_minor == 500_00
    proven(world)


def _until(world: World, pledged: DonationView) -> datetime:
    until = world.view(pledged).match_until
    assert until is not None
    return until


@pytest.mark.parametrize("step", _steps("keep-alive"))
def test_a_hold_is_longer_or_as_it_was_after_a_crash(world: World, step: str) -> None:
    pot = world.pot(500_00)
    pledged = world.give()
    world.clock.advance(minutes=10)
    kill_in(world, NOBODY, step, world.command(id=pledged.id))
    longer = 25 if _committed(step) else 15
    assert _until(world, pledged) == pledged.pledged_at + timedelta(minutes=longer)
    assert keep_alive(world.deps, pledged.id) == pledged.pledged_at + timedelta(minutes=25)
    world.clock.advance(minutes=15)
    assert expire(world.deps) == 1
    assert world.pots()[pot].available_minor == 500_00
    proven(world)


@pytest.mark.parametrize("step", [*_steps("ask"), *_steps("send")])
def test_a_refund_is_made_once_after_a_crash(day: Day, step: str) -> None:
    world = day.world
    pot = world.pot(500_00)
    donation = day.paid()
    if LATER[step][0] == "send":
        world.do(request_refund, donation.id, 40_00, "asked by the donor", "manager")
    kill(day, step, world.command(id=donation.id))
    world.check()
    if "not committed" in step and LATER[step][0] == "ask":
        world.do(request_refund, donation.id, 40_00, "asked by the donor", "manager")  # they got no answer
    send_refunds(world.deps)
    day.hear(lambda: world.view(donation).refunded_minor)
    assert send_refunds(world.deps) == 0
    world.settle()
    view = world.view(donation)
    assert (view.status, view.refunded_minor, view.captured_minor) == ("paid", 40_00, 60_00)
    assert world.pots()[pot].available_minor == 440_00
    mine = [charge for charge in charges(day) if charge["metadata"].get("donation_id") == str(donation.id)]
    assert [own_charge["amount_refunded"] for own_charge in mine] == [40_00]
    proven(world)


@pytest.mark.parametrize("step", [step for step in _steps("settle") if step.startswith("refund heard")])
def test_a_refund_whose_processing_was_killed_counts_once(world: World, step: str) -> None:
    pot = world.pot(500_00)
    donation = world.pay(world.give(100_00))
    world.tell("charge.refunded", world.charge(donation, 40_00))
    kill_in(world, NOBODY, step, world.command(id=donation.id))
    world.check()
    assert world.view(donation).refunded_minor == (40_00 if _committed(step) else 0)
    world.settle()
    world.refund(donation, 40_00)
    view = world.view(donation)
    assert (view.status, view.refunded_minor, view.captured_minor) == ("paid", 40_00, 60_00)
    assert world.pots()[pot].available_minor == 440_00
    proven(world)


@pytest.mark.parametrize("step", _steps("close"))
def test_match_is_shared_out_once_after_a_crash(world: World, step: str) -> None:
    """A re-offer, a move to a better pot, and a re-offer of what that left: all in the one step of the closing."""
    best, worse = world.pot(100_00, scope={"under": [VILLAGES[0]]}), world.pot(160_00, rank=2)
    gone, served = paid(world, 100_00), paid(world, 100_00)
    leaving, unserved = paid(world, 60_00, project=2), paid(world, 100_00, project=2)
    for gift in (gone, leaving):
        world.refund(gift, gift.amount_minor)
    world.clock.advance(hours=9)
    world.close()
    world.clock.advance(hours=30)
    assert world.phase() == "settling"
    kill_in(world, NOBODY, step, world.command(id=unserved.id))
    world.check()
    assert world.phase() == ("reconciling" if _committed(step) else "settling")
    assert world.view(unserved).captured_minor == (100_00 if _committed(step) else 0)
    for _ in range(2):
        world.close()
        assert world.phase() == "reconciling"
        assert (by_pot(world, served), by_pot(world, unserved)) == ({best: 100_00}, {worse: 100_00})
        assert world.pots()[worse].available_minor == 60_00
    proven(world)
