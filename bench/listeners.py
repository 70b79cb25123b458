"""Many open pages in one process, each a stream of server-sent events (in a separate process, see `pages.live`)."""

import resource
import selectors
import socket
import time
from multiprocessing.connection import Connection

from bench.load import get

_MARK = b"event: totals"


def listen(pipe: Connection, port: int, path: str, count: int) -> None:
    """Open `count` streams. Whenever all of them have received one more event, first the greeting, then every
    change, send the arrival times (monotonic seconds) through the pipe. Runs until it is killed."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)  # each stream takes a file descriptor here, too
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    selector = selectors.DefaultSelector()
    for _ in range(count):
        connection = socket.create_connection(("127.0.0.1", port), timeout=30)
        connection.sendall(get(path, Accept="text/event-stream"))
        selector.register(connection, selectors.EVENT_READ)
    while True:
        pipe.send(_everyone(selector, count))


def _everyone(selector: selectors.BaseSelector, count: int) -> list[float]:
    """Return when each stream received its next event. Raises ConnectionError when one of them ends."""
    heard: dict[int, float] = {}
    while len(heard) < count:
        for key, _ in selector.select():
            data = key.fileobj.recv(1 << 16)  # type: ignore[union-attr]
            if not data:
                raise ConnectionError("the server closed a stream")
            if _MARK in data:
                heard.setdefault(key.fd, time.monotonic())
    return list(heard.values())
