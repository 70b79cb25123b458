"""Donations per second into one hot pot over HTTP, all caps enabled, 32 clients."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median

from bench import cpu, day
from bench.house import House, Served
from bench.load import Run, post
from bench.result import Result
from campaigns.dependencies import Dependencies

CLIENTS = 32
REAL, PLAIN, ROWLOCK = "/api/v1/donations", "/api/v1/bench/plain", "/api/v1/bench/rowlock"
WARM_UP_S = 1.5
FIRST_GUESS = 2_000  # requests per second prepared for the first round of a path; later twice its last rate


@dataclass
class Hall:
    """A running server on a fresh database, and the number of donations that it acknowledged."""

    house: House
    deps: Dependencies
    served: Served
    projects: Sequence[int]
    acknowledged: int = 0
    reached: dict[tuple[int, str], float] = field(default_factory=dict)
    cost_s: dict[tuple[int, str], float] = field(default_factory=dict)  # CPU time per request, last round

    def _cpu_s(self) -> float:
        return cpu.seconds(os.getpid()) - cpu.seconds(self.house.loader.pid)

    def costs(self) -> str:
        """Describe the processor time per request: web server, database and Redis together, without the load."""
        costs = ", ".join(f"{path} {cost * 1e6:.0f}" for (_, path), cost in self.cost_s.items())
        return f"; processor microseconds a request: {costs}"

    def sides(self, *paths: str) -> "list[Side]":
        """Return paths on the one server."""
        return [(path, self.served.port) for path in paths]

    def round(self, path: str, seconds: float, port: int) -> Run:
        """Send donations to a path for some seconds. Raises Broken unless every response was 201.

        Of those who wait in line for the one row of `ROWLOCK`, some meet the time-out and get 503. They count as
        served, which favours that side.
        """
        expected = 2 * self.reached.get((port, path), FIRST_GUESS / 2)
        ready = [post(path, body) for body in day.bodies(self.projects, int(seconds * expected) + CLIENTS)]
        before = self._cpu_s()
        run = self.house.loader.run(port, ready, CLIENTS, seconds)
        self.cost_s[port, path] = (self._cpu_s() - before) / len(run.latencies)
        self.reached[port, path] = run.per_second
        if set(run.statuses) - ({503} if path == ROWLOCK else set()) != {201}:
            raise day.Broken(f"{path} answered {run.statuses}; the server says:\n{self.served.child.log_tail(5)}")
        if path != PLAIN:
            self.acknowledged += run.statuses[201]
        return run

    def close_books(self) -> None:
        """Check that the books have all acknowledged donations, to the fen. Raises Broken."""
        day.prove(self.deps, self.acknowledged)


@contextmanager
def hall(house: House) -> Iterator[Hall]:
    """Run a hall inside the block. At the end, if nothing failed before, check its books."""
    url = house.database()
    deps = house.deps(url)
    try:
        with house.serve(url) as served:
            opened = Hall(house, deps, served, day.projects(deps))
            yield opened
        opened.close_books()
    finally:
        deps.db.close()


Side = tuple[str, int]  # path, port


def alternate(runs: Hall, sides: Sequence[Side], seconds: float, rounds: int) -> list[float]:
    """Return the requests per second of each side: the median of alternating rounds, after a short one to warm
    up."""
    for path, port in sides:
        runs.round(path, min(seconds, WARM_UP_S), port)
    rates: dict[Side, list[float]] = {side: [] for side in sides}
    for _ in range(rounds):
        for path, port in sides:
            rates[path, port].append(runs.round(path, seconds, port).per_second)
    return [median(rates[side]) for side in sides]


def hot_pot_http(house: House, seconds: float = 3.0, rounds: int = 5) -> list[Result]:
    """Compare giving with a POST that touches no database."""
    with hall(house) as runs:
        real, plain = alternate(runs, runs.sides(REAL, PLAIN), seconds, rounds)
    note = "the same server's POST that checks the same body by the same schema, without database"
    donation = {"donation": runs.cost_s[runs.served.port, REAL] * 1e6}
    return [Result("hot_pot_http", real, "donations/s", plain, 0.40, "ratio", note + runs.costs(), donation)]


def hot_pot_vs_rowlock(house: House, seconds: float = 3.0, rounds: int = 5) -> list[Result]:
    """Compare giving with the plain version, on the same pot, tables and server."""
    with hall(house) as runs:
        real, locked = alternate(runs, runs.sides(REAL, ROWLOCK), seconds, rounds)
    note = "lock the row, one transaction a donation, ORM (bench/rowlock.py)"
    return [Result("hot_pot_vs_rowlock", real, "donations/s", locked, 5.0, "ratio", note + runs.costs())]


def hot_pot_sandbox(house: House, seconds: float = 3.0, rounds: int = 3) -> list[Result]:
    """Compare the whole request, with the payment opened in the sandbox's process, with the same without the
    provider."""
    url = house.database()
    deps = house.deps(url)
    try:
        with house.sandbox() as base, house.serve(url) as near:
            runs = Hall(house, deps, near, day.projects(deps))
            with house.serve(url, "wsgi:app", STRIPE_API_BASE=base, BEISHAN_SANDBOX="1") as whole:
                sides = ((REAL, whole.port), (REAL, near.port))
                with_provider, without = alternate(runs, sides, seconds, rounds)
        runs.close_books()
    finally:
        deps.db.close()
    note = "the same request with the call to the provider left out"
    return [Result("hot_pot_sandbox", with_provider, "donations/s", without, note=note + runs.costs())]
