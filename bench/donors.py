"""Donors who give while something else is measured: as many as in a city's first minute, over 32 connections."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Event, Thread

from bench import day
from bench.giving import CLIENTS, REAL
from bench.load import Loader, Run, post

DONATIONS_S = 66  # the first minute of a city's giving day


class Donors:
    """A thread in which this many donors give each second, all at its beginning."""

    def __init__(self, port: int, projects: Sequence[int], loader: Loader) -> None:
        self._port, self._projects, self._loader = port, projects, loader
        self._stopped = Event()
        self._thread = Thread(target=self._give)
        self._failure: Exception | None = None
        self.latencies: list[float] = []

    def _give(self) -> None:
        try:
            while not self._stopped.is_set():
                began = time.monotonic()
                requests = [post(REAL, body) for body in day.bodies(self._projects, DONATIONS_S)]
                run = self._loader.run(self._port, requests, CLIENTS, 20.0)
                if set(run.statuses) != {201}:
                    raise day.Broken(f"{REAL} answered {run.statuses}")
                self.latencies += run.latencies
                self._stopped.wait(max(began + 1 - time.monotonic(), 0))
        except Exception as error:
            self._failure = error

    def __enter__(self) -> "Donors":
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stopped.set()
        self._thread.join()
        if self._failure is not None:
            raise self._failure

    @property
    def p95_ms(self) -> float:
        return Run({}, 1.0, self.latencies).quantile(0.95) * 1e3


@contextmanager
def donors(port: int, projects: Sequence[int]) -> Iterator[Donors]:
    """Let donors give inside the block. Raises Broken when a donation was refused."""
    with Loader() as loader, Donors(port, projects, loader) as giving:
        yield giving
