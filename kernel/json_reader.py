"""PURE. Reads JSON of unknown shape part by part, and remembers what is wrong instead of raising."""

from collections.abc import Collection, Mapping
from typing import Any

from kernel.errors import Fault, fault
from kernel.ids import MOST_ID

MOST_WORD = 64  # characters of a code


class Fields:
    """One JSON object and what is wrong in it and its parts: `faults` maps field -> fault.

    What is absent or null counts as not given. A field of the wrong type is read as not given and noted.
    """

    def __init__(self, data: Any, name: str = "", faults: dict[str, Fault] | None = None) -> None:
        self.faults: dict[str, Fault] = {} if faults is None else faults
        self._name = name
        self._data: Mapping[Any, Any] = {}
        if isinstance(data, Mapping):
            self._data = data
        elif data is not None:
            self.faults[name or "rules"] = fault("not_an_object")

    def only(self, known: Collection[str]) -> None:
        """Note every field that is not known: a misspelt cap would otherwise be no cap at all."""
        for name in self._data:
            if name not in known:
                self.faults[self._path(str(name)[:MOST_WORD])] = fault("unknown_field")

    def part(self, name: str) -> "Fields":
        """An object inside this one."""
        return Fields(self._data.get(name), self._path(name), self.faults)

    def number(self, name: str) -> int | None:
        """A whole number; true and false are none, and 1.0 is none either."""
        value = self._data.get(name)
        if value is None or type(value) is int:
            return value
        self.faults[self._path(name)] = fault("not_whole")
        return None

    def words(self, name: str) -> tuple[str, ...]:
        """A list of short printable texts."""
        return tuple(self._items(name, _is_word, fault("not_codes")))

    def ids(self, name: str) -> tuple[int, ...]:
        """A list of ids of ours."""
        return tuple(self._items(name, _is_id, fault("not_ids")))

    def _items(self, name: str, fits: Any, refused: Fault) -> list[Any]:
        value = self._data.get(name)
        if value is None:
            return []
        if isinstance(value, list | tuple) and all(fits(item) for item in value):
            return list(value)
        self.faults[self._path(name)] = refused
        return []

    def _path(self, name: str) -> str:
        return f"{self._name}.{name}" if self._name else name


def _is_word(item: Any) -> bool:
    return isinstance(item, str) and 0 < len(item) <= MOST_WORD and item.isprintable()


def _is_id(item: Any) -> bool:
    return type(item) is int and 0 < item <= MOST_ID
