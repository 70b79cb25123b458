"""Transactions: all or nothing, and what waits for the commit does not happen without it."""

from contextlib import suppress
from datetime import UTC, datetime
from typing import NamedTuple

import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlmodel import select

from app.jobs.runs import JobRun
from kernel.clock import FixedClock
from kernel.db import NOW, Database, Tx
from ledger.chart import bank, fund
from ledger.kinds import TransferKind
from ledger.models import LedgerAccount
from ledger.post import Transfer, post


def _fund_of(db: Database, amount_minor: int, key: str = "first") -> None:
    with db.transaction() as tx:
        post(tx, [Transfer(key, bank(), fund(1), amount_minor, TransferKind.DEPOSIT)])


def test_after_commit_runs_once_everything_is_durable(db: Database) -> None:
    seen = []

    def look() -> None:
        with db.transaction() as other:
            seen.append(other.scalar("SELECT count(*) FROM ledger_transfer"))

    with db.transaction() as tx:
        tx.after_commit(look)
        post(tx, [Transfer("a", bank(), fund(1), 5, TransferKind.DEPOSIT)])
        assert seen == []
    assert seen == [1]


def test_after_commit_never_runs_when_it_was_rolled_back(db: Database) -> None:
    ran = []
    with pytest.raises(KeyError), db.transaction() as tx:
        tx.after_commit(lambda: ran.append("told"))
        post(tx, [Transfer("a", bank(), fund(1), 5, TransferKind.DEPOSIT)])
        raise KeyError
    assert ran == []
    with db.transaction() as tx:
        assert tx.scalar("SELECT count(*) FROM ledger_transfer") == 0


def test_after_commit_never_runs_when_the_commit_itself_fails(db: Database) -> None:
    ran = []
    with pytest.raises(IntegrityError), db.transaction() as tx:
        tx.after_commit(lambda: ran.append("told"))
        tx.run(
            """CREATE TEMPORARY TABLE promise
               (id int PRIMARY KEY, other int REFERENCES promise DEFERRABLE INITIALLY DEFERRED)"""
        )
        tx.run("INSERT INTO promise VALUES (1, 2)")
    assert ran == []


def test_a_snapshot_sees_one_moment_and_may_not_write(db: Database) -> None:
    _fund_of(db, 5)
    with db.snapshot() as tx:
        assert tx.scalar("SELECT count(*) FROM ledger_transfer") == 1
        _fund_of(db, 7, "second")
        assert tx.scalar("SELECT count(*) FROM ledger_transfer") == 1
    with pytest.raises(DBAPIError, match="read-only"), db.snapshot() as tx:
        tx.run("UPDATE ledger_account SET balance_minor = 0")


def test_pending_changes_of_models_are_committed(db: Database) -> None:
    def runs() -> list[tuple[str, str]]:
        with db.snapshot() as tx:
            return [tuple(row) for row in tx.rows("SELECT name, failure FROM job_run ORDER BY name")]

    with db.transaction() as tx:
        tx.session.add(JobRun(name="a", started_at=tx.now))
    assert runs() == [("a", "")]
    with db.transaction() as tx:
        tx.all(select(JobRun))[0].failure = "timeout"
    assert runs() == [("a", "timeout")]
    with db.transaction() as tx:
        tx.session.delete(tx.all(select(JobRun))[0])
    assert runs() == []


def test_a_failure_that_was_swallowed_commits_nothing(db: Database) -> None:
    """A failed flush rolls the transaction back: what comes after it must not be taken for stored."""
    with pytest.raises(AssertionError, match="not raised"), db.transaction() as tx:
        tx.session.add(JobRun(name="a", started_at=None))
        with suppress(IntegrityError):
            tx.flush()
    with db.snapshot() as tx:
        assert tx.scalar("SELECT count(*) FROM job_run") == 0


def test_a_locking_read_refreshes_what_the_session_holds(db: Database) -> None:
    _fund_of(db, 5)
    with db.transaction() as tx:
        account_id = tx.scalar("SELECT id FROM ledger_account WHERE kind = 'fund'")
        held = tx.get(LedgerAccount, account_id)
        assert held is not None
        _fund_of(db, 7, "second")
        assert held.balance_minor == 5
        locked = tx.get(LedgerAccount, account_id, lock=True)
        assert locked is held
        assert held.balance_minor == 12


def test_a_rehearsal_and_a_part_that_fails_undo_statements_that_no_model_came_before(db: Database) -> None:
    """Statements go straight to the driver: the savepoint must stand before the first of them."""

    def write(tx: Tx) -> int:
        return tx.run("INSERT INTO screening_mark (id, sure_id, seen_id) VALUES (1, 0, 0)")

    with db.transaction() as tx:
        assert tx.rehearse(lambda: write(tx)) == 1
        for part in (tx.part, tx.attempt):
            with suppress(KeyError), part():
                write(tx)
                raise KeyError
    with db.transaction() as tx:
        assert tx.scalar("SELECT count(*) FROM screening_mark") == 0


def test_statements_may_follow_an_attempt_that_the_database_refused(db: Database) -> None:
    with db.transaction() as tx:
        with pytest.raises(DBAPIError), tx.attempt():
            tx.run("INSERT INTO screening_mark (id, sure_id, seen_id) VALUES (NULL, 0, 0)")
        with tx.attempt():
            tx.run("INSERT INTO screening_mark (id, sure_id, seen_id) VALUES (1, 0, 0)")
    with db.transaction() as tx:
        assert tx.scalar("SELECT count(*) FROM screening_mark") == 1


def test_an_id_that_no_column_can_hold_is_no_row(db: Database) -> None:
    with db.transaction() as tx:
        for key in (2**63, -(2**63) - 1, 10**30):
            assert tx.get(LedgerAccount, key) is None
            assert tx.get(LedgerAccount, key, lock=True) is None


class _Name(NamedTuple):
    name: str


def _names(db: Database, sql: str, **values: object) -> list[str]:
    return [row.name for row in db.rows_at_once(_Name, sql, **values)]


_ADD = f"INSERT INTO job_run (name, started_at, runs, failures) SELECT :name, {NOW}, 0, 0 RETURNING name"


def test_a_statement_at_once_is_a_transaction_by_itself(db: Database) -> None:
    assert _names(db, _ADD, name="a") == ["a"]
    with pytest.raises(IntegrityError):
        _names(db, _ADD, name="a")
    assert _names(db, "SELECT name FROM job_run") == ["a"]
    with (
        pytest.raises(KeyError),
        db.transaction() as tx,
    ):  # the same connection, which commits nothing by itself now
        tx.run("DELETE FROM job_run")
        raise KeyError
    assert _names(db, "SELECT name FROM job_run") == ["a"]


def test_a_statement_at_once_reads_the_time_of_the_clock(db: Database) -> None:
    at = datetime(2031, 5, 1, 9, tzinfo=UTC)
    assert _names(db.at(FixedClock(at)), f"SELECT CAST({NOW} AS text) AS name") == ["2031-05-01 09:00:00+00"]
    assert _names(db, f"SELECT CAST({NOW} - now() < interval '1 minute' AS text) AS name") == ["true"]


def test_a_statement_at_once_belongs_to_a_transaction_that_it_joins(db: Database) -> None:
    with pytest.raises(KeyError), db.transaction() as tx:
        assert _names(db.joined(tx), _ADD, name="a") == ["a"]
        raise KeyError
    assert _names(db, "SELECT name FROM job_run") == []


def test_an_interrupted_statement_leaves_no_connection_behind_that_commits_by_itself(db: Database) -> None:
    class Interrupted(BaseException):
        pass

    def fail(*_: object) -> None:
        raise Interrupted

    with pytest.MonkeyPatch.context() as patch, pytest.raises(Interrupted):
        patch.setattr("kernel.transaction.bound", fail)
        _names(db, _ADD, name="a")
    with pytest.raises(KeyError), db.transaction() as tx:
        tx.add(JobRun(name="b", started_at=tx.now))
        raise KeyError
    assert _names(db, "SELECT name FROM job_run") == []


def test_the_connection_that_was_used_last_is_used_next(db: Database) -> None:
    """Its plans are ready; after jobs that ran side by side, taking turns would use all their connections."""

    def process_of(tx: Tx) -> int:
        return int(tx.scalar("SELECT pg_backend_pid()"))

    with db.transaction() as last:
        with db.transaction() as first:
            assert process_of(first) != process_of(last)
        used_last = process_of(last)
    for _ in range(3):
        with db.transaction() as tx:
            assert process_of(tx) == used_last
