"""Requests that are sent in odd ways, or with bodies longer than anybody reads, stop nobody else (C3)."""

import json
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread

import pytest

from app.api.routes import ABOUT
from embedded.redis import Redis
from kernel.clock import FixedClock
from kernel.db import Database
from tests.attacks.served import Site, serving
from tests.databases import Databases
from tests.world import build

PIECE = b"x" * (1 << 18)
JSON = b"Host: localhost\r\nContent-Type: application/json\r\n"
# What is sent before a body without end, and the body, again and again.
ENDLESS = {
    "by length": (b"POST /api/v1/donations HTTP/1.1\r\n" + JSON + b"Content-Length: 99999999999\r\n\r\n", PIECE),
    "in chunks": (
        b"POST /api/v1/donations HTTP/1.1\r\n" + JSON + b"Transfer-Encoding: chunked\r\n\r\n",
        b"40000\r\n" + PIECE + b"\r\n",
    ),
    "in tiny chunks": (
        b"POST /webhooks/stripe HTTP/1.1\r\n" + JSON + b"Transfer-Encoding: chunked\r\n\r\n",
        b"1\r\nx\r\n" * 10_000,
    ),
    "of a read": (b"GET /healthz HTTP/1.1\r\n" + JSON + b"Content-Length: 99999999999\r\n\r\n", PIECE),
    "of no address": (b"POST /nowhere HTTP/1.1\r\n" + JSON + b"Content-Length: 99999999999\r\n\r\n", PIECE),
}
MALFORMED = [
    b"-1\r\nhello\r\n0\r\n\r\n",
    b"5;a=\x00\r\nhello\r\n0\r\n\r\n",
    b"5\r\nhello!\r\n0\r\n\r\n",
    b"z\r\n",
    b"\r\n",
]


@pytest.fixture(scope="module")
def site(databases: Databases, redis_server: Redis, servers_dir: Path) -> Iterator[Site]:
    clock = FixedClock(datetime.now(UTC).replace(microsecond=0))
    with databases.one() as url:
        build(Database(url, clock), clock).db.close()
        with serving(url, redis_server.url, servers_dir) as running:
            yield running


def send_without_end(site: Site, head: bytes, piece: bytes, stop: Event) -> None:
    """Send a request and pieces of its body until the server ends the connection."""
    with socket.create_connection(("127.0.0.1", site.port), timeout=60) as connection:
        try:
            connection.sendall(head)
            while not stop.is_set():
                connection.sendall(piece)
        except ConnectionError:
            return


def test_c3_an_endless_body_does_not_block_other_requests(site: Site) -> None:
    """The server read what came after a response without letting any other request have a turn."""
    for head, piece in ENDLESS.values():
        stop = Event()
        sender = Thread(target=send_without_end, args=(site, head, piece, stop), daemon=True)
        sender.start()
        try:
            assert [site.get("/healthz").status for _ in range(20)] == [200] * 20
            sender.join(60)  # the connection is ended, not kept for another request
            assert not sender.is_alive()
        finally:
            stop.set()
            sender.join(60)
    assert site.child.alive and "WORKER TIMEOUT" not in site.child.log_tail()


def test_c3_a_body_that_is_not_read_ends_no_connection_of_an_honest_sender(site: Site) -> None:
    """A refusal that needs no body leaves the connection to the next request."""
    body = b"{}" + b" " * 5_000
    request = b"POST /nowhere HTTP/1.1\r\n" + JSON + b"Content-Length: %d\r\n\r\n" % len(body) + body
    with socket.create_connection(("127.0.0.1", site.port), timeout=60) as connection:
        for _ in range(3):
            connection.sendall(request)
            assert _response(connection).startswith(b"HTTP/1.1 404")


def test_c3_chunks_that_are_none_are_a_bad_request(site: Site) -> None:
    for body in MALFORMED:
        with socket.create_connection(("127.0.0.1", site.port), timeout=60) as connection:
            connection.sendall(b"POST /api/v1/donations HTTP/1.1\r\n" + JSON)
            connection.sendall(b"Transfer-Encoding: chunked\r\n\r\n" + body)
            connection.shutdown(socket.SHUT_WR)
            assert _response(connection).startswith(b"HTTP/1.1 400"), body


def _response(connection: socket.socket) -> bytes:
    """The next response, with its body by length."""
    received = b""
    while b"\r\n\r\n" not in received:
        part = connection.recv(1 << 16)
        assert part, received
        received += part
    head, _blank, body = received.partition(b"\r\n\r\n")
    (length,) = (int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    while len(body) < length:
        part = connection.recv(1 << 16)
        assert part, received
        body += part
    return head + b"\r\n\r\n" + body


def test_c3_slow_readers_and_senders_do_not_block_other_requests(site: Site) -> None:
    """Readers with a small window leave most of the response in the server; senders never come to the end."""
    slow = []
    try:
        for number in range(50):
            connection = socket.socket()
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            connection.settimeout(60)
            connection.connect(("127.0.0.1", site.port))
            address = f"X-Forwarded-For: 198.51.{number}.1\r\n\r\n".encode()
            if number % 2:
                connection.sendall(b"GET /api/openapi.json HTTP/1.1\r\nHost: localhost\r\n" + address)
            else:
                head = b"POST /webhooks/stripe HTTP/1.1\r\n" + JSON + b"Content-Length: 5000\r\n"
                connection.sendall(head + address + b"{")
            slow.append(connection)
        for _ in range(3):
            assert [site.get("/healthz").status for _ in range(10)] == [200] * 10
            for number, connection in enumerate(slow):
                assert connection.recv(1) if number % 2 else connection.send(b" ")
    finally:
        for connection in slow:
            connection.close()
    assert site.child.alive and "WORKER TIMEOUT" not in site.child.log_tail()


@pytest.mark.parametrize(
    ("request_bytes", "status", "code"),
    [
        (b"GET /api/v1/" + b"a" * 5_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414, "address_too_long"),
        (
            b"GET /api/v1/campaigns HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 9_000 + b"\r\n\r\n",
            431,
            "headers_too_large",
        ),
        (b"no <request>\r\n\r\n", 400, "request_invalid"),
    ],
)
def test_c3_what_the_server_cannot_read_is_answered_as_the_description_says(
    site: Site, request_bytes: bytes, status: int, code: str
) -> None:
    """The server answers before the application, quotes nothing, and closes the connection."""
    with socket.create_connection(("127.0.0.1", site.port), timeout=40) as connection:
        connection.sendall(request_bytes)
        with connection.makefile("rb") as response:
            head, _blank, body = response.read().partition(b"\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {status} ".encode()) and b"application/problem+json" in head
    document = json.loads(body)
    assert (document["status"], document["code"]) == (status, code) and b"aaa" not in body and b"<" not in body
    assert f"({status})" in ABOUT
