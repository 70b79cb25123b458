"""Reads of managers that take long, such as exports: a few at once in each process, so that giving stays quick."""

from collections import Counter
from collections.abc import Callable
from functools import wraps
from threading import Lock
from typing import Any, TypeVar

from flask import Flask, current_app, g

from app.current import settings
from kernel.errors import Forbidden, Unavailable

OF_ACCOUNT = 2  # at once
RETRY_S = 5
View = TypeVar("View", bound=Callable[..., Any])


class Gate:
    """Counts the reads under way, of each account."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._reads: Counter[str] = Counter()
        self._turn = Lock()

    def enter(self, owner: str) -> None:
        """Count one more. Raises Forbidden `too_many_reads` (of the account), Unavailable `reads_busy` (of all)."""
        with self._turn:
            if self._reads[owner] >= OF_ACCOUNT:
                raise Forbidden("too_many_reads", most=OF_ACCOUNT, retry_after_s=RETRY_S)
            if self._reads.total() >= self._most:
                raise Unavailable("reads_busy", retry_after_s=RETRY_S)
            self._reads[owner] += 1

    def leave(self, owner: str) -> None:
        """Count one less."""
        with self._turn:
            self._reads[owner] -= 1


def attach(app: Flask) -> None:
    """Make one gate for the process."""
    app.extensions["heavy_reads"] = Gate(settings(app).heavy_reads_most)


def heavy(view: View) -> View:
    """Let a few calls of such views run at once. Stands below the declaration of who may call it. What is made is
    sent afterwards: a slow reader holds nobody up."""

    @wraps(view)
    def counted(*args: Any, **kwargs: Any) -> Any:
        gate: Gate = current_app.extensions["heavy_reads"]
        owner: str = g.caller.owner
        gate.enter(owner)
        try:
            return view(*args, **kwargs)
        finally:
            gate.leave(owner)

    return counted  # type: ignore[return-value]
