"""Attackers who try to keep donors from giving. Each kind is a function that runs in a separate process, in rounds.

In real life their own work is done on other machines. Here it is kept small: raw sockets, no parsing, a fixed pace.
A low process priority would starve them where all processors are busy, and the result would prove nothing.
Therefore each kind has a minimum of requests that must have reached the server.
"""

import re
import secrets
import selectors
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from itertools import count
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, NamedTuple
from urllib.parse import urlencode

from bench import day
from bench.load import get, post
from bench.trickle import Trickle

ADDRESS = "198.51.100.66"  # of all attackers except those who guess passwords
CONNECTIONS = 16
STREAMS = 400
HALF_OPEN = 400
PATIENCE_S = 30.0


class Loop:
    """Connections that send one request after another, at most `per_s` per second. `statuses` counts the responses
    by status, `met` all responses."""

    def __init__(
        self, port: int, requests: Iterator[bytes], per_s: float = 200.0, connections: int = CONNECTIONS
    ) -> None:
        self._port = port
        self._requests = requests
        self._selector = selectors.DefaultSelector()
        self._pace_s, self._due = 1 / per_s, time.monotonic()
        self._connections = connections
        self.statuses: Counter[int] = Counter()

    @property
    def met(self) -> int:
        return self.statuses.total()

    def _connect(self) -> None:
        with suppress(OSError):
            connection = socket.create_connection(("127.0.0.1", self._port), timeout=PATIENCE_S)
            self._selector.register(connection, selectors.EVENT_READ)
            connection.sendall(next(self._requests))

    def close(self) -> None:
        """Close all connections."""
        _close(self._selector)

    def turn(self) -> None:
        """Send due requests on free connections, and receive what arrives within a moment. Each request uses a new
        connection, which costs the server more."""
        now = time.monotonic()
        self._due = max(self._due, now - 0.1)  # a backlog is not sent in one burst
        while self._due <= now and len(self._selector.get_map()) < self._connections:
            self._connect()
            self._due += self._pace_s
        for key, _ in self._selector.select(min(max(self._due - now, 0.001), 0.05)):
            connection: Any = key.fileobj
            try:
                data = connection.recv(1 << 18)
            except OSError:
                data = b""
            if data.startswith(b"HTTP/1.1 "):
                self.statuses[int(data[9:12])] += 1
            self._selector.unregister(connection)
            connection.close()


def _close(selector: selectors.BaseSelector) -> None:
    for key in list(selector.get_map().values()):
        connection: Any = key.fileobj
        connection.close()
    selector.close()


def _pages(port: int, path: str) -> Loop:
    request = get(path, X_Forwarded_For=ADDRESS)
    return Loop(port, (request for _ in count()))


def docs(port: int, _projects: list[int]) -> Loop:
    return _pages(port, "/api/docs")


def exports(port: int, _projects: list[int]) -> Loop:
    """Request pages that are costly to generate: the file of a campaign, the metrics, the API description."""
    paths = (f"/public/c/{day.SLUG}.csv", "/metrics", "/api/openapi.json")
    return Loop(port, (get(paths[number % 3], X_Forwarded_For=ADDRESS) for number in count()))


def pledges(port: int, projects: list[int]) -> Loop:
    """Create donations that are never paid."""
    bodies = day.bodies(projects, 10**9)
    return Loop(port, (post("/api/v1/donations", body, X_Forwarded_For=ADDRESS) for body in bodies))


def sign_ins(port: int, _projects: list[int]) -> Loop:
    """Sign in with wrong passwords, each time from a new address, so that every password is verified."""
    client = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    client.request("GET", "/console/sign-in")
    page = client.getresponse()
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.read().decode())
    assert token, "the form has no token"
    cookie = (page.headers["Set-Cookie"] or "").partition(";")[0]
    form = urlencode({"csrf_token": token[1], "login": "manager", "password": "a wrong password"}).encode()

    def requests() -> Iterator[bytes]:
        # Each round uses new addresses, because those of the last are refused before a password is verified.
        for number in count(secrets.randbelow(8 * 250 * 250)):
            address = f"203.0.{number // 8 // 250 % 250}.{number // 8 % 250 + 1}"
            request = post("/console/sign-in", form, Cookie=cookie, X_Forwarded_For=address)
            yield request.replace(b"application/json", b"application/x-www-form-urlencoded")

    return Loop(port, requests(), 40.0, 8)


class Held:
    """Connections that are opened, held, and opened again when the server closes them. `met` counts the opened
    ones."""

    def __init__(self, port: int, first: Callable[[int], bytes], number: int) -> None:
        self._port, self._first = port, first
        self._selector = selectors.DefaultSelector()
        self._wanted = number
        self.met = 0
        self.statuses: Counter[int] = Counter()

    def close(self) -> None:
        """Close all connections."""
        _close(self._selector)

    def turn(self) -> None:
        """Open missing connections, a few at a time, and receive what the server sends."""
        missing = self._wanted - len(self._selector.get_map())
        for _ in range(min(missing, 5)):
            with suppress(OSError):
                connection = socket.create_connection(("127.0.0.1", self._port), timeout=PATIENCE_S)
                self._selector.register(connection, selectors.EVENT_READ)
                connection.sendall(self._first(self.met))
                self.met += 1
        for key, _ in self._selector.select(0.02):
            connection: Any = key.fileobj
            try:
                data = connection.recv(1 << 16)
            except OSError:
                data = b""
            if data.startswith(b"HTTP/1.1 "):
                self.statuses[int(data[9:12])] += 1
            if not data.startswith(b"HTTP/1.1 200") and b"event:" not in data:
                self._selector.unregister(connection)
                connection.close()


def streams(port: int, _projects: list[int]) -> Held:
    request = get(f"/api/v1/campaigns/{day.SLUG}/live", X_Forwarded_For=ADDRESS)
    return Held(port, lambda _: request, STREAMS)


def half_open(port: int, projects: list[int]) -> Held:
    """Open requests of which half never finish their headers and half never finish their body."""
    body = next(day.bodies(projects, 1))
    whole = post("/api/v1/donations", body, X_Forwarded_For=ADDRESS)
    return Held(port, lambda number: whole[:40] if number % 2 else whole[:-20], HALF_OPEN)


def slow_readers(port: int, _projects: list[int]) -> Trickle:
    """Request the file of a campaign, and read a byte of it per second."""
    return Trickle(port, get(f"/public/c/{day.SLUG}.csv", X_Forwarded_For=ADDRESS))


def slow_stream_readers(port: int, _projects: list[int]) -> Trickle:
    return Trickle(port, get(f"/api/v1/campaigns/{day.SLUG}/live", X_Forwarded_For=ADDRESS))


def slow_senders(port: int, projects: list[int]) -> Trickle:
    """Send the body of a donation, a byte per second."""
    head, blank, body = post("/api/v1/donations", next(day.bodies(projects, 1)), X_Forwarded_For=ADDRESS).partition(
        b"\r\n\r\n"
    )
    return Trickle(port, head + blank, body)


class Kind(NamedTuple):
    """How an attack begins, and how many of its requests (or held connections) must have reached the server in each
    second. With fewer it proves nothing."""

    begin: Callable[[int, list[int]], Loop | Held | Trickle]
    floor_per_s: float


KINDS: dict[str, Kind] = {
    "wrong sign-ins": Kind(sign_ins, 2),
    "docs": Kind(docs, 40),
    "exports": Kind(exports, 20),
    "pledges of a flood": Kind(pledges, 20),
    "live streams": Kind(streams, 40),
    "half-open requests": Kind(half_open, 40),
    "slow readers of exports": Kind(slow_readers, 10),
    "slow readers of streams": Kind(slow_stream_readers, 10),
    "slow senders": Kind(slow_senders, 10),
}


class Met(NamedTuple):
    """The outcome of an attack: responses by status, requests that reached the server, attackers' processor
    seconds."""

    statuses: Counter[int]
    requests: int
    processor_s: float

    def __add__(self, other: "Met") -> "Met":  # type: ignore[override]
        requests = self.requests + other.requests
        return Met(self.statuses + other.statuses, requests, self.processor_s + other.processor_s)


def run(pipe: Connection, kind: str, port: int, projects: list[int]) -> None:
    """Attack from each `go` until the next message, and send the outcome. Ends when the pipe is closed."""
    with suppress(EOFError):
        while pipe.recv():
            attack = KINDS[kind].begin(port, projects)
            pipe.send(None)
            began = time.process_time()
            while not pipe.poll():
                attack.turn()
            pipe.recv()
            attack.close()
            pipe.send(Met(attack.statuses, attack.met, time.process_time() - began))


class Attackers:
    """Attackers of one kind, who attack in rounds. `met` sums the outcomes of all rounds."""

    def __init__(self, kind: str, pipe: Connection) -> None:
        self._kind, self._pipe = kind, pipe
        self.met = Met(Counter(), 0, 0.0)

    @contextmanager
    def attacking(self) -> Iterator[None]:
        """Let the attackers attack inside the block. Raises Broken when they could not begin or end."""
        self._say("go", "did not begin")
        yield
        self.met += self._say("stop", "did not end")
        time.sleep(0.2)  # until the server has seen its connections close

    def _say(self, word: str, silence: str) -> Any:
        self._pipe.send(word)
        if not self._pipe.poll(PATIENCE_S):
            raise day.Broken(f"{self._kind}: the attack {silence}")
        return self._pipe.recv()


@contextmanager
def attackers(kind: str, port: int, projects: list[int]) -> Iterator[Attackers]:
    """Keep a process of attackers of one kind available inside the block."""
    here, there = get_context("spawn").Pipe()
    process = get_context("spawn").Process(target=run, args=(there, kind, port, projects))
    process.start()
    try:
        yield Attackers(kind, here)
    finally:
        process.kill()
        process.join(PATIENCE_S)
