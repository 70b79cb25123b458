"""Concurrent donors share a transaction, and none spoils or forgets another. Real threads."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier, Event
from uuid import UUID

import pytest
from sqlalchemy.exc import OperationalError

from app.group_commit import MAX_BATCH, Batcher
from campaigns.dependencies import Dependencies
from campaigns.donations.commands import CreateDonation
from campaigns.donations.create import Created, create_donations
from kernel.errors import Conflict, Invalid, Refusal
from tests.world import World

SECONDS = 20.0
Answers = list[Created | Refusal]


class Recorder:
    """The real `give`, with the sizes of its batches; the first one waits until told, so that others batcher."""

    def __init__(self, before: Callable[[Sequence[CreateDonation]], None] = lambda _: None) -> None:
        self.sizes: list[int] = []
        self.first, self.go = Event(), Event()
        self._before = before

    def __call__(self, deps: Dependencies, commands: Sequence[CreateDonation]) -> Answers:
        self.sizes.append(len(commands))
        if len(self.sizes) == 1:
            self.first.set()
            assert self.go.wait(SECONDS)
        self._before(commands)
        return create_donations(deps, commands)


def together(batcher: Batcher, recorder: Recorder, commands: list[CreateDonation]) -> list[Created | BaseException]:
    """The first wish leads alone; the others arrive while it runs."""

    def one(command: CreateDonation) -> Created | BaseException:
        try:
            return batcher.submit(command)
        except Exception as error:
            return error

    with ThreadPoolExecutor(len(commands)) as pool:
        leading = pool.submit(one, commands[0])
        assert recorder.first.wait(SECONDS)
        rest = [pool.submit(one, command) for command in commands[1:]]
        while len(batcher._waiting) < len(rest):
            pass
        recorder.go.set()
        return [call.result(SECONDS) for call in (leading, *rest)]


def test_those_who_wait_share_one_transaction(world: World) -> None:
    pot = world.pot(1_000_00)
    recorder = Recorder()
    commands = [world.command(10_00) for _ in range(9)]
    answers = together(Batcher(partial(recorder, world.deps)), recorder, commands)
    assert recorder.sizes == [1, 8]
    assert [result.donation.id for result in answers] == [command.id for command in commands]
    assert world.pots()[pot].reserved_minor == 90_00
    world.check()


def test_a_batch_has_an_upper_size(world: World) -> None:
    recorder = Recorder()
    commands = [world.command(10_00) for _ in range(MAX_BATCH + 3)]
    together(Batcher(partial(recorder, world.deps)), recorder, commands)
    assert recorder.sizes == [1, MAX_BATCH, 2]


def test_a_refusal_is_for_its_own_wish(world: World) -> None:
    recorder = Recorder()
    commands = [world.command(), world.command(1), world.command(campaign="other"), world.command()]
    answers = together(Batcher(partial(recorder, world.deps)), recorder, commands)
    assert isinstance(answers[0], Created)
    assert isinstance(answers[1], Invalid)
    assert isinstance(answers[2], Refusal)
    assert isinstance(answers[3], Created)
    assert recorder.sizes == [1, 3]


def test_one_poisoned_wish_fails_alone(world: World) -> None:
    commands = [world.command() for _ in range(5)]

    def before(batch: Sequence[CreateDonation]) -> None:
        if commands[2] in batch:
            raise ZeroDivisionError("poison")

    recorder = Recorder(before)
    answers = together(Batcher(partial(recorder, world.deps)), recorder, commands)
    assert isinstance(answers[2], ZeroDivisionError)
    assert [isinstance(result, Created) for result in answers] == [True, True, False, True, True]
    assert recorder.sizes == [1, 4, 1, 1, 1, 1]
    world.check()


def test_without_a_database_a_batch_fails_at_once(world: World) -> None:
    def before(batch: Sequence[CreateDonation]) -> None:
        raise OperationalError("SELECT", {}, Exception("connection refused"))

    recorder = Recorder(before)
    answers = together(Batcher(partial(recorder, world.deps)), recorder, [world.command() for _ in range(6)])
    assert all(isinstance(result, OperationalError) for result in answers)
    assert recorder.sizes == [1, 5]


def test_after_a_failure_the_next_caller_leads(world: World) -> None:
    failures = [ZeroDivisionError("once")]

    def batch(deps: Dependencies, commands: Sequence[CreateDonation]) -> Answers:
        if failures:
            raise failures.pop()
        return create_donations(deps, commands)

    batcher = Batcher(partial(batch, world.deps))
    with pytest.raises(ZeroDivisionError):
        batcher.submit(world.command())
    assert batcher.submit(world.command()).created


def test_every_caller_gets_a_result_under_load(world: World) -> None:
    """No lost wake-up: 24 threads, each many times, all answered; the pot gives exactly what it holds."""
    pot = world.pot(300_00)
    batcher = Batcher(partial(create_donations, world.deps))
    barrier = Barrier(24)

    def donor(_: int) -> list[UUID | str]:
        barrier.wait(SECONDS)
        done: list[UUID | str] = []
        for _ in range(5):
            try:
                done.append(batcher.submit(world.command(5_00, accept_unmatched=False)).donation.id)
            except Conflict as refusal:
                done.append(refusal.code)
        return done

    with ThreadPoolExecutor(24) as pool:
        answers = [result for results in pool.map(donor, range(24), timeout=120) for result in results]
    assert len(answers) == 120
    assert sum(outcome == "match_short" for outcome in answers) == 60
    assert world.pots()[pot].reserved_minor == 300_00
    assert (batcher._waiting, batcher._led) == ([], False)
    world.check()
