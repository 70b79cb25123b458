"""Clearing a case after all matches its donation again: from what is free, beyond the match that it has."""

from uuid import UUID

from campaigns import pots
from campaigns.lifecycle.campaign import lock_shared
from campaigns.screening.rematch import rematch
from kernel.db import Tx
from ledger.post import post
from tests.world import ACTOR, World


def matched_again(world: World, donation: UUID) -> int:
    """Match the donation again; its captured match then, in fen."""

    def again(tx: Tx) -> None:
        [campaign] = lock_shared(tx, slugs=[world.slug])
        tx.rows("SELECT id FROM donation WHERE id = :id FOR UPDATE", id=donation)
        post(tx, rematch(tx, donation, campaign))

    world.do(again)
    world.check()
    return int(world.view(donation).captured_minor)


def test_earlier_match_counts_pot_by_pot(world: World) -> None:
    rules = {"ratio_bps": 10_000, "caps": {"donation_minor": 50_00}}
    first, second = world.pot(30_00, donation=50_00), world.pot(10_00, rank=2, donation=20_00)
    donation = world.pay(world.give(100_00)).id
    assert world.view(donation).captured_minor == 40_00
    assert matched_again(world, donation) == 40_00, "both pots are empty"

    for pot in (first, second):
        world.do(pots.top_up, pot, 500_00, ACTOR)
    assert matched_again(world, donation) == 50_00 + 20_00, "each pot up to its cap, earlier match included"
    assert matched_again(world, donation) == 70_00

    # The first pot has two reservations of this donation now; a wider cap gives what they leave of it together.
    world.do(pots.add_rules, first, rules | {"caps": {"donation_minor": 60_00}}, None, ACTOR)
    world.clock.advance(seconds=1)
    assert matched_again(world, donation) == 60_00 + 20_00
    world.do(pots.add_rules, first, {"ratio_bps": 10_000}, None, ACTOR)
    world.clock.advance(seconds=1)
    assert matched_again(world, donation) == 100_00, "and no pot gives beyond the donation"


def test_a_refund_leaves_only_the_rest_to_be_matched_again(world: World) -> None:
    pot = world.pot(10_00)
    donation = world.pay(world.give(100_00))
    world.refund(donation, 40_00)
    world.do(pots.top_up, pot, 500_00, ACTOR)
    assert matched_again(world, donation.id) == 60_00
    world.refund(donation, 100_00)
    assert matched_again(world, donation.id) == 0
