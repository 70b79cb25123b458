"""Nobody sees lines of a provider's statement whose differences are not listed yet."""

from collections.abc import Sequence

import pytest

from campaigns.check import check_books
from campaigns.closing.reconciliation import fetch_statement
from campaigns.closing.reconciliation.reconcile import compare
from kernel.db import Tx
from payments.gateway import StatementLine
from payments.statements import Stored, store
from tests.closing.day import Day, clock, day

__all__ = ["clock", "day"]


@pytest.fixture
def seen(day: Day, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What `check-books` says whenever lines were stored and are about to be compared."""
    faults: list[list[str]] = []

    def check_then_compare(tx: Tx) -> None:
        with day.world.db.snapshot() as other:
            faults.append(check_books(other))
        compare(tx)

    monkeypatch.setattr(fetch_statement, "compare", check_then_compare)
    day.paid(50_00)
    day.server.order("/fees", kind="adjustment", amount=1_00)
    return faults


def test_the_books_hold_while_the_statement_is_followed(day: Day, seen: list[list[str]]) -> None:
    day.world.clock.advance(seconds=60)
    assert fetch_statement.follow_statement(day.world.deps) == 2
    assert seen == [[]]
    day.world.check()


def test_the_books_hold_while_a_closing_reads_the_statement_in_batches(
    day: Day, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lines come newest first, so that the charge of a refund, and whole donations, are read in a later batch."""
    monkeypatch.setattr(fetch_statement, "BATCH", 1)
    batches: list[list[str]] = []

    def check_then_store(tx: Tx, lines: Sequence[StatementLine]) -> Stored:
        with day.world.db.snapshot() as other:
            batches.append(check_books(other))
        return store(tx, lines)

    monkeypatch.setattr(fetch_statement, "store", check_then_store)
    for amount_minor in (50_00, 60_00, 70_00):
        day.refund(day.paid(amount_minor), 10_00)
    day.walk("reconciling")
    assert len(batches) > 5
    assert [faults for faults in batches if faults] == []


def test_what_is_not_listed_long_after_a_closing_read_the_statement_is_a_fault(day: Day) -> None:
    day.paid(50_00)
    day.walk("reconciling")
    day.world.do(lambda tx: tx.run("UPDATE provider_line SET amount_minor = amount_minor + 1"))
    day.world.clock.advance(minutes=16)
    with day.world.db.snapshot() as tx:
        assert {fault.split(":")[0] for fault in check_books(tx)} >= {"differences_are_listed"}
