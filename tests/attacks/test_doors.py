"""What strangers do at one door slows down no other (C3), and nobody locks anybody out (C8)."""

import gzip
import http.client
import json
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.console.people.sign_in import TRIES
from app.http import doors
from app.http.doors import Allowances, client_address
from app.http.made_once import MadeOnce
from app.http.network import network_of, tells_visitors_apart
from app.observability import metrics
from bench import cpu
from campaigns.network.people import create_manager
from embedded.redis import Redis
from kernel.clock import FixedClock
from kernel.db import Database
from tests.api.client import Api, application, problem
from tests.attacks.served import Site, serving
from tests.attacks.test_machines import gift
from tests.cashier import cashier, clock, world
from tests.databases import Databases
from tests.web.reader import PASSWORD, Reader
from tests.world import SLUG, World, build

__all__ = ["cashier", "clock", "world"]

STRANGER = "198.51.100.66"


@pytest.fixture
def http_client(world: World, database_url: str) -> FlaskClient:
    app = application(database_url, world.deps, TRUSTED_PROXIES="1", ADDRESS_REQUESTS_PER_S="10")
    doors.put_in_front(app)
    client = app.test_client()
    client.environ_base["HTTP_X_FORWARDED_FOR"] = STRANGER
    return client


@pytest.fixture(scope="module")
def site(databases: Databases, redis_server: Redis, servers_dir: Path) -> Iterator[Site]:
    """A real web server behind a proxy."""
    clock = FixedClock(datetime.now(UTC).replace(microsecond=0))
    limits = {"LIVE_STREAMS_MOST": "30", "LIVE_STREAMS_OF_ADDRESS": "20"}
    with databases.one() as url:
        world = build(Database(url, clock), clock)
        world.pot(100_000_00)
        world.db.close()
        with serving(url, redis_server.url, servers_dir, TRUSTED_PROXIES="1", **limits) as running:
            running.world = world  # type: ignore[attr-defined]
            yield running


@pytest.mark.parametrize("path", ["/api/docs", "/api/openapi.json"])
def test_c3_the_description_is_made_once(world: World, database_url: str, path: str) -> None:
    client = application(database_url, world.deps).test_client()
    first = client.get(path)
    began = time.thread_time()
    again = client.get(path)
    took = time.thread_time() - began
    assert first.status_code == again.status_code == 200 and first.data == again.data
    assert first.headers["ETag"] == again.headers["ETag"] and took < 0.05
    known = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (known.status_code, known.data) == (304, b"")
    packed = client.get(path, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip" and packed.headers["Vary"] == "Accept-Encoding"
    assert gzip.decompress(packed.data) == first.data and len(packed.data) < len(first.data) / 5
    known = client.get(path, headers={"Accept-Encoding": "gzip", "If-None-Match": packed.headers["ETag"]})
    assert (known.status_code, known.data) == (304, b"") and packed.headers["ETag"] != first.headers["ETag"]


def test_c3_simultaneous_refusals_are_sent_at_different_times(
    http_client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wave of refusals would be followed by a wave of new connections, and each keeps everybody else waiting."""
    pauses: list[float] = []
    monkeypatch.setattr(doors, "MOST_DELAY_S", 0.0)
    monkeypatch.setattr("app.http.doors.time.sleep", pauses.append)
    statuses = [http_client.get("/readyz").status_code for _ in range(60)]
    assert statuses.count(429) == len(pauses) > 20
    assert min(pauses) < 0.8 < 1.2 < max(pauses) and len(set(pauses)) > 10


def test_c3_one_caller_makes_and_the_others_have_the_last_one() -> None:
    made: list[bytes] = []
    making, go_on = Event(), Event()

    def make() -> bytes:
        made.append(str(len(made) + 1).encode())
        making.set()
        assert go_on.wait(20)
        return made[-1]

    kept = MadeOnce(make, 3600)
    with ThreadPoolExecutor(10) as pool:
        callers = [pool.submit(kept.made) for _ in range(10)]
        go_on.set()
        assert {caller.result().body for caller in callers} == {b"1"}
        assert kept._made
        kept._made = kept._made._replace(at=kept._made.at - 3601)
        making.clear()
        go_on.clear()
        maker = pool.submit(kept.made)
        assert making.wait(20)
        assert {caller.body for caller in pool.map(lambda _: kept.made(), range(9))} == {b"1"}
        go_on.set()
        assert maker.result().body == kept.made().body == b"2"
    assert len(made) == 2


def test_c3_metrics_are_made_once_for_many_requests(
    world: World, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics, "KEEP_S", 0.5)
    client = application(database_url, world.deps).test_client()
    began = time.monotonic()
    pages = {client.get("/metrics").data for _ in range(20)}
    assert len(pages) <= 1 + (time.monotonic() - began) / metrics.KEEP_S  # each request counts one more
    time.sleep(metrics.KEEP_S + 0.1)
    assert client.get("/metrics").data not in pages


def test_c3_an_address_has_an_allowance() -> None:
    allowances = Allowances(10)
    delays = [allowances.delay_s("a", 1, 100.0) for _ in range(30)]
    assert delays[:5] == [0.0] * 5  # half a second's at once
    assert delays[5:25] == pytest.approx([number / 10 for number in range(1, 21)])  # then one after the other
    assert delays[25:] == [None] * 5
    assert allowances.delay_s("b", 1, 100.0) == 0.0
    assert allowances.delay_s("a", 1, 101.0) == pytest.approx(1.1)
    assert allowances.delay_s("a", 1, 160.0) == 0.0


def test_c3_addresses_that_are_known_do_not_grow_for_ever() -> None:
    allowances = Allowances(10)
    for number in range(25_000):
        allowances.delay_s(f"n{number}", 1, number / 100)
    assert len(allowances._turns) <= doors.MOST_KNOWN + 1


def test_c3_a_flood_is_refused_and_others_are_served(
    http_client: FlaskClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doors, "PAUSE_S", 0.0)
    monkeypatch.setattr(doors, "MOST_DELAY_S", 0.0)
    world.pot(1_000_00)
    api = Api(http_client, world)
    answers = [api.post("/donations", {}) for _ in range(20)]
    assert answers[0].status_code == 422 and {response.status_code for response in answers} == {422, 429}
    refused = problem(next(reply for reply in answers if reply.status_code == 429), 429, "rate_limited")
    assert refused["detail"]
    pages = (http_client.get("/readyz") for _ in range(1_000))
    page = next(page for page in pages if page.status_code == 429)
    assert "太频繁" in page.text and '<p lang="en">Too many requests' in page.text
    assert page.mimetype == "text/html" and "Retry-After" in page.headers
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")
    http_client.environ_base["HTTP_X_FORWARDED_FOR"] = "203.0.113.5"
    assert api.post("/donations", api.command()).status_code == 201


def test_c3_good_webhooks_are_never_counted_and_forged_ones_are(
    http_client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doors, "PAUSE_S", 0.0)
    statuses = [http_client.post("/webhooks/stripe", data=b"{}").status_code for _ in range(10)]
    assert statuses[0] in (400, 401) and statuses[-1] == 429


@pytest.mark.parametrize(
    ("address", "network", "tells"),
    [
        ("203.0.113.7", "203.0.113.7", True),
        ("2001:db8:0:7::1", "2001:db8:0:7::/64", True),
        ("::ffff:203.0.113.7", "203.0.113.7", True),
        ("127.0.0.1", "127.0.0.1", False),
        ("::1", "::1", False),
        ("", "", False),
        ("not:an:address", "not:an:address", False),
    ],
)
def test_c3_an_address_counts_as_its_network(address: str, network: str, tells: bool) -> None:
    assert network_of(address) == network
    assert tells_visitors_apart(network) is tells


def test_c3_a_sender_cannot_choose_its_address() -> None:
    environ = {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": "1.1.1.1, 2.2.2.2, 3.3.3.3"}
    assert client_address(environ, 0) == "10.0.0.1"
    assert client_address(environ, 1) == "3.3.3.3"
    assert client_address(environ, 2) == "2.2.2.2"
    assert client_address({"REMOTE_ADDR": "10.0.0.1"}, 1) == "10.0.0.1"


def stream(site: Site, address: str) -> http.client.HTTPConnection:
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=20)
    connection.request("GET", f"/api/v1/campaigns/{SLUG}/live", headers={"X-Forwarded-For": address})
    return connection


def answers_of(connections: list[http.client.HTTPConnection]) -> list[http.client.HTTPResponse]:
    """All answers, those that let in first: who asks at the same moment is served in any order."""
    return sorted((connection.getresponse() for connection in connections), key=lambda response: response.status)


def test_c3_live_streams_are_limited_by_address_and_in_all(site: Site) -> None:
    _visit_first(site)
    mine = [stream(site, STRANGER) for _ in range(25)]
    answers = answers_of(mine)
    assert [response.status for response in answers] == [200] * 20 + [429] * 5
    assert json.loads(answers[-1].read())["code"] == "too_many_streams"
    late = stream(site, STRANGER).getresponse()
    assert late.status == 429 and late.headers["Retry-After"] == "5", "refused in front of the application"
    refused = json.loads(late.read())
    assert (refused["code"], refused["most"]) == ("too_many_streams", 20) and "at most 20" in refused["detail"]
    others = [stream(site, f"203.0.113.{number}") for number in range(12)]
    answers = answers_of(others)
    assert [reply.status for reply in answers] == [200] * 10 + [503] * 2
    assert json.loads(answers[-1].read())["code"] == "streams_full"
    for connection in mine + others:
        connection.close()
    deadline = time.monotonic() + 40  # a stream notices at its next heartbeat that its reader is gone
    while stream(site, STRANGER).getresponse().status != 200:
        assert time.monotonic() < deadline
        time.sleep(1)


def _visit_first(site: Site) -> None:
    """Require that the first visitors take no time from others: what they need was made at the start of the
    worker (the description of the API, the mappers of all tables, the page of signing in)."""
    paths = ("/api/docs", "/api/openapi.json", f"/api/v1/campaigns/{SLUG}/totals", "/console/sign-in")
    before = cpu.seconds(site.child.pid)
    assert [site.get(path).status for path in paths] == [200] * 4
    assert cpu.seconds(site.child.pid) - before < 0.5, "it took 1.9 s when the first visitor had it made"


def test_c3_half_open_requests_hold_no_worker(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither headers that never end nor bodies that never come."""
    world: World = site.world  # type: ignore[attr-defined]
    body = gift(world)
    head = (
        f"POST /api/v1/donations HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: {STRANGER}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode()
    sockets = []
    for number in range(300):
        connection = socket.create_connection(("127.0.0.1", site.port), timeout=40)
        connection.sendall(head[:30] if number % 3 else head + body[:-10])
        sockets.append(connection)
    answers = [
        site.call("POST", "/api/v1/donations", gift(world), X_Forwarded_For="203.0.113.9") for _ in range(10)
    ]
    assert {response.status for response in answers} == {201}
    assert max(reply.seconds for reply in answers) < doors.BODY_S
    began = time.monotonic()
    slow = sockets[0]
    assert b" 408 " in slow.recv(1 << 16) or time.monotonic() - began < doors.BODY_S + 5
    for connection in sockets[1::3]:
        assert connection.recv(1 << 16) == b""  # closed, without an answer
    for connection in sockets:
        connection.close()


def test_c8_guessing_slows_down_one_address_and_locks_no_account(
    world: World, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without Redis: the right password waits at the address that guessed, and gets in from any other."""
    app: Flask = application(database_url, world.deps)
    world.do(create_manager, "boss", PASSWORD, "admin", "test")
    reader = Reader(app.test_client(), world)

    def sign_in(password: str, address: str, status: int) -> None:
        reader.http.environ_base["REMOTE_ADDR"] = address
        reader.open("/console/sign-in")
        reader.send("/console/sign-in", status, login="boss", password=password)

    for _ in range(TRIES):
        sign_in("wrong", "2001:db8:1:1::1", 401)
    sign_in(PASSWORD, "2001:db8:1:1::2", 429)
    sign_in(PASSWORD, "2001:db8:1:2::1", 200)
