"""Faults on demand for the HTTP API: the next N requests, optionally only on a path, go wrong."""

import threading
from dataclasses import asdict, dataclass
from typing import Any

from sandbox.wire import ApiError

KINDS = ("drop_before", "drop_after", "delay", "delay_after", "500", "429")


class Dropped(Exception):
    """The connection must end without a response."""


@dataclass(slots=True)
class Fault:
    """One fault. `drop_before`/`drop_after`: the connection is cut before or after the effect.
    `delay`/`delay_after`: `seconds` of silence before or after it. `500`/`429`: an error instead of the effect."""

    kind: str
    times: int = 1
    path: str = ""
    method: str = ""
    seconds: float = 0.0

    def fits(self, method: str, path: str) -> bool:
        """Return whether the fault applies to this request; `path` may be any part of the request's path."""
        return self.path in path and self.method in ("", method)


class Faults:
    """The faults that are still to come."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []
        self._guard = threading.Lock()

    def add(self, fault: Fault) -> None:
        """Add a fault."""
        with self._guard:
            self._waiting.append(fault)

    def clear(self) -> None:
        """Remove all faults."""
        with self._guard:
            self._waiting.clear()

    def plain(self) -> list[dict[str, Any]]:
        """Return the faults that are still to come, as JSON."""
        with self._guard:
            return [asdict(fault) for fault in self._waiting]

    def take(self, method: str, path: str) -> Fault | None:
        """Return the fault for this request and count it as used."""
        with self._guard:
            for fault in self._waiting:
                if fault.fits(method, path):
                    fault.times -= 1
                    if fault.times <= 0:
                        self._waiting.remove(fault)
                    return fault
        return None


def error_of(kind: str) -> ApiError | None:
    """Return the error response of a fault, if it has one."""
    if kind == "500":
        return ApiError(500, "An unknown error occurred (sandbox fault).", kind="api_error")
    if kind == "429":
        return ApiError(429, "Request rate limit exceeded (sandbox fault).", code="rate_limit")
    return None
