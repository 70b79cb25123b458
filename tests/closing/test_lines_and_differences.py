"""Nobody sees lines of a provider's statement whose differences are not listed yet."""

import pytest

from campaigns.check import check_books
from campaigns.closing.reconciliation import fetch_statement
from campaigns.closing.reconciliation.reconcile import compare
from kernel.db import Tx
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
