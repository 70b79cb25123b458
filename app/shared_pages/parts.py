"""Parts that several shared pages show alike, rendered once per language for all of them.

    {{ once(legal, campaign) }}                      for pages built together: `legal(campaign)`
    {{ once_per_content(spending, page) }}           until a table changes that giving does not write

The macro may depend on its arguments and the language only (`tests/architecture/test_shared_pages.py`).
"""

from collections.abc import Callable, Hashable
from typing import Any

from markupsafe import Markup

from app.i18n.locale import language
from app.shared_pages.reading import Reading, current

Macro = Callable[..., Markup]


class _Same:
    """A value that is compared by identity, because it cannot be hashed. It stays alive as long as its part."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __hash__(self) -> int:
        return id(self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.value is self.value


def once(macro: Macro, *values: Any) -> Markup:
    """Return what a macro returns for these values, rendered once for all shared pages built together. On other
    pages it is rendered each time."""
    return _part(current.get(), macro, values)


def once_per_content(macro: Macro, *values: Any) -> Markup:
    """Return what a macro returns for these values, rendered once until a table changes that giving does not write.
    The values must be plain or come from `read_content`: other data would never be the same again."""
    reading = current.get()
    return _part(reading and reading.content, macro, values)


def _part(reading: Reading | None, macro: Macro, values: tuple[Any, ...]) -> Markup:
    if reading is None:
        return macro(*values)
    key = (language(), macro, *map(_key, values))
    part = reading.parts.get(key)
    if part is None:
        part = reading.parts[key] = macro(*values)
    return part


def _key(value: Any) -> Hashable:
    """Return what stands for a value: itself with its type (1 is equal to True), or its identity."""
    kind = type(value)
    if kind in (list, tuple):
        return (kind, *map(_key, value))
    try:
        hash(value)
    except TypeError:
        return _Same(value)
    return (kind, value)
