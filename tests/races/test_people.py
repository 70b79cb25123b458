"""People decide while machines work: cases against refunds, the open page against the lapse, and two managers."""

from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from campaigns import pots
from campaigns.donations.facts import match_changes
from campaigns.donations.unpaid.expire import expire, keep_alive
from campaigns.donations.view import DonationView
from campaigns.funds import funds
from campaigns.intake.process import process_inbox
from campaigns.lifecycle.models import Campaign
from campaigns.screening import decide
from campaigns.screening.cases import case_id_of_donation
from campaigns.screening.screen import open_cases
from campaigns.screening.signals import Signal
from kernel.db import Tx
from tests.matching.kinds import paid, proven
from tests.races.runners import Meeting, at_once, errors, meet_before, without_lock
from tests.world import ACTOR, World

SIGN = (Signal("staff", {"amount_minor": 1}),)
ROUNDS = 4
DECIDE = {"released": decide.clear, "cancelled": decide.cancel}


def _held(world: World) -> tuple[UUID, int]:
    """A donation of a hundred yuan whose match is on hold, and its case."""
    donation_id = paid(world, 100_00).id
    world.do(open_cases, {donation_id: SIGN})
    return donation_id, world.do(case_id_of_donation, donation_id)


def _decision_against_refund(world: World, to: str) -> tuple[DonationView, list[Any]]:
    donation_id, case = _held(world)
    world.tell("charge.refunded", world.charge(donation_id, 40_00))
    answers = at_once(
        lambda: world.do(DECIDE[to], case, "because", ACTOR), lambda: process_inbox(world.deps, most=1)
    )
    return world.view(donation_id), answers


@pytest.mark.parametrize(("to", "stays"), [("released", 60_00), ("cancelled", 0)])
def test_a_decision_and_a_refund_end_the_same_in_either_order(world: World, to: str, stays: int) -> None:
    pot = world.pot(1_000_00)
    for done in range(1, ROUNDS + 1):
        view, answers = _decision_against_refund(world, to)
        assert errors(answers) == []
        assert (view.refunded_minor, view.captured_minor, view.held_minor) == (40_00, stays, 0)
        assert world.pots()[pot].available_minor == 1_000_00 - done * stays
    proven(world)


def test_control_without_the_donations_lock_both_take_the_match_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reservation's CHECK and the books' floor are the second defence: one of the two breaks."""
    world.pot(1_000_00)
    meeting = Meeting(patience_s=5)
    meet_before(monkeypatch, meeting, decide, "return_surplus")
    meet_before(monkeypatch, meeting, match_changes, "return_surplus")
    with without_lock("donations"):
        _, answers = _decision_against_refund(world, "cancelled")
    assert len(errors(answers)) == 1


def _page_against_lapse(world: World) -> tuple[DonationView, Any]:
    """The donor's page asks for more time in the second in which their reservation ends."""
    pledged = world.give(10_00)
    world.clock.advance(minutes=15)
    answers = at_once(lambda: keep_alive(world.deps, pledged.id), lambda: expire(world.deps))
    return world.view(pledged), answers[0]


def _kept(view: DonationView, result: Any) -> bool:
    """Is it as the donor's page was told?"""
    if isinstance(result, datetime):
        return (view.status, view.reserved_minor, view.match_until) == ("pending", 10_00, result)
    return (view.status, view.reserved_minor) == ("expired", 0) and result.code == "promise_lapsed"


def test_an_extended_reservation_keeps_its_match(world: World) -> None:
    world.pot(1_000_00)
    for _ in range(ROUNDS * 2):
        assert _kept(*_page_against_lapse(world))
    proven(world)


def test_control_without_the_donations_lock_an_extended_reservation_expires(world: World) -> None:
    world.pot(1_000_00)
    with without_lock("donations"):
        view, result = _page_against_lapse(world)
    assert isinstance(result, datetime)
    assert (view.status, view.reserved_minor) == ("expired", 0)


def _versions(world: World) -> int:
    return int(world.do(lambda tx: tx.scalar("SELECT matching_version FROM campaign")))


def _fund(world: World) -> int:
    return int(world.do(funds.list_funds)[0].balance_minor)


def _managers_at_once(world: World, pot: int, number: int) -> list[Any]:
    """So many managers add ten yuan to a pot while as many take ten yuan out of it."""
    adding = [lambda: world.do(pots.top_up, pot, 10_00, ACTOR)] * number
    taking = [lambda: world.do(pots.reduce, pot, 10_00, ACTOR)] * number
    return at_once(*adding, *taking)


def test_top_ups_against_reductions_all_count(world: World) -> None:
    pot = world.pot(100_00)
    before, version = _fund(world), _versions(world)
    assert errors(_managers_at_once(world, pot, 4)) == []
    assert (world.pots()[pot].available_minor, world.pots()[pot].funded_minor) == (100_00, 100_00)
    assert (_fund(world), _versions(world)) == (before, version + 8)
    proven(world)


def test_control_without_the_campaigns_lock_a_change_of_a_pot_goes_unnoticed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two changes, one new version: who remembers the pots of the first would not read the second."""
    pot = world.pot(100_00)
    version, meeting = _versions(world), Meeting()

    def read(tx: Tx, campaign_id: int) -> Campaign:
        campaign = tx.get(Campaign, campaign_id)
        assert campaign is not None
        meeting.wait()
        return campaign

    monkeypatch.setattr(pots, "lock_campaign_by_id", read)
    assert errors(_managers_at_once(world, pot, 1)) == []
    assert _versions(world) == version + 1
