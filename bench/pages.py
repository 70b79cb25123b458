"""How soon 2,000 open pages, and 10,000, see that the totals changed."""

import re
import time
from datetime import UTC, datetime
from http.client import HTTPConnection
from multiprocessing import get_context
from statistics import median
from urllib.parse import urlencode

from app.live.publish import publish
from bench import day
from bench.house import House
from bench.listeners import listen
from bench.result import Result
from campaigns.dependencies import Dependencies
from campaigns.intake.process import process_inbox
from payments.inbox.inbox import store

LISTENERS = 2_000
MANY = 10_000
PATIENCE_S = 120.0


def sign_in(port: int, login: str, password: str) -> str:
    """Sign in as a browser does, and return the session's cookie."""
    connection = HTTPConnection("127.0.0.1", port, timeout=120)
    connection.request("GET", "/console/sign-in")
    page = connection.getresponse()
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.read().decode())
    assert token, "the form has no token"
    cookie = _cookie(page.headers.get_all("Set-Cookie"))
    form = urlencode({"csrf_token": token[1], "login": login, "password": password})
    headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/console/sign-in", form, headers)
    response = connection.getresponse()
    if response.status != 303:
        raise day.Broken(f"signing in was answered with {response.status}")
    response.read()
    connection.close()
    return _cookie(response.headers.get_all("Set-Cookie"))


def _cookie(lines: list[str] | None) -> str:
    return "; ".join(line.partition(";")[0] for line in lines or [] if line.startswith("beishan="))


def live_many(house: House) -> list[Result]:
    """Run `live` with five times as many pages as one process accepts unless LIVE_STREAMS_MOST is higher."""
    return live(house, MANY, 3)


def live(house: House, listeners: int = LISTENERS, rounds: int = 5) -> list[Result]:
    """Measure how long after the commit of a payment 99 % of the open pages have received the new totals."""
    url = house.database()
    deps = house.deps(url)
    here, there = get_context("spawn").Pipe()
    try:
        pledged = day.pledge(deps, rounds)
        with house.serve(url, "wsgi:app", **_room_for(listeners)) as served:
            path = f"/api/v1/campaigns/{day.SLUG}/live"
            pages = get_context("spawn").Process(target=listen, args=(there, served.port, path, listeners))
            pages.start()
            try:
                _next(here)
                delays = [delay for donation_id in pledged for delay in _move(house, deps, donation_id, here)]
                used_mb = served.peak_mb
            finally:
                pages.kill()
                pages.join(PATIENCE_S)
    finally:
        deps.db.close()
    delays.sort()
    name = f"live_{listeners}_p99"
    took = f"from the commit to the page; server {used_mb:.0f} MB; baseline: the median page"
    note = f"{listeners:,} server-sent streams; {took}"
    return [Result(name, 1000 * delays[int(0.99 * len(delays))], "ms", 1000 * median(delays), note=note)]


def _room_for(listeners: int) -> dict[str, str]:
    """Return settings with which one process accepts this many streams, all from this machine."""
    if listeners <= LISTENERS:
        return {}
    return {"LIVE_STREAMS_MOST": str(listeners), "LIVE_STREAMS_OF_ADDRESS": str(listeners)}


def _move(house: House, deps: Dependencies, donation: object, pipe: object) -> list[float]:
    """Process one payment, and return how long after its commit each page received it, in seconds."""
    time.sleep(0.5)  # a bell that has just rung waits a moment; let the pages be at rest when this one rings
    with deps.db.transaction() as tx:
        store(tx, deps.keys, [day.paid_event(donation, datetime.now(UTC))])  # type: ignore[arg-type]
    committed: list[float] = []

    def tell(campaigns: set[int]) -> None:
        committed.append(time.monotonic())
        publish(campaigns, house.redis.url)

    process_inbox(deps, changed=tell)
    return [heard - committed[0] for heard in _next(pipe)]


def _next(pipe: object) -> list[float]:
    """Return the next message of the pages' process. Raises Broken when none comes."""
    if not pipe.poll(PATIENCE_S):  # type: ignore[attr-defined]
        raise day.Broken(f"not all pages heard of it within {PATIENCE_S} s")
    return pipe.recv()  # type: ignore[attr-defined, no-any-return]
