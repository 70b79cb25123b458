"""Strict schema fields: whole numbers only, text that can be stored, times with an offset."""

from datetime import UTC, date, datetime
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from kernel.ids import MOST_ID
from kernel.money import CURRENCY, MAX_MINOR
from kernel.text import clean_label, clean_text, has_controls, is_storable, turns_direction

_EARLIEST, _LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
_FIRST_DAY, _LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)  # the calendar ends too soon to add a day to any day


class Text(fields.String):
    """One line of text that the database and pages can hold, of at most `most` characters: no control characters,
    no half surrogate pair, no characters that change its direction; normalised by `kernel.text.clean_text`, and
    without blanks around it, so that a reference sent again with one is the same reference. A required text of
    blanks alone is left to the use case, which names what is missing by its own code."""

    _breaks = ""

    def __init__(self, most: int = 200, least: int = 0, **kwargs: Any) -> None:
        super().__init__(validate=validate.Length(least, most), **kwargs)
        self._least = least

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs)
        if not is_storable(text):
            raise ValidationError("Must not hold NUL or half a surrogate pair.")
        if turns_direction(text):
            raise ValidationError("Must not hold characters that turn the direction of text.")
        cleaned = self._clean(text)
        if has_controls(cleaned, but=self._breaks):
            raise ValidationError("Must not hold control characters, nor line breaks where one line is meant.")
        return cleaned.strip() or (cleaned if self._least else "")

    def _clean(self, text: str) -> str:
        return clean_text(text)


class Prose(Text):
    """Text that may have several lines."""

    _breaks = "\n\r\t"


class Label(Text):
    """Text that identifies something: the name of a team, the bank's number of a payment. Look-alikes are equal
    (`kernel.text.clean_label`)."""

    def _clean(self, text: str) -> str:
        return clean_label(text)


class Whole(fields.Integer):
    """A whole number; no float, numeric string or boolean."""

    def __init__(self, least: int | None = None, most: int | None = None, **kwargs: Any) -> None:
        bounds = [] if least is None and most is None else [validate.Range(least, most)]
        super().__init__(strict=True, validate=bounds, **kwargs)

    def _validated(self, value: Any) -> Any:
        if not isinstance(value, int) or isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return super()._validated(value)


class Flag(fields.Boolean):
    """JSON's true or false; no number or text that only resembles one."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


class Minor(Whole):
    """An amount in fen."""

    def __init__(self, least: int = 1, **kwargs: Any) -> None:
        super().__init__(least, MAX_MINOR, **kwargs)


class Key(Whole):
    """The id of one of our rows."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(1, MOST_ID, **kwargs)


class Time(fields.Field[datetime]):
    """A time in ISO 8601 with an offset, in both directions; UTC internally."""

    def _serialize(self, value: datetime | None, *_: Any, **__: Any) -> str | None:
        return None if value is None else value.astimezone(UTC).isoformat()

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> datetime:
        try:
            moment = datetime.fromisoformat(value)
            if moment.tzinfo is None:
                raise ValidationError("Must have an offset, for example +08:00 or Z.")
            moment = moment.astimezone(UTC)
        except (TypeError, ValueError, OverflowError) as error:
            if isinstance(error, ValidationError):
                raise
            raise ValidationError("Must be an ISO 8601 time.") from error
        if not _EARLIEST <= moment < _LATEST:
            raise ValidationError("Must be a time between 2000 and 2200.")
        return moment


class Day(fields.Date):
    """A calendar day in ISO 8601, in both directions."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> date:
        day = super()._deserialize(value, attr, data, **kwargs)
        if not _FIRST_DAY <= day <= _LAST_DAY:
            raise ValidationError("Must be a day between 1900 and 2200.")
        return day


class Currency(Text):
    """The currency of an amount."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(3, metadata={"example": CURRENCY}, **kwargs)


def one_of(*choices: str, **kwargs: Any) -> fields.String:
    """Return a string field that accepts only these choices."""
    return fields.String(validate=validate.OneOf(choices), **kwargs)


def texts(most: int = 200, **kwargs: Any) -> fields.List[str]:
    """Return a list field of at most 1,000 texts."""
    return fields.List(Text(most, 1), validate=validate.Length(max=1_000), **kwargs)


class Out(Schema):
    """The base of schemas that are only sent."""

    class Meta:
        ordered = True
