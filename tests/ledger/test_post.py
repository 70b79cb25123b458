"""The only writer of the books: once a key, never below the floor, and never changed afterwards."""

from uuid import uuid4

import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError

from kernel.db import Database
from kernel.errors import BrokenPromise, Conflict
from ledger.chart import (
    MATCHED,
    Account,
    AccountKind,
    bank,
    clearing,
    donations,
    fees,
    fund,
    pot_free,
    pot_reserved,
)
from ledger.check import faults
from ledger.kinds import TransferKind
from ledger.post import Transfer, account_ids, lock_free, post
from ledger.statements import balance, pot_balances, project_balances, project_sums

HOLD = Transfer("hold", pot_free(1), pot_reserved(1, 7), 100, TransferKind.MATCH_RESERVED, uuid4(), 1)
FIRST = Transfer("deposit:1", bank(), fund(1), 100, TransferKind.DEPOSIT)


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
    assert (
        _post(
            db,
            FIRST,
            Transfer("x", clearing("stripe"), donations(1, 2), 30, TransferKind.DONATION_RECEIVED, donation),
        )
        == 2
    )
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
    assert _post(db, FIRST, Transfer("pot:1", fund(1), pot_free(1), 40, TransferKind.POT_FUNDED)) == 1
    assert (_holds(db, fund(1)), _holds(db, pot_free(1))) == (60, 40)
    assert _count(db) == (2, 3)


def test_of_a_large_batch_only_what_is_missing_is_written(db: Database) -> None:
    many = [Transfer(f"deposit:{n}", bank(), fund(1), n, TransferKind.DEPOSIT) for n in range(1, 201)]
    assert _post(db, *many[:150]) == 150
    assert _post(db, *many) == 50
    assert _post(db, *many) == 0
    assert _holds(db, fund(1)) == sum(range(1, 201))
    other = [*many[:-1], many[-1]._replace(amount_minor=1)]
    with pytest.raises(BrokenPromise, match="deposit:200"):
        _post(db, *other)
    taken = [Transfer(f"pot:{n}", fund(1), pot_free(1), 101, TransferKind.POT_FUNDED) for n in range(200)]
    with pytest.raises(Conflict, match="books_short"):
        _post(db, *taken)
    assert (_holds(db, fund(1)), _count(db)[0]) == (sum(range(1, 201)), 200)


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
        _post(db, Transfer("new", bank(), fund(3), 5, TransferKind.DEPOSIT), other)
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
            Transfer("good", fund(1), pot_free(1), 60, TransferKind.POT_FUNDED),
            Transfer("bad", fund(1), pot_free(2), 41, TransferKind.POT_FUNDED),
        )
    assert refused.value.code == "books_short"
    assert _count(db) == before
    assert _holds(db, fund(1)) == 100


def test_only_the_end_of_a_call_counts_for_the_floor(db: Database) -> None:
    """Match may be held and earned in one breath: the account between is empty before and after."""
    _post(db, FIRST, Transfer("pot", fund(1), pot_free(1), 100, TransferKind.POT_FUNDED))
    back = Transfer("back", HOLD.credit, HOLD.debit, 100, TransferKind.MATCH_RELEASED, HOLD.donation_id, 1)
    _post(db, back, HOLD)
    assert (_holds(db, pot_free(1)), _holds(db, pot_reserved(1, 7))) == (100, 0)


def test_accounts_of_money_held_outside_have_no_floor(db: Database) -> None:
    _post(db, FIRST, Transfer("fee", fees("stripe"), clearing("stripe"), 3, TransferKind.FEE_CHARGED))
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
        "UPDATE ledger_transfer SET kind = '' WHERE false",
    ],
)
def test_duty_14_the_books_cannot_be_rewritten(db: Database, attack: str) -> None:
    _post(db, FIRST)
    with pytest.raises(DBAPIError, match="append-only"), db.transaction() as tx:
        tx.run(attack)
    assert _holds(db, fund(1)) == 100


def test_a_balance_changed_by_hand_is_found(db: Database) -> None:
    _post(db, FIRST)
    with db.transaction() as tx:
        tx.run("UPDATE ledger_account SET balance_minor = 90 WHERE kind = 'fund'")
        faults_found = faults(tx)
    assert [fault.split(":")[0] for fault in faults_found] == ["accounts_sum_to_zero", "balance_equals_transfers"]


def test_money_out_of_nowhere_is_found(db: Database) -> None:
    _post(db, FIRST)
    with db.transaction() as tx:
        tx.run(
            """INSERT INTO ledger_transfer (key, debit_account, credit_account, amount_minor, kind, recorded_at)
               SELECT 'forged', 4711, id, 5, 'deposit', now() FROM ledger_account WHERE kind = 'fund'"""
        )
        tx.run("UPDATE ledger_account SET balance_minor = 105 WHERE kind = 'fund'")
        faults_found = faults(tx)
    assert [fault.split(":")[0] for fault in faults_found] == ["accounts_sum_to_zero", "no_orphan_transfers"]


def test_a_transfer_between_currencies_is_found(db: Database) -> None:
    _post(db, FIRST._replace(debit=bank("HKD")))
    with db.transaction() as tx:
        assert {fault.split(":")[0] for fault in faults(tx)} == {
            "accounts_sum_to_zero",
            "one_currency_per_transfer",
        }


def test_statements_read_many_accounts_at_one_moment(db: Database) -> None:
    held = [
        Transfer(f"hold:{n}", pot_free(1), pot_reserved(1, n), 10 * n, TransferKind.MATCH_RESERVED, uuid4(), n)
        for n in (1, 2)
    ]
    _post(db, FIRST, Transfer("pot", fund(1), pot_free(1), 100, TransferKind.POT_FUNDED))
    _post(db, *held)
    reserved = AccountKind.POT_RESERVED
    with db.transaction() as tx:
        assert lock_free(tx, [1, 2]) == {1: 70}
        assert project_balances(tx, [1], reserved) == [(1, 1, 10), (1, 2, 20)]
        assert project_sums(tx, [1], [2, 3], MATCHED) == [(1, 2, 20)]
        assert project_sums(tx, [2], [2], MATCHED) == []
        assert pot_balances(tx, [1]) == {(1, AccountKind.POT_FREE): 70, (1, reserved): 30}
        assert pot_balances(tx, [1], [reserved]) == {(1, reserved): 30}


@pytest.mark.parametrize(
    ("broken", "constraint"),
    [
        (HOLD._replace(reservation_id=None), "ledger_transfer_reservation"),
        (HOLD._replace(donation_id=None), "ledger_transfer_donation"),
        (HOLD._replace(decision_id=1), "ledger_transfer_decision"),
        (HOLD._replace(kind=TransferKind.MATCH_MOVED), "ledger_transfer_decision"),
        (HOLD._replace(case_id=1), "ledger_transfer_case"),
        (HOLD._replace(kind=TransferKind.MATCH_HELD), "ledger_transfer_case"),
        (HOLD._replace(kind="something else"), "ledger_transfer_kind"),
        (FIRST._replace(reservation_id=1), "ledger_transfer_reservation"),
        (FIRST._replace(credit=fund(1)._replace(pot_id=1)), "ledger_account_pot"),
        (FIRST._replace(credit=fund(1)._replace(fund_id=None)), "ledger_account_fund"),
        (FIRST._replace(credit=fund(1)._replace(provider="x")), "ledger_account_provider"),
        (FIRST._replace(credit=pot_reserved(1, 1)._replace(project_id=None)), "ledger_account_project"),
        (FIRST._replace(credit=donations(1, 1)._replace(campaign_id=None)), "ledger_account_campaign"),
    ],
)
def test_a_kind_has_the_ids_that_belong_to_it(db: Database, broken: Transfer, constraint: str) -> None:
    with pytest.raises(IntegrityError, match=constraint):
        _post(db, broken)
    assert _count(db) == (0, 0)


def test_an_account_is_found_by_the_name_that_the_database_gives_it(db: Database) -> None:
    accounts = [bank(), clearing("plat"), fees("plat"), fund(1), pot_free(2), pot_reserved(2, 3), donations(4, 3)]
    with db.transaction() as tx:
        ids = account_ids(tx, accounts)
        assert len(set(ids.values())) == len(accounts)
        names = tx.rows("SELECT name, id FROM ledger_account")
    assert {row.id: row.name for row in names} == {ids[account]: account.name for account in accounts}
