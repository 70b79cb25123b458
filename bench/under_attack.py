"""How much longer giving takes under attack: one kind of attack after the other, in short rounds that alternate
with quiet ones."""

import selectors
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from bench import day
from bench.attackers import CONNECTIONS, KINDS, Met, attackers
from bench.giving import REAL
from bench.house import House, Served
from bench.load import Client, Run, post
from bench.result import Result

DONATIONS_S = 66  # the first minute of a city's giving day
CLIENTS = 32
SECONDS, ROUNDS = 2.4, 4  # four minutes for nine kinds
TARGET = 2.0


def give_evenly(port: int, requests: Sequence[bytes], per_s: float, clients: int) -> Run:
    """Send requests at even intervals, each on a free connection. A latency counts from when the request was due,
    so that it includes waiting for a free connection. Raises TimeoutError as `drive` does."""
    selector = selectors.DefaultSelector()
    free: deque[Client] = deque()

    def connect() -> None:
        client = Client(port)
        selector.register(client.socket, selectors.EVENT_READ, client)
        free.append(client)

    for _ in range(clients):
        connect()
    began = time.monotonic()
    due = [began + number / per_s for number in range(len(requests))]
    statuses: dict[int, int] = {}
    latencies: list[float] = []
    sent = 0
    while len(latencies) < len(requests):
        now = time.monotonic()
        while sent < len(requests) and due[sent] <= now and free:
            client = free.popleft()
            client.send(requests[sent])
            client.sent_at = due[sent]
            sent += 1
        pause = due[sent] - now if sent < len(requests) and free else 1.0
        for key, _ in selector.select(max(pause, 0)):
            client = key.data
            if client in free:  # the server closed an idle connection
                free.remove(client)
                selector.unregister(client.socket)
                client.socket.close()
                connect()
                continue
            if (status := client.receive()) is None:
                continue
            statuses[status] = statuses.get(status, 0) + 1
            latencies.append(time.monotonic() - client.sent_at)
            free.append(client)
        if time.monotonic() - began > len(requests) / per_s + 20:
            raise TimeoutError(f"{len(requests) - len(latencies)} donations got no answer")
    selector.close()
    for client in free:
        client.socket.close()
    return Run(statuses, time.monotonic() - began, latencies)


class Site:
    """A production server behind a proxy that reports client addresses, and the number of donations it
    acknowledged."""

    def __init__(self, house: House, served: Served, projects: list[int]) -> None:
        self._house = house
        self._served = served
        self.projects = projects
        self.port = served.port
        self.acknowledged = 0
        self._donors = _addresses()

    def give(self, seconds: float) -> Run:
        """Let donors give, each from a separate address. Raises Broken when a donation was refused."""
        bodies = day.bodies(self.projects, int(seconds * DONATIONS_S))
        requests = [post(REAL, body, X_Forwarded_For=next(self._donors)) for body in bodies]
        run = self._house.loader.call(give_evenly, self.port, requests, DONATIONS_S, CLIENTS)
        if set(run.statuses) != {201}:
            raise day.Broken(f"{REAL} answered {run.statuses}:\n{self._served.child.log_tail(5)}")
        self.acknowledged += run.statuses[201]
        return run


def _addresses() -> Iterator[str]:
    while True:
        yield from (f"10.{number // 62_500}.{number // 250 % 250}.{number % 250 + 1}" for number in range(10**6))


class Measured(NamedTuple):
    """One kind of attack: the 99th percentile of giving in quiet and in attacked rounds in seconds, the outcome of
    the attack, and how many requests it needed to count as one."""

    quiet: float
    attacked: float
    met: Met
    floor: int
    seconds: float

    @property
    def ratio(self) -> float:
        return self.attacked / self.quiet

    @property
    def shown(self) -> bool:
        return self.met.requests >= self.floor

    def __str__(self) -> str:
        share = 100 * self.met.processor_s / self.seconds
        answers = dict(self.met.statuses)
        met = f"{self.met.requests} requests reached the server, at {share:.0f}% of a core; responses {answers}"
        if not self.shown:
            met = f"NOT SHOWN, {self.met.requests} of {self.floor} requests reached the server"
        return f"{self.ratio:.2f} ({1000 * self.quiet:.1f} to {1000 * self.attacked:.1f} ms; {met})"


def giving_under_attack(house: House, seconds: float = SECONDS, rounds: int = ROUNDS) -> list[Result]:
    """Return the worst kind of attack; the note names all. Not shown unless each kind reached the server as often
    as required."""
    url = house.database()
    deps = house.deps(url)
    try:
        with house.serve(url, TRUSTED_PROXIES="1") as served:
            site = Site(house, served, day.projects(deps))
            site.give(seconds)
            measured = {kind: _measure(site, kind, seconds, rounds) for kind in KINDS}
        # Donations that attackers had sent when they were stopped may be stored without their response being read.
        stored = day.sums(deps).donations
        if not site.acknowledged <= stored <= site.acknowledged + rounds * CONNECTIONS:
            raise day.Broken(f"{stored} donations are stored, {site.acknowledged} were acknowledged")
        day.prove(deps, stored)
    finally:
        deps.db.close()
    return [_result(measured)]


def _result(measured: Mapping[str, Measured]) -> Result:
    worst = max(measured, key=lambda kind: (measured[kind].shown, measured[kind].ratio))
    quiet, attacked = 1000 * measured[worst].quiet, 1000 * measured[worst].attacked
    each = "; ".join(f"{kind} {row}" for kind, row in measured.items())
    note = f"p99 of {DONATIONS_S} donations a second, worst attack: {worst}; baseline: quiet rounds between. {each}"
    shown = all(row.shown for row in measured.values())
    return Result("giving_under_attack", attacked, "ms", quiet, TARGET, "ratio_most", note, shown=shown)


def _measure(site: Site, kind: str, seconds: float, rounds: int) -> Measured:
    quiet: list[float] = []
    attacked: list[float] = []
    with attackers(kind, site.port, site.projects) as strangers:
        for _ in range(rounds):
            quiet += site.give(seconds).latencies
            with strangers.attacking():
                attacked += site.give(seconds).latencies
    if kind == "pledges of a flood":
        site.acknowledged += strangers.met.statuses[201]
    p99 = [Run({}, 1.0, latencies).quantile(0.99) for latencies in (quiet, attacked)]
    floor = int(KINDS[kind].floor_per_s * seconds * rounds)
    return Measured(p99[0], p99[1], strangers.met, floor, seconds * rounds)
