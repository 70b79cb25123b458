"""The only writer of the books: once a key, never below the floor, and never changed afterwards."""

from uuid import uuid4

import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError

from kernel.db import Database
from kernel.errors import BrokenPromise, Conflict
from ledger.chart import Account, bank, clearing, donations, fees, fund, pot_free, pot_reserved
from ledger.check import faults
from ledger.post import Transfer, post
from ledger.statements import balance, balances, by_kind

FIRST = Transfer("deposit:1", bank(), fund(1), 100, "deposit")


def _post(db: Database, *transfers: Transfer) -> int:
    with db.transaction() as tx:
        return post(tx, transfers)


def _holds(db: Database, account: Account) -> int:
    with db.transaction() as tx:
        assert faults(tx) == []
        return balance(tx, account)


def _count(db: Database) -> tuple[int, int]:
    """Transfers and accounts in the books."""
    with db.transaction() as tx:
        return tx.scalar("SELECT count(*) FROM ledger_transfer"), tx.scalar("SELECT count(*) FROM ledger_account")


def test_money_moves_from_debit_to_credit(db: Database) -> None:
    donation = uuid4()
    assert _post(db, FIRST, Transfer("x", clearing("stripe"), donations(1, 2), 30, "received", donation)) == 2
    assert (_holds(db, bank()), _holds(db, fund(1))) == (-100, 100)
    assert (_holds(db, clearing("stripe")), _holds(db, donations(1, 2))) == (-30, 30)
    assert _holds(db, fees("stripe")) == 0
    with db.transaction() as tx:
        assert tx.scalar("SELECT amount_minor FROM ledger_transfer WHERE donation_id = :id", id=donation) == 30


def test_nothing_to_post_is_nothing(db: Database) -> None:
    assert _post(db) == 0
    assert _count(db) == (0, 0)


def test_a_repeat_is_nothing(db: Database) -> None:
    assert _post(db, FIRST) == 1
    assert _post(db, FIRST) == 0
    assert _post(db, FIRST, Transfer("pot:1", fund(1), pot_free(1), 40, "funded")) == 1
    assert (_holds(db, fund(1)), _holds(db, pot_free(1))) == (60, 40)
    assert _count(db) == (2, 3)


@pytest.mark.parametrize(
    "other",
    [
        FIRST._replace(amount_minor=101),
        FIRST._replace(credit=fund(2)),
        FIRST._replace(debit=clearing("stripe")),
        FIRST._replace(debit=FIRST.credit, credit=FIRST.debit),
    ],
)
def test_a_key_with_other_contents_is_a_broken_promise(db: Database, other: Transfer) -> None:
    _post(db, FIRST)
    before = _count(db)
    with pytest.raises(BrokenPromise, match="deposit:1"):
        _post(db, Transfer("new", bank(), fund(3), 5, "deposit"), other)
    assert _count(db) == before
    assert _holds(db, fund(3)) == 0


def test_one_call_cannot_use_a_key_twice(db: Database) -> None:
    with pytest.raises(BrokenPromise, match="twice"):
        _post(db, FIRST, FIRST)
    assert _count(db) == (0, 0)


def test_an_account_below_its_floor_stops_the_whole_call(db: Database) -> None:
    _post(db, FIRST)
    before = _count(db)
    with pytest.raises(Conflict) as refused:
        _post(
            db,
            Transfer("good", fund(1), pot_free(1), 60, "funded"),
            Transfer("bad", fund(1), pot_free(2), 41, "funded"),
        )
    assert refused.value.code == "books_short"
    assert _count(db) == before
    assert _holds(db, fund(1)) == 100


def test_only_the_end_of_a_call_counts_for_the_floor(db: Database) -> None:
    """Match may be held and earned in one breath: the account between is empty before and after."""
    _post(db, FIRST, Transfer("pot", fund(1), pot_free(1), 100, "funded"))
    hold = Transfer("hold", pot_free(1), pot_reserved(1, 7), 100, "held")
    _post(db, Transfer("back", pot_reserved(1, 7), pot_free(1), 100, "released"), hold)
    assert (_holds(db, pot_free(1)), _holds(db, pot_reserved(1, 7))) == (100, 0)


def test_what_we_hold_outside_has_no_floor(db: Database) -> None:
    _post(db, FIRST, Transfer("fee", fees("stripe"), clearing("stripe"), 3, "fee"))
    assert (_holds(db, bank()), _holds(db, fees("stripe")), _holds(db, clearing("stripe"))) == (-100, -3, 3)


@pytest.mark.parametrize("amount", [0, -1])
def test_only_positive_amounts_move(db: Database, amount: int) -> None:
    with pytest.raises(IntegrityError, match="ledger_transfer_positive"):
        _post(db, FIRST._replace(amount_minor=amount))
    assert _count(db) == (0, 0)


def test_money_moves_between_two_accounts(db: Database) -> None:
    with pytest.raises(IntegrityError, match="ledger_transfer_two_accounts"):
        _post(db, FIRST._replace(credit=bank()))


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE ledger_transfer SET amount_minor = 1",
        "DELETE FROM ledger_transfer",
        "TRUNCATE ledger_transfer",
        "UPDATE ledger_transfer SET reason = '' WHERE false",
    ],
)
def test_the_books_cannot_be_rewritten(db: Database, attack: str) -> None:
    _post(db, FIRST)
    with pytest.raises(DBAPIError, match="append-only"), db.transaction() as tx:
        tx.run(attack)
    assert _holds(db, fund(1)) == 100


def test_a_balance_changed_by_hand_is_found(db: Database) -> None:
    _post(db, FIRST)
    with db.transaction() as tx:
        tx.run("UPDATE ledger_account SET balance_minor = 90 WHERE kind = 'fund'")
        found = faults(tx)
    assert [one.split(":")[0] for one in found] == ["accounts_sum_to_zero", "balance_equals_transfers"]


def test_money_out_of_nowhere_is_found(db: Database) -> None:
    _post(db, FIRST)
    with db.transaction() as tx:
        tx.run(
            """INSERT INTO ledger_transfer (key, debit_account, credit_account, amount_minor, reason, recorded_at)
               SELECT 'forged', 4711, id, 5, '', now() FROM ledger_account WHERE kind = 'fund'"""
        )
        tx.run("UPDATE ledger_account SET balance_minor = 105 WHERE kind = 'fund'")
        found = faults(tx)
    assert [one.split(":")[0] for one in found] == ["accounts_sum_to_zero", "no_orphan_transfers"]


def test_a_transfer_between_currencies_is_found(db: Database) -> None:
    _post(db, FIRST._replace(debit=bank("HKD")))
    with db.transaction() as tx:
        assert {one.split(":")[0] for one in faults(tx)} == {"accounts_sum_to_zero", "one_currency_a_transfer"}


def test_statements_read_many_accounts_at_one_moment(db: Database) -> None:
    held = [Transfer(f"hold:{n}", pot_free(1), pot_reserved(1, n), 10 * n, "held") for n in (1, 2)]
    _post(db, FIRST, Transfer("pot", fund(1), pot_free(1), 100, "funded"))
    _post(db, *held)
    with db.transaction() as tx:
        rows = balances(tx, [pot_free(1).kind, pot_reserved(1, 1).kind], ["pot:1"])
        assert {(row.kind, row.purpose): row.balance_minor for row in rows} == {
            ("pot_free", ""): 70,
            ("pot_reserved", "project:1"): 10,
            ("pot_reserved", "project:2"): 20,
        }
        only = balances(tx, [pot_reserved(1, 1).kind], ["pot:1"], ["project:2"])
        assert [row.balance_minor for row in only] == [20]
        assert by_kind(tx, ["pot:1"]) == {("pot:1", "pot_free"): 70, ("pot:1", "pot_reserved"): 30}
