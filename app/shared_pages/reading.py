"""What several shared pages show is read once for all that are made together (`front.py`)."""

from collections.abc import Callable, Hashable
from contextvars import ContextVar
from threading import RLock
from typing import Any, TypeVar

from app.current import deps
from kernel.db import Tx

Value = TypeVar("Value")


class Reading:
    """What was read at one time (monotonic), under one version, for the pages made of it. `content` is a reading
    that outlives it: of what giving does not write."""

    def __init__(self, version: int, at: float, content: "Reading | None" = None) -> None:
        self.version = version
        self.at = at
        self.content = content
        self._values: dict[Hashable, Any] = {}
        self._turn = RLock()  # who needs the same waits instead of reading it too

    def value(self, key: Hashable, read: Callable[[Tx], Value]) -> Value:
        with self._turn:
            if key not in self._values:
                self._values[key] = _read(read)
            value: Value = self._values[key]
            return value


current: ContextVar[Reading | None] = ContextVar("reading", default=None)


def read_once(key: Hashable, read: Callable[[Tx], Value]) -> Value:
    """Return what `read` reads from a snapshot: once for all shared pages made together. `key` names it."""
    reading = current.get()
    return _read(read) if reading is None else reading.value(key, read)


def read_content(key: Hashable, read: Callable[[Tx], Value]) -> Value:
    """Return what `read` reads from a snapshot: once until a table changes that giving does not write. `read` reads
    only such tables (a test names those of each page)."""
    reading = current.get()
    return _read(read) if reading is None or reading.content is None else reading.content.value(key, read)


def _read(read: Callable[[Tx], Value]) -> Value:
    with deps().db.snapshot() as tx:
        return read(tx)
