"""Match windows: when match is given, and when again."""

from datetime import UTC, datetime, timedelta

from campaigns.lifecycle.windows import Windows

NINE = datetime(2026, 9, 9, 1, 0, tzinfo=UTC)  # 9:00 in Shanghai
HOUR = timedelta(hours=1)
TWO = Windows.parse(
    [
        {"opens_at": "2026-09-09T12:00+08:00", "closes_at": "2026-09-09T13:00+08:00"},
        {"opens_at": "2026-09-09T09:00+08:00", "closes_at": "2026-09-09T10:00+08:00"},
    ]
)


def test_without_windows_match_is_given_throughout() -> None:
    assert Windows.parse([]).open_at(NINE)
    assert Windows().next_opening(NINE) is None


def test_a_window_includes_its_opening_and_excludes_its_closing() -> None:
    assert TWO.open_at(NINE)
    assert TWO.open_at(NINE + HOUR - timedelta(microseconds=1))
    assert not TWO.open_at(NINE + HOUR)
    assert not TWO.open_at(NINE - timedelta(microseconds=1))
    assert TWO.open_at(NINE + 3 * HOUR)


def test_the_next_opening_is_the_earliest_that_is_still_to_come() -> None:
    assert TWO.next_opening(NINE - HOUR) == NINE
    assert TWO.next_opening(NINE) == NINE + 3 * HOUR
    assert TWO.next_opening(NINE + 3 * HOUR) is None
