"""Keep services running: restart any that ends, and stop all in reverse order."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Protocol

from embedded.process import ServerError

_LONGEST_PAUSE = 30.0
_SETTLED_SECONDS = 60.0  # after this uptime, the next failure starts again with a short pause


class Service(Protocol):
    """A supervised service: a Child, a Postgres or a Redis."""

    @property
    def alive(self) -> bool:
        """Whether it runs."""

    def restart(self) -> None:
        """Start it, or start it again. May raise ServerError or OSError."""

    def stop(self) -> None:
        """Stop it. Does nothing if it is dead."""


@dataclass
class _Watched:
    name: str
    service: Service
    up_since: float
    failures: int = 0
    retry_at: float | None = None


class Supervisor:
    """Supervises running services. `say` receives a line for each death and restart."""

    def __init__(self, say: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._say = say
        self._clock = clock
        self._watched: list[_Watched] = []

    def add(self, name: str, service: Service) -> None:
        """Supervise a service that already runs."""
        self._watched.append(_Watched(name, service, self._clock()))

    def watch(self) -> None:
        """Supervise the services until an exception (KeyboardInterrupt) ends it."""
        while True:
            self.tick()
            time.sleep(0.5)

    def tick(self) -> None:
        """Check each service once and restart those that ended."""
        for watched in self._watched:
            if watched.service.alive:
                if self._clock() - watched.up_since >= _SETTLED_SECONDS:
                    watched.failures = 0
            elif watched.retry_at is None:
                self._plan_restart(watched)
            elif self._clock() >= watched.retry_at:
                self._restart(watched)

    def stop(self) -> None:
        """Stop all services, last added first. A failure to stop one does not prevent stopping the others."""
        with ExitStack() as stack:
            for watched in self._watched:
                stack.callback(watched.service.stop)

    def _plan_restart(self, watched: _Watched) -> None:
        pause = min(2.0**watched.failures, _LONGEST_PAUSE)
        watched.failures += 1
        watched.retry_at = self._clock() + pause
        self._say(f"{watched.name} ended; starting it again in {pause:.0f} s")

    def _restart(self, watched: _Watched) -> None:
        watched.retry_at = None
        try:
            watched.service.restart()
        except (ServerError, OSError) as error:
            self._say(f"{watched.name}: {error}")
            return  # still dead at the next tick, which plans a longer pause
        watched.up_since = self._clock()
        self._say(f"{watched.name} runs again")
