"""Forms of pages: typed values are read field by field, and an unreadable one is noted at its field.

The only readers of typed yuan, ratios, times, numbers and texts, for donors and managers (ADR 12).
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import TypeVar

from app.i18n.refusals.faults import fault_text
from app.i18n.refusals.fields import at_fields
from app.single_values import SingleValues
from kernel.clock import SHANGHAI
from kernel.errors import Fault, Refusal, fault
from kernel.human_input import Unreadable, read_amount, read_moment
from kernel.money import BPS_WHOLE, yuan
from kernel.text import clean_label, clean_text, text_fault

Value = TypeVar("Value")

MOST_TYPED = 2_000  # characters per field
_NUMBER = re.compile(r"-?(?:\d{1,10}|\d{1,3}(?:,\d{3}){1,3})(?:\.\d{1,4})?", re.ASCII)
_PERCENT = re.compile(r"([0-9]{1,5}(?:\.[0-9]{1,2})?)%")
_RATIO = re.compile(r"([0-9]{1,5}(?:\.[0-9]{1,4})?):([0-9]{1,5}(?:\.[0-9]{1,4})?)")


def parse_ratio(text: str) -> int:
    """Return a typed ratio in basis points: '1:1' and '100%' are 10,000.

    Raises ValueError for anything else, and for a ratio finer than a basis point.
    """
    plain = text.replace(" ", "").replace("：", ":").replace("％", "%")
    if match := _PERCENT.fullmatch(plain):
        bps = Fraction(match[1]) * BPS_WHOLE / 100
    elif (match := _RATIO.fullmatch(plain)) and Fraction(match[1]):
        bps = Fraction(match[2]) / Fraction(match[1]) * BPS_WHOLE
    else:
        raise ValueError("not a ratio like 1:1 or 50%")
    if bps.denominator != 1:
        raise ValueError("finer than basis points")
    return int(bps)


def parse_moment(text: str) -> datetime:
    """Return a time typed in Shanghai time as UTC; for a day its first moment. Raises Unreadable."""
    return read_moment(text).at


def parse_whole(text: str) -> int:
    """Return a whole number of at most 13 digits. Raises ValueError."""
    if not (text.isascii() and text.isdigit() and len(text) <= 13):
        raise ValueError("not a whole number")
    return int(text)


def parse_number(text: str, places: int) -> int:
    """Return a decimal number in units of its last place: '10.5' with 2 places is 1050.

    Raises ValueError for anything else, for a number finer than `places`, and for commas that do not separate
    groups of three digits.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    if not _NUMBER.fullmatch(plain):
        raise ValueError("not a number")
    number = Decimal(plain.replace(",", ""))
    if abs(number) > 10**9 or number.scaleb(places) % 1:
        raise ValueError("too large, or too fine")
    return int(number.scaleb(places))


def is_id(text: str) -> bool:
    """Return whether a text can be the id of a row."""
    return text.isascii() and text.isdigit() and len(text) < 19


def chosen_ids(texts: Iterable[str]) -> set[int]:
    """Return the ids that a form chose. One with too many digits stays an id that no row has, and is refused as
    such; `int` would raise at 4,300 digits."""
    return {int(text[:20]) for text in texts if text.isascii() and text.isdigit()}


def format_moment(moment: datetime) -> str:
    """Return a time in the format of `parse_moment`, with seconds only if there are some, so that none are lost."""
    local = moment.astimezone(SHANGHAI)
    return local.strftime("%Y-%m-%dT%H:%M:%S" if local.second else "%Y-%m-%dT%H:%M")


def format_yuan(amount_minor: int | None) -> str:
    """Return fen as a person types yuan: '1234.50', '100'."""
    return "" if amount_minor is None else yuan(amount_minor).replace(",", "").removesuffix(".00")


class Form:
    """The typed values, and `faults`: field -> sentence in the reader's language. An empty field reads as None."""

    def __init__(self, data: Mapping[str, str]) -> None:
        self.data: SingleValues[str] = SingleValues(data)
        self.faults: dict[str, str] = {}

    def __getitem__(self, name: str) -> str:
        """Return the text of a field as it is stored: composed, without invisible characters and surrounding
        spaces."""
        return clean_text(self.data.get(name, "")).strip()

    def label(self, name: str) -> str:
        """Return the text of a field that identifies something, for example the bank's number of a payment. Letters
        and digits of full width, as Chinese keyboards type them, are the ordinary ones."""
        return clean_label(self.data.get(name, ""))

    def all(self, name: str) -> list[str]:
        """Return all values that were typed or ticked under one name."""
        return [clean_text(value).strip() for value in self.data.getlist(name)]

    def ids(self, name: str) -> list[int]:
        """Return the ids that were ticked under one name."""
        return [int(value) for value in self.all(name) if is_id(value)]

    def text(
        self, name: str, most: int = MOST_TYPED, *, lines: bool = False, told_as: Fault | None = None
    ) -> str | None:
        """Read text that pages can show and the database can store. `told_as` replaces any fault of it."""
        if self[name] and (reason := text_fault(self[name], most, lines=lines)):
            self.faults[name] = fault_text(told_as or reason)
        return self[name] or None

    def amount(self, name: str, text: str | None = None) -> int | None:
        """Read yuan as fen. `text`: the typed text, if `name` is not a field but a row of a table."""
        return self._read(name, text, read_amount, fault("not_an_amount"))

    def ratio(self, name: str) -> int | None:
        """Read a ratio as basis points."""
        return self._read(name, None, parse_ratio, fault("not_a_ratio"))

    def share(self, name: str) -> int | None:
        """Read a part of a whole as basis points."""
        return self._read(name, None, parse_ratio, fault("not_a_share"))

    def whole(self, name: str) -> int | None:
        """Read a whole number."""
        return self._read(name, None, parse_whole, fault("not_whole"))

    def number(self, name: str, places: int) -> int | None:
        """Read a number with a unit of its own (percent, seconds) in units of its last place."""
        return self._read(name, None, lambda text: parse_number(text, places), fault("not_a_number"))

    def moment(self, name: str, text: str | None = None) -> datetime | None:
        """Read a time in Shanghai as UTC. `text`: as in `amount`."""
        return self._read(name, text, parse_moment, fault("not_a_time"))

    def day(self, name: str) -> date | None:
        """Read a day in the format that browsers send."""
        return self._read(name, None, date.fromisoformat, fault("not_a_date"))

    def require(self, *names: str) -> None:
        """Note a fault for each of these fields that is empty."""
        for name in names:
            if not self[name]:
                self.faults.setdefault(name, fault_text(fault("required")))

    def add_refusal(self, refusal: Refusal) -> None:
        """Note a refusal at its fields; see `at_fields`."""
        self.faults |= at_fields(refusal)

    def _read(self, name: str, text: str | None, parse: Callable[[str], Value], otherwise: Fault) -> Value | None:
        text = self[name] if text is None else text
        try:
            return parse(text) if text else None
        except Unreadable as unreadable:
            self.faults[name] = fault_text(unreadable.fault)
        except (ValueError, OverflowError):
            self.faults[name] = fault_text(otherwise)
        return None
