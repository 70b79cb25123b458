"""PURE. Read JSON of unknown shape field by field: the one reader for JSON from outside.

`JsonObject` knows its path. `Fields` collects faults and continues; the payment provider's reader raises at the
first wrong field (payments/provider_reader.py).
"""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any, Self

from kernel.clock import parse_time
from kernel.errors import Fault, fault
from kernel.ids import MOST_ID

MOST_WORD = 64  # characters of a code


class JsonObject:
    """A JSON object at a known path. A field that is absent or null counts as missing."""

    __slots__ = ("_name", "_parent", "_values", "is_object")

    def __init__(self, values: Any, name: str = "", parent: Self | None = None) -> None:
        self._name = name
        self._parent = parent  # the path is only built when a fault needs it
        self.is_object = type(values) is dict or isinstance(values, Mapping)
        self._values: Mapping[Any, Any] = values if self.is_object else {}

    @property
    def path(self) -> str:
        """The dotted path of this object; empty for the outermost one."""
        return self._parent.path_of(self._name) if self._parent else self._name

    def path_of(self, name: str) -> str:
        """Return the dotted path of a field of this object, as used in faults."""
        path = self.path
        return f"{path}.{name}" if path else name

    def has(self, name: str) -> bool:
        """Return whether the field is present and not null."""
        return self._values.get(name) is not None

    def value(self, name: str) -> Any:
        """Return the raw value; None when it is missing."""
        return self._values.get(name)


class Fields(JsonObject):
    """A JSON object, and all faults in it and its parts: `faults` maps path -> fault.

    A field of the wrong type is recorded as a fault and read as missing. `root` names the outermost object in
    faults. A `required` object must be present.
    """

    __slots__ = ("faults",)

    def __init__(
        self, values: Any, name: str = "", parent: Self | None = None, *, root: str = "", required: bool = False
    ) -> None:
        super().__init__(values, name, parent)
        self.faults: dict[str, Fault] = {} if parent is None else parent.faults
        if not self.is_object and (required or values is not None):
            self.faults[self.path or root] = fault("not_an_object")

    def refuse(self, name: str, refused: Fault) -> None:
        self.faults[self.path_of(name)] = refused

    def only(self, known: Collection[str]) -> None:
        """Record a fault for every unknown field; otherwise a misspelt cap would silently be no cap."""
        for name in self._values:
            if name not in known:
                self.refuse(str(name)[:MOST_WORD], fault("unknown_field"))

    def part(self, name: str, *, required: bool = False) -> "Fields":
        """Return the object in a field."""
        return Fields(self.value(name), name, self, required=required)

    def number(self, name: str) -> int | None:
        """Return a whole number. true, false and 1.0 are not whole numbers."""
        value = self.value(name)
        if value is None or type(value) is int:
            return value
        self.refuse(name, fault("not_whole"))
        return None

    def required_number(self, name: str, fault_of: Callable[[int], Fault | None]) -> int | None:
        """Return a required whole number that `fault_of` accepts."""
        value = self.value(name)
        refused = fault_of(value) if type(value) is int else fault("not_whole")
        if refused is not None:
            self.refuse(name, refused)
            return None
        return int(value)

    def text(self, name: str, most: int, *, blank: bool = False) -> str | None:
        """Return a required text of at most `most` characters; with `blank`, it may be blank."""
        value = self.value(name)
        refused = _text_fault(value, most, blank=blank)
        if refused is not None:
            self.refuse(name, refused)
            return None
        return str(value)

    def time(self, name: str) -> datetime | None:
        """Return a required ISO 8601 time."""
        try:
            return parse_time(self.value(name))
        except (ValueError, TypeError, OverflowError):
            self.refuse(name, fault("not_a_time"))
            return None

    def constant(self, name: str, allowed: Collection[str], refused: Fault) -> str | None:
        """Return one of the allowed texts; `refused` is the fault of any other value."""
        value = self.value(name)
        if isinstance(value, str) and value in allowed:
            return value
        self.refuse(name, refused)
        return None

    def words(self, name: str) -> tuple[str, ...]:
        """Return a list of short printable texts."""
        return tuple(self._items(name, _is_word, fault("not_codes")))

    def ids(self, name: str) -> tuple[int, ...]:
        """Return a list of ids that the database can hold."""
        return tuple(self._items(name, _is_id, fault("not_ids")))

    def _items(self, name: str, fits: Callable[[Any], bool], refused: Fault) -> list[Any]:
        value = self.value(name)
        if value is None:
            return []
        if isinstance(value, list | tuple) and all(fits(item) for item in value):
            return list(value)
        self.refuse(name, refused)
        return []


def _text_fault(value: Any, most: int, *, blank: bool) -> Fault | None:
    if not isinstance(value, str):
        return fault("required") if value is None else fault("not_text")
    if len(value) > most:
        return fault("too_long", most=most)
    return fault("required") if not blank and not value.strip() else None


def _is_word(item: Any) -> bool:
    return isinstance(item, str) and 0 < len(item) <= MOST_WORD and item.isprintable()


def _is_id(item: Any) -> bool:
    return type(item) is int and 0 < item <= MOST_ID
