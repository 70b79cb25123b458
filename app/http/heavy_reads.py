"""A limit on concurrent slow reads by managers, such as exports, per process, so that giving stays fast."""

import time
from collections import Counter
from collections.abc import Callable
from functools import wraps
from threading import Lock
from typing import Any, TypeVar

from flask import Flask, current_app, g

from app.current import deps, settings
from app.http import auth
from kernel.errors import Forbidden, Unavailable

OF_ACCOUNT = 2  # at once
RETRY_S = 5
SLOW_S = 1.0
View = TypeVar("View", bound=Callable[..., Any])


class Gate:
    """A counter of the running reads of each account."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._reads: Counter[str] = Counter()
        self._turn = Lock()

    def enter(self, owner: str) -> None:
        """Count a read in. Raises Forbidden `too_many_reads` (per account), Unavailable `reads_busy` (in total)."""
        with self._turn:
            if self._reads[owner] >= OF_ACCOUNT:
                raise Forbidden("too_many_reads", most=OF_ACCOUNT, retry_after_s=RETRY_S)
            if self._reads.total() >= self._most:
                raise Unavailable("reads_busy", retry_after_s=RETRY_S)
            self._reads[owner] += 1

    def leave(self, owner: str) -> None:
        """Count a read out."""
        with self._turn:
            self._reads[owner] -= 1


def attach(app: Flask) -> None:
    """Create the process's gate."""
    app.extensions["heavy_reads"] = Gate(settings(app).heavy_reads_most)


def heavy(view: View) -> View:
    """Limit how many calls of such views run at once. Put it below the access declaration. The response is sent
    after the slot is free again, so a slow client blocks no other read. What took long is not sent if the caller's
    token or session ended meanwhile, or gives other rights. Raises Forbidden `not_permitted`."""

    @wraps(view)
    def counted(*args: Any, **kwargs: Any) -> Any:
        gate: Gate = current_app.extensions["heavy_reads"]
        owner: str = g.caller.owner
        gate.enter(owner)
        began = time.monotonic()
        try:
            response = view(*args, **kwargs)
        finally:
            gate.leave(owner)
        if time.monotonic() - began > SLOW_S:
            with deps().db.transaction() as tx:
                if not auth.has_still(tx, g.caller):
                    raise Forbidden("not_permitted")
        return response

    return counted  # type: ignore[return-value]
