"""What a manager typed into a form: read part by part, and what cannot be read is noted at its field."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from fractions import Fraction
from hashlib import sha256
from typing import TypeVar

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from app.i18n.faults import fault_text
from app.i18n.fields import at_fields
from kernel.clock import SHANGHAI
from kernel.errors import Refusal
from kernel.money import BPS_WHOLE, parse_yuan, yuan
from kernel.text import text_fault

Read = TypeVar("Read")

MOST_TYPED = 2_000  # characters of one field
_EARLIEST, _LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)  # as the API has it
_NOT_CONTENT = frozenset({"csrf_token", "verb", "shown", "seen", "place_q", "project_q"})
_PERCENT = re.compile(r"([0-9]{1,5}(?:\.[0-9]{1,2})?)%")
_RATIO = re.compile(r"([0-9]{1,5}(?:\.[0-9]{1,4})?):([0-9]{1,5}(?:\.[0-9]{1,4})?)")


def parse_ratio(text: str) -> int:
    """A ratio as people write it, in basis points: '1:1' and '100%' are 10,000. Raises ValueError for anything
    else, and for what is no whole number of basis points."""
    plain = text.replace(" ", "").replace("：", ":").replace("％", "%")
    if found := _PERCENT.fullmatch(plain):
        bps = Fraction(found[1]) * BPS_WHOLE / 100
    elif (found := _RATIO.fullmatch(plain)) and Fraction(found[1]):
        bps = Fraction(found[2]) / Fraction(found[1]) * BPS_WHOLE
    else:
        raise ValueError("not a ratio like 1:1 or 50%")
    if bps.denominator != 1:
        raise ValueError("finer than basis points")
    return int(bps)


def parse_moment(text: str) -> datetime:
    """A time of the clock in Shanghai as browsers send it. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=SHANGHAI)
    if not _EARLIEST <= moment < _LATEST:
        raise ValueError("outside of all campaigns")
    return moment.astimezone(UTC)


def moment_typed(moment: datetime) -> str:
    """The other way round, to the minute."""
    return moment.astimezone(SHANGHAI).strftime("%Y-%m-%dT%H:%M")


def yuan_typed(amount_minor: int | None) -> str:
    """Fen as one would type them: '1234.50', '100'."""
    return "" if amount_minor is None else yuan(amount_minor).replace(",", "").removesuffix(".00")


class Typed:
    """A form and its faults: field -> sentence. What is empty is read as None."""

    def __init__(self, data: Mapping[str, str]) -> None:
        self.data: MultiDict[str, str] = MultiDict(data)
        self.faults: dict[str, str] = {}

    def __getitem__(self, name: str) -> str:
        return self.data.get(name, "").strip()

    def all(self, name: str) -> list[str]:
        """Everything that was typed or ticked under one name."""
        return [value.strip() for value in self.data.getlist(name)]

    @property
    def verb(self) -> str:
        """The button that was pressed."""
        return self["verb"]

    @property
    def finished(self) -> bool:
        """Is this to be shown or saved? Other buttons only change the form: more lines, things looked for."""
        return self.verb in ("preview", "save")

    def text(self, name: str, most: int = MOST_TYPED, *, lines: bool = False) -> str | None:
        """Text that pages can show and the database can hold."""
        if self[name] and (refused := text_fault(self[name], most, lines=lines)):
            self.faults[name] = fault_text(refused)
        return self[name] or None

    def amount(self, name: str) -> int | None:
        """Yuan, in fen."""
        return self.amount_of(name, self[name])

    def amount_of(self, name: str, text: str) -> int | None:
        return self._read(name, text, parse_yuan, _("请填写金额，单位元，最多两位小数，例如 100 或 66.60"))

    def ratio(self, name: str) -> int | None:
        """A ratio, in basis points."""
        return self._read(name, self[name], parse_ratio, _("请填写比例，例如 1:1、1:0.5 或 50%"))

    def whole(self, name: str) -> int | None:
        """A whole number."""
        return self._read(name, self[name], _whole, _("请填写整数"))

    def moment(self, name: str) -> datetime | None:
        """A time of the clock in Shanghai."""
        return self.moment_of(name, self[name])

    def moment_of(self, name: str, text: str) -> datetime | None:
        return self._read(name, text, parse_moment, _("请填写日期和时间，例如 2026-09-09T09:00"))

    def need(self, *names: str) -> None:
        """Note those of these fields that are empty."""
        for name in names:
            if not self[name]:
                self.faults.setdefault(name, _("请填写"))

    def refused(self, refusal: Refusal) -> None:
        """Note what the engine found, at its fields as far as they have names here."""
        self.faults |= at_fields(refusal)

    def digest(self) -> str:
        """Stands for all that was typed: who confirms must have seen just this."""
        told = {name: self.all(name) for name in sorted(self.data) if name not in _NOT_CONTENT}
        for values in told.values():
            while values and not values[-1]:  # a line that stayed empty says nothing
                values.pop()
        return sha256(repr({name: values for name, values in told.items() if values}).encode()).hexdigest()

    @property
    def confirmed(self) -> bool:
        """Is this the saving of what was shown before, unchanged?"""
        return self.verb == "save" and self["shown"] == self.digest()

    def _read(self, name: str, text: str, parse: Callable[[str], Read], wrong: str) -> Read | None:
        try:
            return parse(text) if text else None
        except (ValueError, OverflowError):
            self.faults[name] = wrong
            return None


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 13):
        raise ValueError("not a whole number")
    return int(text)
