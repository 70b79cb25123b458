"""Time: aware UTC inside, Asia/Shanghai at the edges. One injectable clock, which asks the database."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


Query = Callable[[str], Any]  # runs a statement and returns its only value


class Clock(Protocol):
    """The source of a transaction's time. `Tx.now` reads it once per transaction. `stands_at` is None if only the
    database knows the time (`Database.rows_at_once`)."""

    @property
    def stands_at(self) -> datetime | None: ...

    def read(self, query: Query) -> datetime: ...


class DatabaseClock:
    """The database's clock, which all machines share.

    It uses `clock_timestamp`, because a transaction that waited for a lock must see the time at which it got the
    lock, not the time at which it began.
    """

    stands_at = None

    def read(self, query: Query) -> datetime:
        now: datetime = query("SELECT clock_timestamp()")
        return now.astimezone(UTC)


@dataclass
class FixedClock:
    """A clock that stands at `at` until it is advanced. For tests, and for `jobs run --at` outside production."""

    at: datetime

    @property
    def stands_at(self) -> datetime:
        return self.at

    def read(self, query: Query) -> datetime:  # noqa: ARG002
        return self.at

    def advance(self, **delta: float) -> None:
        """Advance by `timedelta(**delta)`, for example `advance(minutes=15)`."""
        self.at += timedelta(**delta)


def local_day(moment: datetime) -> date:
    """Return the calendar day in Shanghai, which caps per donor and day and daily bills are based on."""
    return moment.astimezone(SHANGHAI).date()


def parse_time(text_: str) -> datetime:
    """Parse an ISO 8601 time, in Shanghai if it has no offset, and return it in UTC. Raises ValueError."""
    moment = datetime.fromisoformat(text_)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=SHANGHAI)
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:  # the first or last day of the calendar, in another time zone
        raise ValueError("a time outside of all calendars") from error
