"""Real threads that start together, and ways to take one defence away for a negative control."""

import re
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest

from kernel.db import Tx


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Run all acts at the same time; answers what each returned or raised, in order."""
    start = Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        start.wait(10)
        try:
            return act()
        except Exception as error:
            return error

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def errors(answers: Sequence[Any]) -> list[Exception]:
    return [answer for answer in answers if isinstance(answer, Exception)]


class Meeting:
    """Where two transactions wait for each other between reading and writing: the unlucky moment, made sure.

    Who waits longer than `patience_s` goes on alone, and so does everybody after him.
    """

    def __init__(self, parties: int = 2, patience_s: float = 1) -> None:
        self._barrier = Barrier(parties)
        self._patience_s = patience_s

    def wait(self) -> None:
        with suppress(BrokenBarrierError):
            self._barrier.wait(self._patience_s)


def meet_before(monkeypatch: pytest.MonkeyPatch, meeting: Meeting, module: Any, name: str) -> None:
    """Who calls this function of a module waits for the other first."""
    work: Callable[..., Any] = getattr(module, name)

    def wait_and_work(*args: Any, **named: Any) -> Any:
        meeting.wait()
        return work(*args, **named)

    monkeypatch.setattr(module, name, wait_and_work)


_LOCK = re.compile(r"FOR (NO KEY UPDATE|UPDATE|SHARE)( SKIP LOCKED)?")


def read_without_lock(monkeypatch: pytest.MonkeyPatch, fragment: str) -> None:
    """The statements that hold `fragment` lose their FOR ... clause, and two readers meet after reading."""
    locked, meeting = Tx.rows, Meeting()

    def rows(tx: Tx, sql: str, **values: Any) -> Sequence[Any]:
        without = _LOCK.sub("", sql)
        if fragment not in sql or without == sql:
            return locked(tx, sql, **values)
        found = locked(tx, without, **values)
        meeting.wait()
        return found

    monkeypatch.setattr(Tx, "rows", rows)


def pots_without_lock(monkeypatch: pytest.MonkeyPatch, pause_s: float) -> None:
    """Pots are read as they stand, without their lock, and given away `pause_s` seconds later."""

    def read(tx: Tx, pots: Any) -> dict[int, int]:
        by_account = {pot.free_account: pot.pot_id for pot in pots}
        found = tx.rows("SELECT id, balance_minor FROM ledger_account WHERE id = ANY(:ids)", ids=list(by_account))
        time.sleep(pause_s)
        return {by_account[row[0]]: row[1] for row in found}

    monkeypatch.setattr("matching.reserve.lock_free_accounts", read)


def drop_check(tx: Tx, table: str, name: str) -> None:
    """Take a constraint of the database away."""
    tx.run(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
