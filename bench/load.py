"""The load generator: prepared HTTP requests over keep-alive connections, from a separate process.

It is as cheap as Python allows (one thread, epoll, raw sockets, no parsing beyond status and length), because it
shares the machine with what it measures.
"""

import multiprocessing
import os
import selectors
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any, NamedTuple, Self

MOST_WAIT_S = 20.0  # for a response


class Run(NamedTuple):
    """The responses. Times are in seconds, `latencies` in the order of the responses."""

    statuses: dict[int, int]
    seconds: float
    latencies: list[float]

    @property
    def per_second(self) -> float:
        return len(self.latencies) / self.seconds

    def quantile(self, share: float) -> float:
        """Return the latency within which `share` (0 to 1) of the responses came, in seconds."""
        ordered = sorted(self.latencies)
        return ordered[min(int(share * len(ordered)), len(ordered) - 1)]


class Client:
    """A connection and the response that it waits for."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=MOST_WAIT_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sent_at = 0.0
        self.buffer = b""

    def send(self, request: bytes) -> None:
        self.buffer = b""
        self.sent_at = time.monotonic()
        self.socket.sendall(request)

    def receive(self) -> int | None:
        """Receive what has arrived, and return the status once the response is complete. Raises ConnectionError
        when it never will be."""
        more = self.socket.recv(1 << 18)
        if not more:
            raise ConnectionError(f"the server closed a connection after {self.buffer[:200]!r}")
        self.buffer += more
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0 or len(self.buffer) < end + 4 + _length(self.buffer[:end]):
            return None
        return int(self.buffer[9:12])


def _length(head: bytes) -> int:
    lower = head.lower()
    start = lower.index(b"\r\ncontent-length:") + 17
    end = lower.find(b"\r\n", start)
    return int(lower[start : end if end > 0 else None])


def drive(port: int, requests: Sequence[bytes], clients: int, seconds: float) -> Run:
    """Send requests in order over `clients` connections for `seconds`, or until they are used up.

    Waits for the response to every request sent. Raises TimeoutError when no response comes for 20 s.
    """
    rest = iter(requests)
    selector = selectors.DefaultSelector()
    all_clients = [Client(port) for _ in range(clients)]
    began = time.monotonic()
    busy = sum(_next(rest, client) for client in all_clients)
    for client in all_clients:
        selector.register(client.socket, selectors.EVENT_READ, client)
    statuses: Counter[int] = Counter()
    latencies: list[float] = []
    ends = began + seconds
    while busy:
        ready = selector.select(MOST_WAIT_S)
        if not ready:
            raise TimeoutError(f"no answer for {MOST_WAIT_S} s; {busy} requests are out")
        for key, _ in ready:
            status = key.data.receive()
            if status is None:
                continue
            now = time.monotonic()
            statuses[status] += 1
            latencies.append(now - key.data.sent_at)
            if now >= ends or not _next(rest, key.data):
                selector.unregister(key.fileobj)  # the server closes it after a while, which is not a fault by then
                busy -= 1
    took = time.monotonic() - began
    selector.close()
    for client in all_clients:
        client.socket.close()
    return Run(dict(statuses), took, latencies)


def _next(rest: Iterator[bytes], client: Client) -> bool:
    request = next(rest, None)
    if request is not None:
        client.send(request)
    return request is not None


def post(path: str, body: bytes, **headers: str) -> bytes:
    """Return a POST of JSON as bytes. Header names are written with _ for -."""
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: 127.0.0.1",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    ]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def get(path: str, **headers: str) -> bytes:
    """Return a GET as bytes."""
    lines = [
        f"GET {path} HTTP/1.1",
        "Host: 127.0.0.1",
        *(f"{n.replace('_', '-')}: {v}" for n, v in headers.items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode()


class Loader:
    """The process that runs `drive` and similar functions. A context manager."""

    def __init__(self) -> None:
        self._pool = ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))

    def run(self, port: int, requests: Sequence[bytes], clients: int = 32, seconds: float = 3.0) -> Run:
        """Run `drive` in the other process, with a time-out."""
        return self._pool.submit(drive, port, requests, clients, seconds).result(seconds + 2 * MOST_WAIT_S)

    def call(self, act: Callable[..., Run], *args: Any) -> Run:
        """Run another load function in the other process."""
        return self._pool.submit(act, *args).result(6 * MOST_WAIT_S)

    @property
    def pid(self) -> int:
        """The id of the process that generates the load."""
        return self._pool.submit(os.getpid).result(MOST_WAIT_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._pool.shutdown(cancel_futures=True)
