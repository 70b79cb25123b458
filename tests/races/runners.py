"""Threads that start together, and seams that take one defence away for a negative control.

A statement whose lock a control removes carries a marker behind its clause: `FOR UPDATE /* lock:donations */`.
Controls name the marker, never the wording of the statement, and fail when no statement carries it.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest

from embedded.process import wait_until
from kernel.db import Database, Tx
from ledger.chart import AccountKind
from ledger.statements import pot_balances

PATIENCE_S = 60.0  # a busy machine may let a thread wait for seconds; whoever waits longer waits in vain
WAITING = """SELECT pid FROM pg_stat_activity
              WHERE datname = current_database() AND wait_event_type = 'Lock' AND backend_type = 'client backend'"""


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Run all acts at the same time; return what each returned or raised, in order."""
    start = Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        start.wait(PATIENCE_S)
        try:
            return act()
        except Exception as error:
            return error

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def until_somebody_waits(db: Database) -> None:
    """Return as soon as a transaction of this database waits for a lock."""

    def somebody_waits() -> bool:
        with db.transaction() as tx:
            return tx.scalar(WAITING) is not None

    assert wait_until(somebody_waits, PATIENCE_S, 0.02), "nobody came to wait for a lock"


def errors(answers: Sequence[Any]) -> list[Exception]:
    return [result for result in answers if isinstance(result, Exception)]


class Meeting:
    """Where two transactions wait for each other between reading and writing: the unlucky moment, made certain.

    They meet once: whoever comes later goes on at once.
    """

    def __init__(self) -> None:
        self._barrier = Barrier(2)

    def wait(self) -> None:
        with suppress(BrokenBarrierError):
            self._barrier.wait(PATIENCE_S / 2)  # the server ends transactions in which nothing happens for longer
            self._barrier.abort()


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


def pots_without_lock(monkeypatch: pytest.MonkeyPatch, wait: Callable[[], object] = lambda: None) -> None:
    """Read pots without their lock when match is reserved, and wait like this before reserving."""

    def read(tx: Tx, pots: Any) -> dict[int, int]:
        free = read_free_accounts(tx, pots)
        wait()
        return free

    monkeypatch.setattr("matching.reserve.lock_free_accounts", read)


def drop_check(tx: Tx, table: str, name: str) -> None:
    """Take a constraint of the database away."""
    tx.run(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
