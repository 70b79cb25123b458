"""Funds: money that comes in is booked once, and what a fund holds is what the books say."""

import threading

import pytest

from campaigns.funds import funds
from kernel.db import Database
from kernel.errors import Conflict, Invalid, NotFound
from ledger.chart import bank, fund
from ledger.check import faults
from ledger.statements import balance

YUAN = 100


@pytest.fixture
def fund_id(db: Database) -> int:
    with db.transaction() as tx:
        return funds.create(tx, "99公益日配捐基金", "special", "finance")


def test_a_deposit_moves_money_from_the_bank_to_the_fund(db: Database, fund_id: int) -> None:
    with db.transaction() as tx:
        assert funds.deposit(tx, fund_id, 1_000 * YUAN, "CNY", "bank 1", "finance")
    with db.transaction() as tx:
        assert balance(tx, fund(fund_id)) == 1_000 * YUAN
        assert balance(tx, bank()) == -1_000 * YUAN
        assert faults(tx) == []


def test_the_same_reference_again_is_the_same_deposit(db: Database, fund_id: int) -> None:
    for new in (True, False):
        with db.transaction() as tx:
            assert funds.deposit(tx, fund_id, 500, "CNY", "bank 1", "finance") is new
    with db.transaction() as tx:
        assert balance(tx, fund(fund_id)) == 500
        assert tx.scalar("SELECT count(*) FROM audit_entry WHERE action = 'fund.deposit'") == 1


def test_the_same_reference_with_another_amount_is_refused(db: Database, fund_id: int) -> None:
    with db.transaction() as tx:
        funds.deposit(tx, fund_id, 500, "CNY", "bank 1", "finance")
    with pytest.raises(Conflict) as refused, db.transaction() as tx:
        funds.deposit(tx, fund_id, 501, "CNY", "bank 1", "finance")
    assert (refused.value.code, refused.value.params) == ("deposit_reused", {"amount_minor": 500})


def test_references_belong_to_their_fund(db: Database, fund_id: int) -> None:
    with db.transaction() as tx:
        other = funds.create(tx, "乡村振兴基金", "rural", "finance")
        assert funds.deposit(tx, fund_id, 500, "CNY", "bank 1", "finance")
    with db.transaction() as tx:
        assert funds.deposit(tx, other, 700, "CNY", "bank 1", "finance")
    with db.transaction() as tx:
        assert [(row.name, row.balance_minor) for row in funds.list_funds(tx)] == [
            ("99公益日配捐基金", 500),
            ("乡村振兴基金", 700),
        ]


def test_one_reference_from_eight_threads_is_one_deposit(db: Database, fund_id: int) -> None:
    ready = threading.Barrier(8)
    answers: list[object] = []

    def give(amount_minor: int) -> None:
        ready.wait()
        try:
            with db.transaction() as tx:
                answers.append(funds.deposit(tx, fund_id, amount_minor, "CNY", "bank 1", "finance"))
        except Conflict as refused:
            answers.append(refused.code)

    threads = [threading.Thread(target=give, args=(500 + number % 2,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, answers)) == ["False"] * 3 + ["True"] + ["deposit_reused"] * 4
    with db.transaction() as tx:
        assert balance(tx, fund(fund_id)) in (500, 501)
        assert faults(tx) == []


def test_a_fund_without_money_holds_zero(db: Database, fund_id: int) -> None:
    with db.transaction() as tx:
        assert funds.list_funds(tx) == [(fund_id, "99公益日配捐基金", "special", "CNY", 0, None)]


@pytest.mark.parametrize(
    ("amount_minor", "currency", "reference", "field"),
    [
        (0, "CNY", "r", "amount_minor"),
        (-1, "CNY", "r", "amount_minor"),
        (10**13 + 1, "CNY", "r", "amount_minor"),
        (1, "USD", "r", "currency"),
        (1, "CNY", " ", "reference"),
        (1, "CNY", "\x00", "reference"),
    ],
)
def test_a_senseless_deposit_is_refused(
    db: Database, fund_id: int, amount_minor: int, currency: str, reference: str, field: str
) -> None:
    with pytest.raises(Invalid) as refused, db.transaction() as tx:
        funds.deposit(tx, fund_id, amount_minor, currency, reference, "finance")
    assert list(refused.value.fields) == [field]


@pytest.mark.parametrize("unknown", [404, 0, -1, 2**70])
def test_no_money_goes_to_a_fund_that_does_not_exist(db: Database, unknown: int) -> None:
    with pytest.raises(NotFound) as refused, db.transaction() as tx:
        funds.deposit(tx, unknown, 500, "CNY", "bank 1", "finance")
    assert refused.value.code == "fund_unknown"


def test_a_fund_needs_a_name_of_its_own_and_a_known_kind(db: Database, fund_id: int) -> None:
    with db.transaction() as tx:
        with pytest.raises(Invalid) as refused:
            funds.create(tx, "", "secret", "finance")
        assert set(refused.value.fields) == {"name", "kind"}
        with pytest.raises(Conflict) as taken:
            funds.create(tx, "99公益日配捐基金 ", "unit", "finance")
        assert taken.value.code == "fund_exists"
