"""Funds: money that comes in is booked once, and what a fund holds is what the books say."""

import threading
from contextlib import suppress

import pytest

from campaigns.check import check_books as check
from campaigns.funds import deposit_preview, deposits, funds
from campaigns.funds.statement import statement
from kernel.db import Database
from kernel.errors import Conflict, Invalid, NotFound
from kernel.paging import Page
from ledger.chart import bank, fund
from ledger.check import faults
from ledger.statements import balance
from tests.world import World

YUAN = 100


@pytest.fixture
def fund_id(db: Database) -> int:
    with db.transaction() as tx:
        return funds.create(tx, "99公益日配捐基金", "special", "finance")


def test_a_deposit_moves_money_from_the_bank_to_the_fund(db: Database, fund_id: int) -> None:
    with db.transaction() as tx:
        assert deposits.deposit(tx, fund_id, 1_000 * YUAN, "CNY", "bank 1", "finance")
    with db.transaction() as tx:
        assert balance(tx, fund(fund_id)) == 1_000 * YUAN
        assert balance(tx, bank()) == -1_000 * YUAN
        assert faults(tx) == []


def test_the_same_reference_again_is_the_same_deposit(db: Database, fund_id: int) -> None:
    for new in (True, False):
        with db.transaction() as tx:
            assert deposits.deposit(tx, fund_id, 500, "CNY", "bank 1", "finance") is new
    with db.transaction() as tx:
        assert balance(tx, fund(fund_id)) == 500
        assert tx.scalar("SELECT count(*) FROM audit_entry WHERE action = 'fund.deposit'") == 1


def test_the_same_reference_with_another_amount_is_refused(db: Database, fund_id: int) -> None:
    with db.transaction() as tx:
        deposits.deposit(tx, fund_id, 500, "CNY", "bank 1", "finance")
    with pytest.raises(Conflict) as refused, db.transaction() as tx:
        deposits.deposit(tx, fund_id, 501, "CNY", "bank 1", "finance")
    assert (refused.value.code, refused.value.params) == ("deposit_reused", {"amount_minor": 500})


@pytest.mark.parametrize("spelt", ["BANK 1", "bank1", " Bank\t1"])
def test_letter_case_and_spaces_make_no_other_deposit(db: Database, fund_id: int, spelt: str) -> None:
    with db.transaction() as tx:
        deposits.deposit(tx, fund_id, 500, "CNY", "bank 1", "finance")
    with db.transaction() as tx:
        assert deposits.deposit_of(tx, fund_id, spelt).reference == "bank 1"
        assert deposits.deposit(tx, fund_id, 500, "CNY", spelt.strip().replace("\t", " "), "finance") is False
    with pytest.raises(Conflict, match="deposit_reused"), db.transaction() as tx:
        deposits.deposit(tx, fund_id, 501, "CNY", spelt.strip().replace("\t", " "), "finance")
    with db.transaction() as tx:
        other = funds.create(tx, "乡村振兴基金", "rural", "finance")
        (alike,) = deposit_preview.alike(tx, other, 900, spelt)
        assert (alike.why, alike.reference) == ("reference", "bank 1"), "of another fund it is worth a look"
        assert balance(tx, fund(fund_id)) == 500


def test_references_belong_to_their_fund(db: Database, fund_id: int) -> None:
    with db.transaction() as tx:
        other = funds.create(tx, "乡村振兴基金", "rural", "finance")
        assert deposits.deposit(tx, fund_id, 500, "CNY", "bank 1", "finance")
    with db.transaction() as tx:
        assert deposits.deposit(tx, other, 700, "CNY", "bank 1", "finance")
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
                answers.append(deposits.deposit(tx, fund_id, amount_minor, "CNY", "bank 1", "finance"))
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
        deposits.deposit(tx, fund_id, amount_minor, currency, reference, "finance")
    assert list(refused.value.fields) == [field]


@pytest.mark.parametrize("unknown", [404, 0, -1, 2**70])
def test_no_money_goes_to_a_fund_that_does_not_exist(db: Database, unknown: int) -> None:
    with pytest.raises(NotFound) as refused, db.transaction() as tx:
        deposits.deposit(tx, unknown, 500, "CNY", "bank 1", "finance")
    assert refused.value.code == "fund_unknown"


def test_a_fund_needs_a_name_of_its_own_and_a_known_kind(db: Database, fund_id: int) -> None:
    with db.transaction() as tx:
        with pytest.raises(Invalid) as refused:
            funds.create(tx, "", "secret", "finance")
        assert set(refused.value.fields) == {"name", "kind"}
        with pytest.raises(Conflict) as taken:
            funds.create(tx, "99公益日配捐基金 ", "unit", "finance")
        assert taken.value.code == "fund_exists"


@pytest.fixture
def deposit_id(db: Database, fund_id: int) -> int:
    with db.transaction() as tx:
        deposits.deposit(tx, fund_id, 10_000 * YUAN, "CNY", "bank 1", "finance")
        deposit = deposits.deposit_of(tx, fund_id, "bank 1")
    assert deposit.id is not None
    return deposit.id


def corrected(
    db: Database, deposit_id: int, amount_minor: int, reason: str = "a zero too many"
) -> deposits.Correction:
    with db.transaction() as tx:
        return deposits.correct_deposit(tx, deposit_id, amount_minor, reason, "boss")


def test_a_deposit_is_corrected_by_another_entry_that_refers_to_it(
    db: Database, fund_id: int, deposit_id: int
) -> None:
    first = corrected(db, deposit_id, 1_000 * YUAN)
    assert (first.before_minor, first.amount_minor, first.balance_minor) == (
        10_000 * YUAN,
        1_000 * YUAN,
        1_000 * YUAN,
    )
    assert corrected(db, deposit_id, 1_200 * YUAN, "and 200 more").balance_minor == 1_200 * YUAN
    assert corrected(db, deposit_id, 0, "of another fund").balance_minor == 0
    with db.transaction() as tx:
        lines, total = statement(tx, fund_id, Page(1, 50))
        assert balance(tx, bank()) == 0
        assert check(tx) == []
    assert total == 4
    assert [(line.kind, line.amount_minor // YUAN, line.balance_minor // YUAN, line.reason) for line in lines] == [
        ("deposit_corrected", -1_200, 0, "of another fund"),
        ("deposit_corrected", 200, 1_200, "and 200 more"),
        ("deposit_corrected", -9_000, 1_000, "a zero too many"),
        ("deposit", 10_000, 10_000, ""),
    ]
    assert [line.corrects_id for line in lines] == [deposit_id, deposit_id, deposit_id, None]
    assert {line.reference for line in lines} == {"bank 1"}
    with db.transaction() as tx:
        assert not deposits.deposit(tx, fund_id, 10_000 * YUAN, "CNY", "bank 1", "finance"), (
            "the bank's line is known"
        )


def test_a_correction_that_cannot_be_changes_nothing(db: Database, fund_id: int, deposit_id: int) -> None:
    correction = corrected(db, deposit_id, 9_000 * YUAN)
    cases: list[tuple[int, int, str, type[Exception], str]] = [
        (deposit_id, 9_000 * YUAN, "x", Conflict, "deposit_unchanged"),
        (deposit_id, 1, " ", Invalid, "reason_invalid"),
        (deposit_id, -1, "x", Invalid, "amount_invalid"),
        (deposit_id, 10**15, "x", Invalid, "amount_invalid"),
        (correction.entry_id, 1, "x", NotFound, "deposit_unknown"),
        (404, 1, "x", NotFound, "deposit_unknown"),
        (2**63, 1, "x", NotFound, "deposit_unknown"),
    ]
    for target, amount_minor, reason, refusal, code in cases:
        with pytest.raises(refusal, match=code):
            corrected(db, target, amount_minor, reason)
    with db.transaction() as tx:
        assert balance(tx, fund(fund_id)) == 9_000 * YUAN


def test_a_deposit_cannot_be_corrected_below_what_was_spent(world: World) -> None:
    world.pot(999_999_00)
    deposit = world.do(deposits.deposit_of, world.fund, "D-1")
    with pytest.raises(Conflict) as refused:
        world.do(deposits.correct_deposit, deposit.id, 999_998_00, "less came", "boss")
    amounts = {"available_minor": 1_00, "missing_minor": 1_00}
    assert (refused.value.code, refused.value.params) == ("fund_short", {"fund": "专项基金", **amounts})
    world.do(deposits.correct_deposit, deposit.id, 999_999_00, "less came", "boss")
    lines, _ = world.do(statement, world.fund, Page(1, 50))
    assert [(line.kind, line.balance_minor) for line in lines] == [
        ("deposit_corrected", 0),
        ("pot_funded", 1_00),
        ("deposit", 1_000_000_00),
    ]
    world.check()


def test_an_entry_that_the_books_do_not_have_is_named(db: Database, deposit_id: int) -> None:
    with db.transaction() as tx:
        tx.run("UPDATE fund_entry SET amount_minor = amount_minor + 1 WHERE id = :id", id=deposit_id)
    with db.transaction() as tx:
        assert any("entries_equal_books" in fault for fault in check(tx))


def test_corrections_at_the_same_moment_do_not_add_up(db: Database, fund_id: int, deposit_id: int) -> None:
    def correct() -> None:
        with suppress(Conflict):
            corrected(db, deposit_id, 1_000 * YUAN)

    threads = [threading.Thread(target=correct) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with db.transaction() as tx:
        assert balance(tx, fund(fund_id)) == 1_000 * YUAN
        assert len(statement(tx, fund_id, Page(1, 50))[0]) == 2
