"""Threads that start together, and seams that take one defence away for a negative control.

A statement whose lock a control removes carries a marker behind its clause: `FOR UPDATE /* lock:donations */`.
Controls name the marker, never the wording of the statement, and fail when no statement carries it.
"""

import re
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest

from kernel.db import Database, Tx
from ledger.chart import AccountKind
from ledger.statements import pot_balances


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Run all acts at the same time; return what each returned or raised, in order."""
    start = Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        start.wait(10)
        try:
            return act()
        except Exception as error:
            return error

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def until_somebody_waits(db: Database) -> None:
    """Return as soon as a transaction of this database waits for a lock."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with db.transaction() as tx:
            waiting = tx.scalar(
                """SELECT count(*) FROM pg_stat_activity
                    WHERE datname = current_database() AND wait_event_type = 'Lock'"""
            )
        if waiting:
            return
        time.sleep(0.02)
    raise AssertionError("nobody came to wait for a lock")


def errors(answers: Sequence[Any]) -> list[Exception]:
    return [result for result in answers if isinstance(result, Exception)]


class Meeting:
    """Where two transactions wait for each other between reading and writing: the unlucky moment, made certain.

    A thread that waits longer than `patience_s` goes on alone, and so does every thread after it.
    """

    def __init__(self, parties: int = 2, patience_s: float = 1) -> None:
        self._barrier = Barrier(parties)
        self._patience_s = patience_s

    def wait(self) -> None:
        with suppress(BrokenBarrierError):
            self._barrier.wait(self._patience_s)


def meet_before(monkeypatch: pytest.MonkeyPatch, meeting: Meeting, module: Any, name: str) -> None:
    """Let callers of a module's function wait for each other before it runs."""
    work: Callable[..., Any] = getattr(module, name)

    def wait_and_work(*args: Any, **named: Any) -> Any:
        meeting.wait()
        return work(*args, **named)

    monkeypatch.setattr(module, name, wait_and_work)


@contextmanager
def without_lock(marker: str) -> Iterator[None]:
    """Run the statements marked `/* lock:<marker> */` without their FOR clause, and let two readers meet after
    reading. Fails when no such statement was run: the control would show nothing."""
    clause = re.compile(
        rf"FOR (?:NO KEY UPDATE|UPDATE|SHARE)(?: OF \w+)?(?: SKIP LOCKED)?\s*/\* lock:{re.escape(marker)} \*/"
    )
    execute, meeting = Tx._execute, Meeting()
    unlocked: list[str] = []

    def execute_unlocked(tx: Tx, sql: str, values: dict[str, Any], *name: str) -> Any:
        statement = clause.sub("", sql)
        cursor = execute(tx, statement, values, *name)
        if statement != sql:
            unlocked.append(sql)
            meeting.wait()
        return cursor

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Tx, "_execute", execute_unlocked)
        yield
    assert unlocked, f"no statement carries /* lock:{marker} */ behind its FOR clause: the control shows nothing"


def read_free_accounts(tx: Tx, pots: Any) -> dict[int, int]:
    """Read what pots have free (fen by pot) as `lock_free_accounts` does, but without locks."""
    balances = pot_balances(tx, [pot.pot_id for pot in pots], [AccountKind.POT_FREE])
    return {pot_id: balance for (pot_id, _), balance in balances.items()}


def pots_without_lock(monkeypatch: pytest.MonkeyPatch, pause_s: float) -> None:
    """Read pots without their lock when match is reserved, and wait `pause_s` seconds before reserving."""

    def read(tx: Tx, pots: Any) -> dict[int, int]:
        free = read_free_accounts(tx, pots)
        time.sleep(pause_s)
        return free

    monkeypatch.setattr("matching.reserve.lock_free_accounts", read)


def drop_check(tx: Tx, table: str, name: str) -> None:
    """Take a constraint of the database away."""
    tx.run(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
