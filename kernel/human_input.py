"""PURE. What people type: amounts of yuan, and times in Shanghai. The one reader for every form, file and command
that accepts them.

Ambiguous input is never guessed: it is a fault that names both readings.
"""

import re
import unicodedata
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from kernel.clock import SHANGHAI
from kernel.errors import Fault, fault
from kernel.money import MAX_MINOR

EARLIEST, LATEST = date(2000, 1, 1), date(2199, 12, 31)

_MARKS_BEFORE = re.compile(r"^(?:¥|RMB|CNY|人民币)\s*", re.IGNORECASE)
_MARKS_AFTER = re.compile(r"\s*(?:元整|元|圆|块|RMB|CNY|yuan)$", re.IGNORECASE)
_BELOW_ZERO = re.compile(r"[-−]\s*([^-−()]+)|([^-−()]+?)\s*[-−]|\(\s*([^-−()]+?)\s*\)")
_PLAIN = re.compile(r"\d{1,15}(?:\.\d{1,2})?", re.ASCII)
_GROUPED = re.compile(r"\d{1,3}(?:(?P<mark>[, '])\d{3})(?:(?P=mark)\d{3})*(?:\.\d{1,2})?", re.ASCII)
_BETWEEN = re.compile(r"[\s\-‐-―−]")
_FIGURES = re.compile(r"\d[\d., ']*", re.ASCII)

_DAY = r"(?P<year>\d{4})\s*[-/.年]\s*(?P<month>\d{1,2})\s*[-/.月]\s*(?P<day>\d{1,2})\s*日?"
_CLOCK = (
    r"(?P<half>上午|下午|中午|晚上|am|pm)?\s*(?P<hour>\d{1,2})\s*[:时点]\s*(?P<minute>\d{1,2})?\s*分?"
    r"(?:\s*:?\s*(?P<second>\d{1,2})(?:\.\d+)?\s*秒?)?\s*(?P<half_after>am|pm)?"
)
_MOMENT = re.compile(rf"{_DAY}(?:[\sT]*{_CLOCK})?", re.ASCII | re.IGNORECASE)
_OFFSET = re.compile(r"(?P<local>.*\d)\s*(?P<offset>Z|[+-]\d{2}:?\d{2})", re.ASCII | re.IGNORECASE)


class Unreadable(ValueError):
    """The input cannot be read. `fault` says why, and which other readings are possible."""

    def __init__(self, why: Fault) -> None:
        super().__init__(why.code)
        self.fault = why


class Moment(NamedTuple):
    """A time that was typed, or a whole day if no time of day was given."""

    at: datetime  # aware UTC; of a whole day its first moment
    whole_day: bool

    @property
    def until(self) -> datetime:
        """The first moment after it; of a whole day the beginning of the next day."""
        return self.at + timedelta(days=1) if self.whole_day else self.at


def read_amount(text: str, *, negative: bool = False) -> int:
    """Return an amount of yuan in fen: '66.6', '1,000.00', '¥100', '１００元', '1 000'; with `negative` also what
    accountants write for sums below zero: '-5', '5-', '(5.00)'.

    Separators must stand before groups of three. Raises Unreadable: `required`, `not_an_amount`, `negative`,
    `too_fine` (below a fen), `amount_too_large`, or `amount_ambiguous` with `readings_minor` for what could mean
    several sums.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    if not plain:
        raise Unreadable(fault("required"))
    below = _BELOW_ZERO.fullmatch(plain)
    plain = _MARKS_AFTER.sub(
        "", _MARKS_BEFORE.sub("", plain if below is None else "".join(below.groups("")))
    ).strip()
    if below and not negative and _FIGURES.fullmatch(plain):
        raise Unreadable(fault("negative"))
    if _PLAIN.fullmatch(plain) or _GROUPED.fullmatch(plain):
        amount = _fen(re.sub(r"[, ']", "", plain))
        if amount > MAX_MINOR:
            raise Unreadable(fault("amount_too_large", most_minor=MAX_MINOR))
        return amount if below is None else -amount
    if not _FIGURES.fullmatch(plain):
        raise Unreadable(fault("not_an_amount"))
    readings = sorted({amount for amount in _readings(plain) if amount <= MAX_MINOR})
    if not readings:
        raise Unreadable(fault("not_an_amount"))
    if len(readings) == 1 and not re.search(r"[, ']", plain):
        raise Unreadable(fault("too_fine"))
    raise Unreadable(fault("amount_ambiguous", readings_minor=readings))


def read_whole(text: str) -> int:
    """Return a whole number as spreadsheets write it: '5000', '5,000', '５０００', '-500', '(500)'.

    Raises Unreadable: `not_whole`, also for separators that do not stand before groups of three, or
    `amount_too_large`.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    below = _BELOW_ZERO.fullmatch(plain)
    plain = plain if below is None else "".join(below.groups("")).strip()
    if "." in plain or not (_PLAIN.fullmatch(plain) or _GROUPED.fullmatch(plain)):
        raise Unreadable(fault("not_whole"))
    number = int(re.sub(r"[, ']", "", plain))
    if number > MAX_MINOR:
        raise Unreadable(fault("amount_too_large", most_minor=MAX_MINOR))
    return number if below is None else -number


def read_code(text: str) -> str:
    """Return a code that was sent or shown in groups: without spaces and hyphens, and with ordinary digits and
    letters for full-width ones, as Chinese keyboards type them."""
    return _BETWEEN.sub("", unicodedata.normalize("NFKC", text))


def _fen(digits: str) -> int:
    whole, _, rest = digits.partition(".")
    return int(whole) * 100 + int(rest.ljust(2, "0") or 0)


def _readings(plain: str) -> Iterator[int]:
    """Return what a sum with misplaced separators could mean: no separator counts, or the last one is the decimal
    point."""
    marks = [index for index, char in enumerate(plain) if not char.isdigit()]
    if not marks:
        return
    digits = re.sub(r"\D", "", plain, flags=re.ASCII)
    last = len(plain) - marks[-1] - 1
    if 1 <= last <= 2:
        yield _fen(f"{digits[:-last] or '0'}.{digits[-last:]}")
    if last == 3 and plain[marks[-1]] == "." and len(marks) == 1 and digits[-1] == "0":
        yield _fen(f"{digits[:-3]}.{digits[-3:-1]}")
    if not (1 <= last <= 2 and plain[marks[-1]] == "." and len(marks) > 1 and plain.count(".") == 1):
        yield _fen(digits)


def read_moment(text: str) -> Moment:
    """Return a time of day in Shanghai, or a whole day: '2026-09-09T10:00', '2026/9/9 10:05', '2026年9月9日
    下午3点', '2026-09-09', and ISO 8601 with an offset.

    Raises Unreadable: `required`, `not_a_time`, `time_out_of_range`, or `spreadsheet_number` for a day that a
    spreadsheet stored as a number.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    if not plain:
        raise Unreadable(fault("required"))
    if re.fullmatch(r"\d{5}(?:\.\d+)?", plain, re.ASCII):
        raise Unreadable(fault("spreadsheet_number", value=plain))
    shifted = _OFFSET.fullmatch(plain)
    if shifted and _MOMENT.fullmatch(shifted["local"]) and ":" in shifted["local"]:
        return Moment(_with_offset(shifted["local"], shifted["offset"]), whole_day=False)
    local, whole_day = _local(plain)
    return Moment(local.replace(tzinfo=SHANGHAI).astimezone(UTC), whole_day)


def _local(plain: str) -> tuple[datetime, bool]:
    match = _MOMENT.fullmatch(plain)
    if match is None:
        raise Unreadable(fault("not_a_time"))
    try:
        day = date(int(match["year"]), int(match["month"]), int(match["day"]))
        clock = time(_hour(match), int(match["minute"] or 0), int(match["second"] or 0)) if match["hour"] else None
    except ValueError as error:
        raise Unreadable(fault("not_a_time")) from error
    if not EARLIEST <= day <= LATEST:
        raise Unreadable(fault("time_out_of_range"))
    return datetime.combine(day, clock or time()), clock is None


def _hour(match: re.Match[str]) -> int:
    hour = int(match["hour"])
    half = (match["half"] or match["half_after"] or "").lower()
    if half and hour > 12:
        return hour
    if half in ("下午", "晚上", "pm") or (half == "中午" and hour < 3):
        return hour % 12 + 12
    return hour % 12 if half in ("上午", "am") else hour


def _with_offset(local: str, offset: str) -> datetime:
    moment, _ = _local(local)
    minutes = 0
    if offset.upper() != "Z":
        minutes = int(offset[1:3]) * 60 + int(offset[-2:])
        if minutes > 14 * 60 or int(offset[-2:]) > 59:
            raise Unreadable(fault("not_a_time"))
    shift = timedelta(minutes=minutes if offset[0] != "-" else -minutes)
    return (moment - shift).replace(tzinfo=UTC)
