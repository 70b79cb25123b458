"""Concurrent donors share a transaction, and none spoils or forgets another. Real threads."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from uuid import UUID

import pytest
from sqlalchemy.exc import OperationalError

from app.gather import MOST, Gather
from campaigns.donations.give import Given, give
from campaigns.donations.wish import Give
from campaigns.engine import Engine
from kernel.errors import Conflict, Invalid, Refusal
from tests.world import World

SECONDS = 20.0
Answers = list[Given | Refusal]


class Recorder:
    """The real `give`, with the sizes of its batches; the first one waits until told, so that others gather."""

    def __init__(self, before: Callable[[Sequence[Give]], None] = lambda _: None) -> None:
        self.sizes: list[int] = []
        self.first, self.go = Event(), Event()
        self._before = before

    def __call__(self, engine: Engine, wishes: Sequence[Give]) -> Answers:
        self.sizes.append(len(wishes))
        if len(self.sizes) == 1:
            self.first.set()
            assert self.go.wait(SECONDS)
        self._before(wishes)
        return give(engine, wishes)


def together(gather: Gather, recorder: Recorder, wishes: list[Give]) -> list[Given | BaseException]:
    """The first wish leads alone; the others arrive while it runs."""

    def one(wish: Give) -> Given | BaseException:
        try:
            return gather.give(wish)
        except Exception as error:
            return error

    with ThreadPoolExecutor(len(wishes)) as pool:
        leading = pool.submit(one, wishes[0])
        assert recorder.first.wait(SECONDS)
        rest = [pool.submit(one, wish) for wish in wishes[1:]]
        while len(gather._waiting) < len(rest):
            pass
        recorder.go.set()
        return [call.result(SECONDS) for call in (leading, *rest)]


def test_those_who_wait_share_one_transaction(world: World) -> None:
    pot = world.pot(1_000_00)
    recorder = Recorder()
    wishes = [world.wish(10_00) for _ in range(9)]
    answers = together(Gather(world.engine, recorder), recorder, wishes)
    assert recorder.sizes == [1, 8]
    assert [answer.standing.id for answer in answers] == [wish.id for wish in wishes]
    assert world.pots()[pot].reserved_minor == 90_00
    world.check()


def test_a_batch_has_an_upper_size(world: World) -> None:
    recorder = Recorder()
    wishes = [world.wish(10_00) for _ in range(MOST + 3)]
    together(Gather(world.engine, recorder), recorder, wishes)
    assert recorder.sizes == [1, MOST, 2]


def test_a_refusal_is_for_its_own_wish(world: World) -> None:
    recorder = Recorder()
    wishes = [world.wish(), world.wish(1), world.wish(campaign="other"), world.wish()]
    answers = together(Gather(world.engine, recorder), recorder, wishes)
    assert isinstance(answers[0], Given)
    assert isinstance(answers[1], Invalid)
    assert isinstance(answers[2], Refusal)
    assert isinstance(answers[3], Given)
    assert recorder.sizes == [1, 3]


def test_one_poisoned_wish_fails_alone(world: World) -> None:
    wishes = [world.wish() for _ in range(5)]

    def before(batch: Sequence[Give]) -> None:
        if wishes[2] in batch:
            raise ZeroDivisionError("poison")

    recorder = Recorder(before)
    answers = together(Gather(world.engine, recorder), recorder, wishes)
    assert isinstance(answers[2], ZeroDivisionError)
    assert [isinstance(answer, Given) for answer in answers] == [True, True, False, True, True]
    assert recorder.sizes == [1, 4, 1, 1, 1, 1]
    world.check()


def test_without_a_database_nobody_waits_for_each_wish_in_turn(world: World) -> None:
    def before(batch: Sequence[Give]) -> None:
        raise OperationalError("SELECT", {}, Exception("connection refused"))

    recorder = Recorder(before)
    answers = together(Gather(world.engine, recorder), recorder, [world.wish() for _ in range(6)])
    assert all(isinstance(answer, OperationalError) for answer in answers)
    assert recorder.sizes == [1, 5]


def test_after_a_failure_the_next_caller_leads(world: World) -> None:
    failures = [ZeroDivisionError("once")]

    def batch(engine: Engine, wishes: Sequence[Give]) -> Answers:
        if failures:
            raise failures.pop()
        return give(engine, wishes)

    gather = Gather(world.engine, batch)
    with pytest.raises(ZeroDivisionError):
        gather.give(world.wish())
    assert gather.give(world.wish()).created


def test_nobody_is_forgotten_under_load(world: World) -> None:
    """No lost wake-up: 24 threads, each many times, all answered; the pot gives exactly what it holds."""
    pot = world.pot(300_00)
    gather = Gather(world.engine)
    barrier = Barrier(24)

    def donor(_: int) -> list[UUID | str]:
        barrier.wait(SECONDS)
        done: list[UUID | str] = []
        for _ in range(5):
            try:
                done.append(gather.give(world.wish(5_00, accept_unmatched=False)).standing.id)
            except Conflict as refusal:
                done.append(refusal.code)
        return done

    with ThreadPoolExecutor(24) as pool:
        answers = [one for found in pool.map(donor, range(24), timeout=120) for one in found]
    assert len(answers) == 120
    assert sum(answer == "match_short" for answer in answers) == 60
    assert world.pots()[pot].reserved_minor == 300_00
    assert (gather._waiting, gather._led) == ([], False)
    world.check()
