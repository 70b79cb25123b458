"""Data that several shared pages show, read once for all pages built together (`front.py`)."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from contextvars import ContextVar
from threading import RLock
from typing import Any, TypeVar

from markupsafe import Markup

from app.current import deps
from kernel.db import Tx

Value = TypeVar("Value")


MOST_TOGETHER = 100  # ids read by one statement


class Reading:
    """The data read at one time (monotonic) under one version, for the pages built from it. `content`: a reading of
    tables that giving does not write, which outlives this one. `before`: the previous reading; the ids requested
    from it are likely to be requested again."""

    def __init__(
        self, version: int, at: float, content: "Reading | None" = None, before: "Reading | None" = None
    ) -> None:
        self.version = version
        self.at = at
        self.content = content
        self.parts: dict[Hashable, Markup] = {}  # rendered from this data (`parts.py`)
        self._values: dict[Hashable, Any] = {}
        self._asked: dict[Hashable, set[int]] = {}
        self._expected = {} if before is None else before._asked
        self._turn = RLock()  # a thread that needs the same data waits instead of reading it too

    def value(self, key: Hashable, read: Callable[[Tx], Value]) -> Value:
        with self._turn:
            if key not in self._values:
                self._values[key] = _read(read)
            value: Value = self._values[key]
            return value

    def value_of(self, kind: Hashable, id_: int, read: Callable[[Tx, Sequence[int]], Mapping[int, Value]]) -> Value:
        """Return the value of an id, read together with those of the ids that are expected next."""
        with self._turn:
            self._asked.setdefault(kind, set()).add(id_)
            values: dict[int, Value] = self._values.setdefault(kind, {})
            if id_ not in values:
                expected = sorted(self._expected.get(kind, set()) - values.keys() - {id_})
                ids = [id_, *expected[: MOST_TOGETHER - 1]]
                values.update(_read(lambda tx: read(tx, ids)))
            return values[id_]


current: ContextVar[Reading | None] = ContextVar("reading", default=None)


def read_once(key: Hashable, read: Callable[[Tx], Value]) -> Value:
    """Return what `read` reads from a snapshot, once for all shared pages built together. `key` identifies it."""
    reading = current.get()
    return _read(read) if reading is None else reading.value(key, read)


def read_together(kind: Hashable, id_: int, read: Callable[[Tx, Sequence[int]], Mapping[int, Value]]) -> Value:
    """Return what `read` reads for an id, once for all shared pages built together, and for many ids at once.
    `read` returns a value for each id that it gets. `kind` identifies what is read."""
    reading = current.get()
    return _read(lambda tx: read(tx, [id_]))[id_] if reading is None else reading.value_of(kind, id_, read)


def read_content(key: Hashable, read: Callable[[Tx], Value]) -> Value:
    """Return what `read` reads from a snapshot, once until a table changes that giving does not write. `read` may
    read only such tables (a test lists those of each page)."""
    reading = current.get()
    return _read(read) if reading is None or reading.content is None else reading.content.value(key, read)


def _read(read: Callable[[Tx], Value]) -> Value:
    with deps().db.snapshot() as tx:
        return read(tx)
