"""Transactions: all or nothing, and what waits for the commit does not happen without it."""

import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError

from kernel.db import Database
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
