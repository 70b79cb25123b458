"""Free match is shared out while others want it too: re-offers, moves to better pots, challenges that are met."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError, OperationalError

from campaigns.check import check_books
from campaigns.closing import challenges as unlocking
from campaigns.closing import redistribute as moving
from campaigns.closing import reoffer as offering
from campaigns.closing.challenges import unlock_challenges
from campaigns.closing.redistribute import redistribute
from campaigns.closing.reoffer import reoffer
from campaigns.donations.facts import match_changes
from campaigns.donations.view import DonationView
from campaigns.intake.process import process_inbox
from campaigns.lifecycle.campaign import bump_matching_version, find_campaign, lock_campaign, lock_campaign_by_id
from kernel.errors import Conflict
from matching.unlock import unlock
from tests.matching.kinds import by_pot, moved, paid, proven, special_pot
from tests.races.runners import Meeting, at_once, errors, meet_before, pots_without_lock, read_free_accounts
from tests.world import World


def _faults(world: World) -> list[str]:
    with world.db.snapshot() as tx:
        return check_books(tx)


def _freed(world: World) -> tuple[int, list[DonationView]]:
    """A hundred yuan became free; three donations of 40 yuan got nothing yet."""
    pot = world.pot(100_00)
    gone = paid(world, 100_00)
    unserved = [paid(world, 40_00) for _ in range(3)]
    world.refund(gone, 100_00)
    return pot, unserved


def _offer_at_once(world: World, read: Callable[..., Any]) -> list[Any]:
    return at_once(*[lambda: world.do(lambda tx: reoffer(tx, read(tx, world.slug)))] * 2)


def test_two_re_offers_at_once_give_once(world: World) -> None:
    pot, unserved = _freed(world)
    assert sorted(_offer_at_once(world, lock_campaign)) == [0, 3]
    assert [by_pot(world, gift).get(pot, 0) for gift in unserved] == [40_00, 40_00, 20_00]
    proven(world)


def test_control_without_locks_both_re_offers_give(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is enough for both, so that the books' floor does not stop the second: one gift is matched twice."""
    pot = world.pot(100_00)
    gone, unserved = paid(world, 100_00), paid(world, 40_00)
    world.refund(gone, 100_00)
    pots_without_lock(monkeypatch, 0)
    monkeypatch.setattr(offering, "lock_free_accounts", read_free_accounts)
    meet_before(monkeypatch, Meeting(patience_s=5), offering, "post")
    assert _offer_at_once(world, find_campaign) == [1, 1]
    assert by_pot(world, unserved) == {pot: 80_00}
    assert [fault for fault in _faults(world) if fault.startswith("donation_matched_within_ratio")]


def _movable(world: World) -> tuple[int, DonationView]:
    """Match of a hundred yuan can move to a better pot, and 40 of them were just refunded: nobody knows yet."""
    best = world.pot(100_00)
    world.pot(100_00, rank=2)
    gone, served = paid(world, 100_00), paid(world, 100_00)
    world.refund(gone, 100_00)
    world.tell("charge.refunded", world.charge(served, 40_00))
    return best, served


def _move_against_refund(world: World, read: Callable[..., Any]) -> list[Any]:
    return at_once(
        lambda: world.do(lambda tx: redistribute(tx, read(tx, world.slug))),
        lambda: process_inbox(world.deps, most=1),
    )


def test_a_move_and_a_refund_end_the_same_in_either_order(world: World) -> None:
    best, served = _movable(world)
    assert _move_against_refund(world, lock_campaign) == [1, 1]
    assert by_pot(world, served) == {best: 60_00}
    assert moved(world) == 0
    proven(world)


def test_control_without_the_campaigns_lock_a_move_and_a_refund_take_the_same_match(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reservation's CHECK is the second defence: one of the two breaks (the inbox would try again)."""
    _movable(world)
    meeting = Meeting(patience_s=5)
    for module in (offering, moving):
        monkeypatch.setattr(module, "lock_free_accounts", read_free_accounts)
    meet_before(monkeypatch, meeting, moving, "write_decided_matches")
    meet_before(monkeypatch, meeting, match_changes, "return_surplus")
    broken = errors(_move_against_refund(world, find_campaign))
    assert len(broken) == 1
    assert isinstance(broken[0], IntegrityError | OperationalError | Conflict)


def _challenge(world: World) -> tuple[int, DonationView]:
    """A challenge that is met; who gave before it was would get all of it."""
    pot = special_pot(world, 100_00, "challenge", challenge={"donors": 1})
    return pot, paid(world, 100_00)


def test_new_donations_do_not_overtake_those_before_the_unlock(world: World) -> None:
    pot, before = _challenge(world)
    answers = at_once(lambda: unlock_challenges(world.deps), *[lambda: world.give(50_00)] * 4)
    assert answers[0] == 1
    assert [error.reserved_minor for error in answers[1:]] == [0] * 4
    assert by_pot(world, before) == {pot: 100_00}
    proven(world)


def test_control_unlocked_and_served_in_two_transactions_a_newcomer_overtakes(world: World) -> None:
    pot, before = _challenge(world)
    meeting, created = Meeting(), Meeting()

    def in_two() -> None:
        with world.db.transaction() as tx:
            campaign = lock_campaign_by_id(tx, find_campaign(tx, world.slug).id or 0)
            unlock(tx, unlocking.pots_with_met_challenge(tx, campaign.id or 0)[0], 1, 100_00)
            bump_matching_version(tx, campaign)
        meeting.wait()
        created.wait()
        world.do(lambda tx: reoffer(tx, lock_campaign(tx, world.slug), only=pot))

    def newcomer() -> DonationView:
        meeting.wait()
        mine = world.give(50_00)
        created.wait()
        return mine

    answers = at_once(in_two, newcomer)
    assert answers[1].reserved_minor == 50_00
    assert by_pot(world, before) == {pot: 50_00}
