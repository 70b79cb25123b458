"""PURE. Reads JSON of unknown shape part by part, and remembers what is wrong instead of raising."""

from collections.abc import Collection, Mapping
from typing import Any

from kernel.ids import MOST_ID

MOST_WORD = 64  # characters of a code


class Fields:
    """One JSON object and what was found wrong in it and its parts: `wrong` maps field -> reason.

    What is absent or null counts as not given. A field of the wrong type is read as not given and noted.
    """

    def __init__(self, data: Any, name: str = "", wrong: dict[str, str] | None = None) -> None:
        self.wrong: dict[str, str] = {} if wrong is None else wrong
        self._name = name
        self._data: Mapping[Any, Any] = {}
        if isinstance(data, Mapping):
            self._data = data
        elif data is not None:
            self.wrong[name or "rules"] = "must be an object"

    def only(self, known: Collection[str]) -> None:
        """Note every field that is not known: a misspelt cap would otherwise be no cap at all."""
        for name in self._data:
            if name not in known:
                self.wrong[self._path(str(name)[:MOST_WORD])] = "is not known"

    def part(self, name: str) -> "Fields":
        """An object inside this one."""
        return Fields(self._data.get(name), self._path(name), self.wrong)

    def number(self, name: str) -> int | None:
        """A whole number; true and false are none, and 1.0 is none either."""
        value = self._data.get(name)
        if value is None or type(value) is int:
            return value
        self.wrong[self._path(name)] = "must be a whole number"
        return None

    def words(self, name: str) -> tuple[str, ...]:
        """A list of short printable texts."""
        return tuple(self._items(name, _is_word, "must be a list of codes"))

    def ids(self, name: str) -> tuple[int, ...]:
        """A list of ids of ours."""
        return tuple(self._items(name, _is_id, "must be a list of ids"))

    def _items(self, name: str, fits: Any, reason: str) -> list[Any]:
        value = self._data.get(name)
        if value is None:
            return []
        if isinstance(value, list | tuple) and all(fits(item) for item in value):
            return list(value)
        self.wrong[self._path(name)] = reason
        return []

    def _path(self, name: str) -> str:
        return f"{self._name}.{name}" if self._name else name


def _is_word(item: Any) -> bool:
    return isinstance(item, str) and 0 < len(item) <= MOST_WORD and item.isprintable()


def _is_id(item: Any) -> bool:
    return type(item) is int and 0 < item <= MOST_ID
