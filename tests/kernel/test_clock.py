"""Time: the day changes at midnight in Shanghai, and a transaction has one time."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.clock import DatabaseClock, FixedClock, Query, local_day, parse_time
from kernel.db import Database


def test_the_day_changes_at_midnight_in_shanghai() -> None:
    midnight = datetime(2026, 9, 8, 16, 0, tzinfo=UTC)
    assert local_day(midnight) == date(2026, 9, 9)
    assert local_day(midnight - timedelta(microseconds=1)) == date(2026, 9, 8)
    assert local_day(midnight + timedelta(hours=24, microseconds=-1)) == date(2026, 9, 9)


def test_a_time_without_offset_is_meant_in_shanghai() -> None:
    assert parse_time("2026-09-09T09:00") == datetime(2026, 9, 9, 1, 0, tzinfo=UTC)
    assert parse_time("2026-09-09T09:00Z") == datetime(2026, 9, 9, 9, 0, tzinfo=UTC)
    assert parse_time("2026-09-09") == datetime(2026, 9, 8, 16, 0, tzinfo=UTC)
    assert parse_time("2026-09-09T09:00-05:00").tzinfo is UTC


@given(st.one_of(st.text(), st.datetimes().map(datetime.isoformat), st.just("9999-12-31T23:59:59-12:00")))
def test_anything_is_an_aware_time_or_a_value_error(text: str) -> None:
    try:
        assert parse_time(text).tzinfo is UTC
    except ValueError:
        return


def test_the_edges_of_the_calendar_are_value_errors() -> None:
    for text in ("0001-01-01", "9999-12-31T23:59:59-12:00"):
        with pytest.raises(ValueError, match="calendars"):
            parse_time(text)


class CountingClock:
    """The database's clock, and how often it was asked."""

    stands_at = None

    def __init__(self) -> None:
        self.asked = 0

    def read(self, query: Query) -> datetime:
        self.asked += 1
        return DatabaseClock().read(query)


def test_a_transaction_asks_for_the_time_once(db: Database) -> None:
    clock = CountingClock()
    with db.at(clock).transaction() as tx:
        assert clock.asked == 0  # not before somebody wants to know: locks come first
        first = tx.now
        tx.rows("SELECT pg_sleep(0.01)")
        assert tx.now == first
    assert clock.asked == 1
    with db.at(clock).transaction() as tx:
        assert tx.now > first
        assert tx.now.tzinfo is UTC


def test_the_database_clock_reads_the_time_of_the_call_not_of_the_transaction(db: Database) -> None:
    with db.at(DatabaseClock()).transaction() as tx:
        began = tx.scalar("SELECT now()")
        tx.rows("SELECT pg_sleep(0.02)")
        assert tx.now - began >= timedelta(milliseconds=20)


def test_the_same_database_at_another_time_leaves_the_first_alone(db: Database, clock: FixedClock) -> None:
    later = FixedClock(clock.at + timedelta(days=1))
    with db.transaction() as now, db.at(later).transaction() as then:
        assert then.now - now.now == timedelta(days=1)
    later.advance(minutes=5)
    with db.at(later).transaction() as tx:
        assert tx.now == clock.at + timedelta(days=1, minutes=5)
