"""Page views per second while donors give: shared pages beside `/healthz` of the same server, and a whole crowd."""

import random
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from statistics import median
from threading import Event, Thread

from app.live.publish import publish
from bench import cpu, day
from bench.giving import REAL, hall
from bench.house import House, Served
from bench.load import Run, get, post
from bench.result import Result
from campaigns.dependencies import Dependencies
from campaigns.intake.process import process_inbox
from payments.inbox.inbox import store

CLIENTS = 8
BASE = "/healthz"
PACE = 50  # donations processed per second
BATCHES = 5  # per second
VIEWS = 50  # page views per donation
WARM_S = 1.0
QUIET_S = 3.0
SHARE = 0.2  # most transactions per view, beside those of the clock; if views of one of four pages took one: 0.25
SETTLED_S = 2.0  # until PostgreSQL has counted what idle connections did


def pages(project: int) -> dict[str, str]:
    """Return the measured pages of the hot campaign: name of the result -> path."""
    return {
        "event_page": f"/c/{day.SLUG}",
        "project_page": f"/c/{day.SLUG}/p/{project}",
        "standings": f"/c/{day.SLUG}/standings",
        "totals": f"/api/v1/campaigns/{day.SLUG}/totals",
    }


def reading(house: House, seconds: float = 2.0, rounds: int = 5) -> list[Result]:
    """Measure pages per second while 50 donations per second are processed. Raises Broken when readers reach the
    database."""
    url = house.database()
    deps = house.deps(url)
    try:
        named = pages(day.projects(deps)[0])
        paths = (BASE, *named.values())
        pledged = day.pledge(deps, int(PACE * (len(paths) * (seconds * rounds + 1.0) + 20)))
        with house.serve(url, "wsgi:app") as served:
            rates: dict[str, list[float]] = {path: [] for path in paths}
            with _settling(house, deps, pledged):
                for path in paths:
                    ask(house, served, path, min(WARM_S, seconds))
                spent = views = 0.0
                for _ in range(rounds):
                    for path, measured in rates.items():
                        before = cpu.seconds(served.child.pid)
                        run = ask(house, served, path, seconds)
                        measured.append(run.per_second)
                        if path == named["event_page"]:
                            spent += cpu.seconds(served.child.pid) - before
                            views += len(run.latencies)
            quiet = _quiet(house, served, deps, paths[1:], min(QUIET_S, 6 * seconds))
            note = f"/healthz; {PACE} donations/s settled meanwhile; {quiet}"
    finally:
        deps.db.close()
    base = median(rates[BASE])
    rows = [Result(n, median(rates[p]), "requests/s", base, 0.7, "ratio", note) for n, p in named.items()]
    return [rows[0]._replace(costs={"page": 1e6 * spent / views}), *rows[1:]]


def ask(house: House, served: Served, path: str, seconds: float, clients: int = CLIENTS, **headers: str) -> Run:
    """Request one path for some seconds. Raises Broken unless every response was 200."""
    run = house.loader.run(served.port, [get(path, **headers)] * int(8_000 * seconds), clients, seconds)
    if set(run.statuses) != {200}:
        raise day.Broken(f"{path} answered {run.statuses}")
    return run


@contextmanager
def _settling(house: House, deps: Dependencies, pledged: Sequence[object]) -> Iterator[None]:
    """Process payments at a steady pace, as the scheduler does. Raises the errors of that thread."""
    over, faults = Event(), list[BaseException]()

    def settle() -> None:
        try:
            size = PACE // BATCHES
            for start in range(0, len(pledged), size):
                began = time.monotonic()
                now = datetime.now(UTC)
                with deps.db.transaction() as tx:
                    store(
                        tx, deps.keys, [day.paid_event(donation, now) for donation in pledged[start : start + size]]
                    )  # type: ignore[arg-type]
                process_inbox(deps, changed=lambda campaigns: publish(campaigns, house.redis.url))
                if over.wait(max(1 / BATCHES - (time.monotonic() - began), 0)):
                    return
            raise day.Broken("too few donations were pledged")
        except BaseException as fault:
            faults.append(fault)

    thread = Thread(target=settle, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    if faults:
        raise faults[0]


def _quiet(house: House, served: Served, deps: Dependencies, paths: Sequence[str], seconds: float) -> str:
    """Read pages while nothing changes, and check that views take no transactions; only checks and maintenance
    do, by the clock, however many views there are."""
    first, began = _transactions(deps), time.monotonic()
    before, read_from = _transactions(deps), time.monotonic()
    per_second = (before - first) / (read_from - began)
    views = sum(len(ask(house, served, path, seconds / len(paths)).latencies) for path in paths)
    taken = _transactions(deps) - before
    by_clock = per_second * (time.monotonic() - read_from)
    if taken - by_clock > SHARE * views:
        raise day.Broken(f"{views} pages took {taken} transactions, {by_clock:.0f} of them by the clock")
    return f"then, nothing settled, {views:,} pages with {taken} transactions (looks and maintenance)"


def _transactions(deps: Dependencies) -> int:
    """Return the number of transactions of the database so far, without the one of this query."""
    time.sleep(SETTLED_S)
    with deps.db.transaction() as tx:
        return int(tx.scalar("SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"))


def crowd(house: House, seconds: float = 3.0, rounds: int = 5) -> list[Result]:
    """Send fifty page views per donation: every page in both languages, with real giving among them."""
    with hall(house) as giving_hall:
        base: list[float] = []
        mixed: list[float] = []
        for warm in (True, *[False] * rounds):
            alone = ask(house, giving_hall.served, BASE, min(WARM_S, seconds) if warm else seconds, 32)
            requests = list(_crowd(giving_hall.projects, int(seconds * 5_000)))
            run = house.loader.run(giving_hall.served.port, requests, 32, seconds)
            if set(run.statuses) != {200, 201}:
                raise day.Broken(f"the crowd was answered {run.statuses}")
            giving_hall.acknowledged += run.statuses[201]
            if not warm:
                base.append(alone.per_second)
                mixed.append(run.per_second)
    note = f"/healthz; {VIEWS} views of {len(giving_hall.projects) + 5} pages to one donation, 32 clients"
    return [Result("crowd", median(mixed), "requests/s", median(base), 0.5, "ratio", note)]


def _crowd(projects: Sequence[int], count: int) -> Iterator[bytes]:
    """Yield requests as a crowd sends them: from browsers that accept gzip, one in ten of which reads English."""
    chance = random.Random(9)
    named = pages(0)
    bodies = day.bodies(projects, count // VIEWS + 1)
    for index in range(count):
        if index % (VIEWS + 1) == VIEWS // 2:  # within the first requests, however short the run is
            yield post(REAL, next(bodies))
            continue
        kind = chance.choices(("event_page", "project_page", "standings", "totals", "home"), (40, 35, 10, 10, 5))[0]
        project = chance.choice(projects)
        path = {**named, "home": "/", "project_page": pages(project)["project_page"]}[kind]
        language = {"Cookie": "lang=en"} if chance.random() < 0.1 else {}
        yield get(path, Accept_Encoding="gzip, br", **language)
