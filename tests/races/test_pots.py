"""Many donors on few pots: never a fen more than there is, and what there is goes out."""

from typing import Any

import pytest

from campaigns import pots
from campaigns.check import check_books
from campaigns.donations.view import DonationView
from campaigns.funds import deposits, funds
from kernel.errors import Conflict, Refusal
from tests.races.runners import at_once, drop_check, errors, pots_without_lock
from tests.world import ACTOR, World

THREADS = 32
FLOOR = ("ledger_account", "ledger_account_floor")


def _faults(world: World) -> list[str]:
    with world.db.snapshot() as tx:
        return check_books(tx)


def _hundred_yuan_for_more(world: World, number: int = 160) -> list[Any]:
    """A pot of a hundred yuan; so many donations of one yuan at once, each in its own transaction."""
    world.pot(100_00)
    commands = [world.command(1_00, project=index % 3) for index in range(number)]
    shares = [commands[index::THREADS] for index in range(THREADS)]
    answers = at_once(*[lambda share=share: [world.try_give(command)[0] for command in share] for share in shares])
    return [result for some in answers for result in ([some] if isinstance(some, Exception) else some)]


def _matched(world: World) -> int:
    total = world.do(lambda tx: tx.scalar("SELECT coalesce(sum(amount_minor), 0) FROM reservation"))
    return int(total)


def test_one_pot_and_more_donations_than_it_has_match_for(world: World) -> None:
    answers = _hundred_yuan_for_more(world)
    standings: list[DonationView] = [created.donation for created in answers]
    held = [donation.reserved_minor for donation in standings]
    assert (held.count(1_00), held.count(0)) == (100, 60)
    assert next(iter(world.pots().values())).available_minor == 0
    world.check()


def test_control_without_lock_and_floor_the_pot_is_oversold(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    pots_without_lock(monkeypatch, 0.02)
    world.do(drop_check, *FLOOR)
    _hundred_yuan_for_more(world)
    assert _matched(world) > 100_00
    assert [fault for fault in _faults(world) if fault.startswith("floors_hold")]


def test_the_floor_is_the_second_defence(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the lock donors run into the CHECK: they are turned away, but nothing is oversold."""
    pots_without_lock(monkeypatch, 0.02)
    answers = _hundred_yuan_for_more(world)
    refused = [result.code for result in answers if isinstance(result, Refusal)]
    assert set(refused) == {"books_short"}
    assert _matched(world) <= 100_00
    world.check()


def _two_on_the_last_of_the_first_pot(world: World) -> tuple[list[Any], int, int]:
    first, second = world.pot(150_00, rank=1), world.pot(1_000_00, rank=2)
    commands = [world.command(100_00, project=index, accept_unmatched=False) for index in (0, 1)]
    answers = at_once(*[lambda command=command: world.try_give(command)[0] for command in commands])
    return answers, first, second


def test_two_donors_on_an_emptying_pot_with_a_rich_one_behind(world: World) -> None:
    answers, first, second = _two_on_the_last_of_the_first_pot(world)
    assert [created.donation.reserved_minor for created in answers] == [100_00, 100_00]
    left = world.pots()
    assert (left[first].available_minor, left[second].available_minor) == (0, 950_00)
    world.check()


def test_control_without_lock_a_donor_is_turned_away_before_a_rich_pot(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    pots_without_lock(monkeypatch, 0.2)
    answers, _, second = _two_on_the_last_of_the_first_pot(world)
    assert [refusal.code for refusal in errors(answers) if isinstance(refusal, Conflict)] == ["books_short"]
    assert world.pots()[second].available_minor == 1_000_00


def _pots_and_deposits_on_one_fund(world: World) -> tuple[list[Any], int]:
    """A fund of 100 yuan: eight pots of 30 while four times 10 come in. Answers, and what the fund holds."""
    world.fund = world.do(funds.create, "小基金", "special", ACTOR)
    world.do(deposits.deposit, world.fund, 100_00, "CNY", "first", ACTOR)
    filling = [lambda: world.pot(30_00) for _ in range(8)]
    coming = [
        lambda n=n: world.do(deposits.deposit, world.fund, 10_00, "CNY", f"more {n}", ACTOR) for n in (1, 2, 3, 4)
    ]
    answers = at_once(*filling, *coming)
    return answers, next(row.balance_minor for row in world.do(funds.list_funds) if row.id == world.fund)


def test_a_fund_is_never_overdrawn(world: World) -> None:
    answers, left = _pots_and_deposits_on_one_fund(world)
    made = len(world.pots())
    assert [refusal.code for refusal in errors(answers[:8]) if isinstance(refusal, Conflict)] == ["fund_short"] * (
        8 - made
    )
    assert errors(answers[8:]) == []
    assert made in (3, 4)
    assert left == 140_00 - made * 30_00 >= 0
    world.check()


def test_control_without_the_floor_the_fund_is_overdrawn(world: World) -> None:
    world.do(drop_check, *FLOOR)
    _, left = _pots_and_deposits_on_one_fund(world)
    assert left < 0
    assert [fault for fault in _faults(world) if fault.startswith("floors_hold")]


def test_a_deposit_entered_by_many_at_once_counts_once(world: World) -> None:
    answers = at_once(*[lambda: world.do(deposits.deposit, world.fund, 5_00, "CNY", "same", ACTOR)] * 6)
    assert sorted(answers) == [False] * 5 + [True]
    world.check()


def test_money_taken_out_of_a_pot_cannot_be_reserved(world: World) -> None:
    pot = world.pot(100_00)
    taking = [lambda: world.do(pots.reduce, pot, 40_00, ACTOR)] * 2
    giving = [lambda: world.give(60_00).reserved_minor] * 2
    answers = at_once(*taking, *giving)
    assert all(refusal.code == "pot_short" for refusal in errors(answers) if isinstance(refusal, Refusal))
    taken = 40_00 * (2 - len(errors(answers[:2])))
    assert sum(answers[2:]) + taken + world.pots()[pot].available_minor == 100_00
    world.check()
