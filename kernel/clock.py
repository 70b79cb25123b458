"""Time: aware UTC inside, Asia/Shanghai at the edges; one injectable clock that asks the database."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

SHANGHAI = ZoneInfo("Asia/Shanghai")


class Clock(Protocol):
    """Tells the time of a transaction. Read once per transaction, by `Tx.now`."""

    def read(self, session: Session) -> datetime: ...


class DatabaseClock:
    """The database's clock: the one that all machines share. `clock_timestamp`, because a transaction that
    waited for a lock must see the time at which it got it, not the time at which it began."""

    def read(self, session: Session) -> datetime:
        now: datetime = session.execute(text("SELECT clock_timestamp()")).scalar_one()
        return now.astimezone(UTC)


@dataclass
class FixedClock:
    """Stands still at `at` until moved. For tests and for `jobs run --at` outside production."""

    at: datetime

    def read(self, session: Session) -> datetime:  # noqa: ARG002
        return self.at

    def advance(self, **delta: float) -> None:
        """Move on by `timedelta(**delta)`, for example `advance(minutes=15)`."""
        self.at += timedelta(**delta)


def local_day(moment: datetime) -> date:
    """The calendar day in Shanghai: donor-and-day caps and daily bills go by it."""
    return moment.astimezone(SHANGHAI).date()


def parse_time(text_: str) -> datetime:
    """An ISO 8601 time; one without offset is meant in Shanghai. Raises ValueError."""
    moment = datetime.fromisoformat(text_)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=SHANGHAI)
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:  # the first and last day that there are, seen from elsewhere
        raise ValueError("a time outside of all calendars") from error
