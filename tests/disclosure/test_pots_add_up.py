"""What the public reads of a pot adds up to what it was funded with, whatever happened to its money."""

from datetime import timedelta

from campaigns.closing.disburse import disburse_match
from campaigns.disclosure.totals import PotView
from campaigns.lifecycle.campaign import lock_campaign
from campaigns.pots import reduce
from campaigns.screening import screen, staff
from matching.pots import Tranche
from tests.world import ACTOR, World

LATER = 200_00  # in a tranche that opens in an hour


def _pot(world: World) -> int:
    """A pot with 70 yuan captured, 50 under review and 40 reserved; 10 of its 500 were taken back."""
    now = world.clock.at
    pot = world.pot(0, tranches=[Tranche(now, 300_00), Tranche(now + timedelta(hours=1), LATER)])
    world.do(staff.add, world.deps.keys, "41010101", email="s@example.org", actor="li")
    world.pay(world.give(70_00))
    world.pay(world.give(50_00, email="s@example.org"))
    assert screen.screen(world.deps) == 1
    world.give(40_00)
    world.do(reduce, pot, 10_00, ACTOR)
    return pot


def _sum(view: PotView) -> int:
    return view.available_minor + view.paused_minor + view.reserved_minor + view.held_minor + view.captured_minor


def test_a_pot_adds_up_in_every_state_of_its_money(world: World) -> None:
    pot = _pot(world)
    view = world.pots()[pot]
    assert (view.captured_minor, view.held_minor, view.reserved_minor) == (70_00, 50_00, 40_00)
    assert (view.available_minor, view.funded_minor, view.returned_minor) == (130_00, 490_00, 0)
    assert _sum(view) + LATER == view.funded_minor
    world.clock.advance(hours=1)
    view = world.pots()[pot]
    assert (view.next_tranche_at, _sum(view)) == (None, view.funded_minor)
    world.check()


def test_returned_match_is_shown_and_a_reduction_is_not(world: World) -> None:
    pot, other = _pot(world), world.pot(30_00, rank=2)
    world.do(lambda tx: disburse_match(tx, lock_campaign(tx, world.slug)))
    view = world.pots()[pot]
    assert (view.funded_minor, view.returned_minor) == (160_00, 330_00)
    assert (view.captured_minor, _sum(view)) == (70_00, view.funded_minor)
    assert world.pots()[other].returned_minor == 30_00
    world.check()
