"""What the random days found, kept as plain stories."""

from campaigns.donations.unpaid.expire import expire
from campaigns.screening.cases import case_id_of_donation
from campaigns.screening.decide import cancel, clear
from campaigns.screening.screen import open_cases
from tests.machine.donations import FINISHING
from tests.machine.staff import SIGNAL
from tests.matching.kinds import by_pot, moved, offered, paid, proven
from tests.world import World


def test_a_payment_after_the_end_is_not_offered_match_again(world: World) -> None:
    """Eligibility goes by the payment's time: the re-offer may not give what the late payment was refused."""
    pot = world.pot(100_00)
    early, late = world.give(100_00), world.give(100_00)
    world.clock.advance(minutes=15)
    expire(world.deps)
    world.clock.advance(hours=8)
    world.pay(early)
    world.clock.at += FINISHING
    assert world.pay(late).captured_minor == 0
    world.refund(early, 100_00)
    assert offered(world) == 0
    assert (world.view(late).status, world.pots()[pot].available_minor) == ("paid", 100_00)
    proven(world)


def test_a_refund_takes_from_the_last_pot_whenever_it_matched(world: World) -> None:
    """The better pot matched later, at the payment; what is left of the donation still uses it first."""
    best, last = world.pot(40_00, mode="payment"), world.pot(60_00, rank=2)
    donation = paid(world, 100_00)
    assert by_pot(world, donation) == {last: 60_00, best: 40_00}
    world.refund(donation, 50_00)
    assert by_pot(world, donation) == {last: 10_00, best: 40_00}
    proven(world)


def test_a_refund_after_redistribution_keeps_the_better_pot(world: World) -> None:
    """What moved is the newest reservation, but not the last pot's."""
    best, last = world.pot(100_00), world.pot(100_00, rank=2)
    gone, served = paid(world, 60_00), paid(world, 100_00)
    assert by_pot(world, served) == {best: 40_00, last: 60_00}
    world.refund(gone, 30_00)
    assert moved(world) == 1
    assert by_pot(world, served) == {best: 70_00, last: 30_00}
    world.refund(served, 30_00)
    assert by_pot(world, served) == {best: 70_00}
    proven(world)


def test_match_that_a_person_took_away_comes_out_again_in_the_replay(world: World) -> None:
    """Its way home is not a move of redistribution: a case's number is no decision's."""
    pot = world.pot(100_00)
    donation = paid(world, 60_00)
    world.do(open_cases, {donation.id: SIGNAL})
    case = world.do(case_id_of_donation, donation.id)
    world.do(cancel, case, "与捐赠人核实", "reviewer")
    assert by_pot(world, paid(world, 90_00)) == {pot: 90_00}
    proven(world)


def test_held_match_stays_in_its_pot_until_a_person_decides(world: World) -> None:
    """Money of a better pot waits for it no more than for others; released, it moves."""
    best, last = world.pot(60_00), world.pot(60_00, rank=2)
    gone, held = paid(world, 60_00), paid(world, 60_00)
    world.do(open_cases, {held.id: SIGNAL})
    world.refund(gone, 60_00)
    assert (moved(world), by_pot(world, held)) == (0, {last: 60_00})
    world.do(clear, world.do(case_id_of_donation, held.id), "与捐赠人核实", "reviewer")
    assert (moved(world), by_pot(world, held)) == (1, {best: 60_00})
    proven(world)


def test_letting_go_leaves_alone_what_lapsed_before(world: World) -> None:
    """Late money was matched anew: the first reservation has ended and is not earned with the second."""
    pot = world.pot(500_00)
    donation = world.give(60_00)
    world.clock.advance(minutes=15)
    expire(world.deps)
    world.pay(donation)
    world.do(open_cases, {donation.id: SIGNAL})
    world.do(clear, world.do(case_id_of_donation, donation.id), "与捐赠人核实", "reviewer")
    assert (world.view(donation).captured_minor, world.pots()[pot].available_minor) == (60_00, 440_00)
    proven(world)
