"""Vouchers: every transfer once, debit equals credit, numbers without a gap, closed periods as they were."""

import threading
from collections.abc import Callable
from datetime import date
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import DBAPIError

from campaigns.accounting import chart, reading
from campaigns.accounting.book import book
from campaigns.accounting.chart import DEFAULT, AccountName
from campaigns.accounting.check import faults
from campaigns.accounting.close import close_period
from campaigns.accounting.periods import dated_on, following, last_day
from campaigns.accounting.vouchers import Moved, make_vouchers
from campaigns.funds import deposits, funds
from kernel.db import Tx
from kernel.errors import Conflict, Invalid, Refusal, Unavailable
from kernel.paging import Page
from ledger.chart import AccountKind
from tests.world import World

TODAY = date(2026, 9, 9)
ALL = Page(1, 1_000)


def _busy(world: World) -> None:
    """Donations paid, waiting, refunded, with match of two pots."""
    world.pot(300_00, name="甲")
    world.pot(100_00, rank=2, name="乙")
    for project in (0, 1, 2):
        world.pay(world.give(100_00, project))
    world.give(30_00)
    world.refund(world.pay(world.give(20_00, 1)), 20_00)


def _deposit(world: World, amount_minor: int, reference: str) -> None:
    world.do(deposits.deposit, world.fund, amount_minor, "CNY", reference, "finance")


def _refused(act: Callable[[], object]) -> str:
    with pytest.raises(Refusal) as refusal:
        act()
    return refusal.value.code


def test_every_transfer_is_in_one_voucher_and_vouchers_balance(world: World) -> None:
    _busy(world)
    booked = book(world.deps, "finance", TODAY)

    def look(tx: Tx) -> None:
        rows, total = reading.vouchers(tx, page=ALL)
        assert total == len(rows) == booked.vouchers
        assert [row.number for row in rows] == list(range(total, 0, -1))
        behind = []
        for row in rows:
            _head, lines = reading.voucher(tx, row.id)
            assert sum(line.debit_minor for line in lines) == row.amount_minor
            assert sum(line.credit_minor for line in lines) == row.amount_minor
            transfers, count = reading.movements(tx, row.id, ALL)
            assert (len(transfers), sum(each.amount_minor for each in transfers)) == (count, row.amount_minor)
            behind += [each.id for each in transfers]
        in_books = [row[0] for row in tx.rows("SELECT id FROM ledger_transfer ORDER BY id")]
        assert sorted(behind) == in_books
        assert len(in_books) == booked.transfers

    world.do(look)
    world.check()


def test_income_names_its_project_and_match_that_no_project_has_yet_does_not(world: World) -> None:
    _busy(world)
    book(world.deps, "finance", TODAY)

    def lines_of(tx: Tx, kind: str, side: str) -> list[tuple[str, int]]:
        [row] = reading.vouchers(tx, kind=kind)[0]
        lines = reading.voucher(tx, row.id)[1]
        return [(line.project_code, amount) for line in lines if (amount := getattr(line, f"{side}_minor"))]

    codes = world.do(lambda tx: [row[0] for row in tx.rows("SELECT code FROM project ORDER BY id")])
    income = world.do(lines_of, "donation_received", "credit")
    assert income == [(codes[0], 100_00), (codes[1], 120_00), (codes[2], 100_00)]
    assert world.do(lines_of, "donation_received", "debit") == [("", 320_00)]
    assert {code for code, _ in world.do(lines_of, "match_captured", "credit")} == {""}


def test_the_trial_balance_is_what_the_books_hold(world: World) -> None:
    _busy(world)
    book(world.deps, "finance", TODAY)

    def look(tx: Tx) -> None:
        balances = {row.code: row.closing_minor for row in reading.trial_balance(tx, "2026-09")}
        books = tx.rows("SELECT kind, sum(balance_minor) FROM ledger_account GROUP BY kind")
        for kind, balance_minor in books:
            assert -balances.get(DEFAULT[AccountKind(kind)].code, 0) == balance_minor, kind
        assert sum(balances.values()) == 0

    world.do(look)


def test_a_second_run_makes_vouchers_of_what_is_new_only(world: World) -> None:
    world.pay(world.give(100_00))
    first = book(world.deps, "finance", TODAY)
    assert first.vouchers > 0
    assert book(world.deps, "finance", TODAY).vouchers == 0
    world.pay(world.give(50_00))
    assert book(world.deps, "finance", TODAY).transfers > 0
    world.check()


def test_today_waits_until_tomorrow(world: World) -> None:
    world.pay(world.give(100_00))
    before = book(world.deps, "scheduler").transfers
    world.clock.advance(days=1)
    assert book(world.deps, "scheduler").transfers > 0
    assert before == 0
    world.check()


def test_facts_after_the_closing_are_booked_in_the_next_period(world: World) -> None:
    world.pay(world.give(100_00))
    world.clock.advance(days=25)  # 4 October
    close_period(world.deps, "2026-09", "finance")
    september = world.do(reading.vouchers, "2026-09")[1]
    # A fact of September that the books learn of only now: no time machine, so its day is set in the books.
    at = world.clock.at
    world.clock.at = at.replace(month=9, day=20)
    _deposit(world, 7_00, "late")
    world.clock.at = at
    book(world.deps, "finance")
    rows, count = world.do(reading.vouchers, "2026-10")
    assert world.do(reading.vouchers, "2026-09")[1] == september
    assert count == 1
    assert (rows[0].dated_on, rows[0].occurred_on, rows[0].amount_minor) == (
        date(2026, 10, 1),
        date(2026, 9, 20),
        7_00,
    )
    world.check()


def test_a_period_closes_when_it_is_over_and_in_order(world: World) -> None:
    world.pay(world.give(100_00))
    assert _refused(lambda: close_period(world.deps, "2026-09", "finance")) == "period_running"
    world.clock.advance(days=55)  # 3 November
    _deposit(world, 1, "october")
    assert _refused(lambda: close_period(world.deps, "2026-10", "finance")) == "period_order"
    assert close_period(world.deps, "2026-09", "finance") == close_period(world.deps, "2026-09", "another")
    close_period(world.deps, "2026-10", "finance")
    for unreadable in ("2026-13", "2026-9", "", "9999-99", "x"):
        assert _refused(partial(close_period, world.deps, unreadable, "x")) == "period_invalid"


def test_vouchers_and_closed_periods_cannot_be_changed(world: World) -> None:
    world.pay(world.give(100_00))
    book(world.deps, "finance", TODAY)
    for sql in ("UPDATE voucher SET amount_minor = 1", "DELETE FROM voucher_line", "TRUNCATE accounting_period"):
        with pytest.raises(DBAPIError):
            world.do(Tx.run, sql)


def test_check_books_sees_a_voucher_that_lacks_a_transfer(world: World) -> None:
    world.pay(world.give(100_00))
    book(world.deps, "finance", TODAY)

    def lose(tx: Tx) -> None:
        tx.run("SET LOCAL session_replication_role = replica")
        tx.run("DELETE FROM voucher WHERE number = 1")

    world.do(lose)
    with world.db.snapshot() as tx:
        names = {fault.split(":")[0] for fault in faults(tx)}
    assert names == {"vouchers_equal_transfers", "voucher_numbers_have_no_gap"}


def test_a_run_waits_for_transactions_that_took_smaller_ids(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledger.settled.PATIENCE_S", 0.2)
    world.pay(world.give(100_00))
    slow_fund = world.do(funds.create, "另一个基金", "special", "finance")
    posted, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        with world.db.transaction() as tx:
            deposits.deposit(tx, slow_fund, 5, "CNY", "slow", "finance")
            posted.set()
            go_on.wait(10)

    thread = threading.Thread(target=slow)
    thread.start()
    assert posted.wait(5)
    world.pay(world.give(50_00))  # takes greater ids, and commits first
    with pytest.raises(Unavailable) as refusal:
        book(world.deps, "finance", TODAY)
    assert refusal.value.code == "books_busy"
    go_on.set()
    thread.join()
    book(world.deps, "finance", TODAY)
    world.check()


def test_two_runs_at_once_book_each_transfer_once(world: World) -> None:
    _busy(world)
    threads = [threading.Thread(target=book, args=(world.deps, "finance", TODAY)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    world.check()
    assert world.do(lambda tx: tx.scalar("SELECT count(*) FROM voucher_run")) == 1


def test_a_new_chart_holds_for_later_vouchers_only(world: World) -> None:
    world.pay(world.give(100_00))
    book(world.deps, "finance", TODAY)
    other = AccountName("1012", "其他货币资金")
    world.do(chart.change, {"clearing": other}, "own chart of the auditor", "finance")
    world.pay(world.give(50_00))
    book(world.deps, "finance", TODAY)

    def codes(tx: Tx) -> set[tuple[str, str]]:
        return {tuple(row) for row in tx.rows("SELECT account_kind, code FROM voucher_line")}

    clearing = {code for kind, code in world.do(codes) if kind == "clearing"}
    assert clearing == {"1009", "1012"}


@pytest.mark.parametrize(
    ("kind", "account", "code"),
    [
        ("clearing", AccountName("10", "x"), "account_code"),
        ("clearing", AccountName("1002", "x"), "taken"),
        ("clearing", AccountName("1012", ""), "required"),
        ("moon", AccountName("1012", "x"), "not_one_of"),
    ],
)
def test_a_chart_that_cannot_be_is_refused(world: World, kind: str, account: AccountName, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        world.do(chart.change, {kind: account}, "because", "finance")
    assert refusal.value.fields[f"accounts.{kind}"].code == code
    assert world.do(chart.versions) == []


def test_an_unchanged_chart_makes_no_version(world: World) -> None:
    with pytest.raises(Conflict):
        world.do(chart.change, {"bank": DEFAULT[AccountKind.BANK]}, "because", "finance")


def test_the_default_chart_has_every_account_with_a_code_of_its_own() -> None:
    assert set(DEFAULT) == set(AccountKind)
    assert len({account.code for account in DEFAULT.values()}) == len(DEFAULT)


def test_months_follow_each_other() -> None:
    assert following("2026-12") == "2027-01"
    assert last_day("2028-02") == date(2028, 2, 29)
    assert dated_on(date(2026, 12, 31), frozenset({"2026-12", "2027-01"})) == date(2027, 2, 1)


_ROWS = st.builds(
    Moved,
    st.dates(date(2026, 1, 1), date(2026, 1, 3)),
    st.sampled_from([None, 1, 2]),
    st.sampled_from(["payout", "deposit"]),
    st.just("CNY"),
    st.sampled_from(["bank", "clearing"]),
    st.none(),
    st.none(),
    st.sampled_from([None, "stripe", "partner:a"]),
    st.sampled_from([None, 7, 8]),
    st.sampled_from(["fund", "clearing"]),
    st.sampled_from([None, 1, 2]),
    st.none(),
    st.none(),
    st.sampled_from([None, 7, 8]),
    st.integers(1, 10**12),
    st.integers(1, 1_000),
    st.integers(1, 1_000),
    st.integers(1_000, 2_000),
)


@given(st.lists(_ROWS, max_size=30))
def test_vouchers_sum_up_what_moved(rows: list[Moved]) -> None:
    vouchers = make_vouchers(rows)
    assert sum(voucher.transfers for voucher in vouchers) == sum(row.transfers for row in rows)
    for side in ("debit", "credit"):
        for voucher in vouchers:
            assert sum(line.amount_minor for line in voucher.lines if line.side == side) == voucher.amount_minor
    keys = [(voucher.occurred_on, voucher.campaign_id, voucher.kind, voucher.currency) for voucher in vouchers]
    assert len(set(keys)) == len(keys)
