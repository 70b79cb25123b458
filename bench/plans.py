"""Whether jobs and console pages are as fast on tables that were never analysed as on analysed ones.

Measures the processor time of all processes, including the database, which hardly depends on other load of the
machine.
"""

import os
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from http.client import HTTPConnection
from typing import NamedTuple

import config
from app.demo.seed import seed
from app.factory import create_app
from app.jobs.registry import JOBS
from app.jobs.scheduler import collect_rarely
from bench import closing, cpu, day, pages, rush
from bench.house import STRIPE_KEY, House
from bench.result import Result
from campaigns.dependencies import Dependencies
from campaigns.projects.spelling import spelled
from kernel.clock import FixedClock

DONATIONS = 100_000
REQUESTS = 5
LEAST_S = 0.1  # anything below this, cold or warm, is fast enough
UNMEASURED = {"analyse"}  # it would analyse the cold tables
# Jobs for which this campaign has nothing to do, or a handful of rows. They share one pair of copies, because
# copying a hundred thousand donations takes longer than they do.
SMALL = {
    *(
        "allot",
        "approvals",
        "challenges",
        "exports",
        "fetch-bills",
        "forget-access",
        "imports",
        "monthly",
        "pictures",
    ),
    *("refunds", "rehearsal", "replies", "restore", "tell-partners"),
}
# The parameters of addresses, and how to find one of each. Of a choice (`any(pause, resume)`) the first is taken.
# Pages of things that the campaign does not have are left out.
PARTS = {
    "slug": f"SELECT '{day.SLUG}'",
    "donation_id": "SELECT id FROM donation ORDER BY id LIMIT 1",
    "pot_id": "SELECT max(id) FROM pot",
}
_FILES = (":file_format>", ".pdf")
_PART = re.compile(r"<(?:any\('?(?P<first>[\w-]+)[^<>]*:|[^<>]*:)?(?P<name>\w+)>")


class Cost(NamedTuple):
    """Processor seconds of a job or page, without and with statistics."""

    name: str
    cold_s: float
    warm_s: float

    @property
    def ratio(self) -> float:
        return max(self.cold_s, LEAST_S) / max(self.warm_s, LEAST_S)

    def __str__(self) -> str:
        return f"{self.name} {self.ratio:.2g} ({1000 * self.cold_s:,.0f} : {1000 * self.warm_s:,.0f} ms)"


def run(
    house: House, donations: int = DONATIONS, requests: int = REQUESTS, only: Collection[str] = ()
) -> list[Result]:
    """Run every job and request every console page on two copies of the same database, one cold and one warm.
    `only` limits it to these jobs and addresses, for a quick check."""
    collect_rarely()
    spelled("善")  # loads a dictionary, once per process, which has nothing to do with statistics
    url = house.database()
    rush.forget_statistics(url)
    deps = house.deps(url)
    gifts = rush.pledge(deps, donations)
    paid = gifts[: -donations // 20]  # the others expire
    rush.report_payments(deps, paid)
    deps.db.close()
    costs = _jobs(house, url, ["process-inbox"])
    deps = house.deps(url)
    JOBS["process-inbox"].work(deps)
    deps.db.close()
    chosen = set(only or JOBS) - UNMEASURED - {"process-inbox"}
    together = [name for name in JOBS if name in chosen & SMALL]
    for names in (together, *([name] for name in JOBS if name in chosen - SMALL)):
        costs += _jobs(house, url, names, paid)
    if not only or any(name.startswith("/") for name in only):
        costs += _console(house, url, requests, only)
    costs.sort(key=lambda cost: -cost.ratio)
    note = f"processor time at {donations:,} donations, statistics absent over fresh; {', '.join(map(str, costs))}"
    return [Result("cold_over_warm", costs[0].ratio, "times", None, 2.0, "most", note)]


def _jobs(house: House, url: str, names: Sequence[str], paid: Sequence[rush.Gift] = ()) -> list[Cost]:
    """Run jobs one after the other, on a cold copy and on a warm one."""
    if not names:
        return []
    busy: dict[str, list[float]] = {name: [] for name in names}
    for make_warm in (False, True):
        copy = house.copy(url)
        if make_warm:
            rush.analyse(copy)
        deps = house.deps(copy)
        rush.checkpoint(copy)
        for name in names:
            before = cpu.seconds(os.getpid())
            _work(name, deps, paid)
            busy[name].append(cpu.seconds(os.getpid()) - before)
        deps.db.close()
        house.drop(copy)
    return [Cost(name, *both) for name, both in busy.items()]


def _work(name: str, deps: Dependencies, paid: Sequence[rush.Gift]) -> None:
    """Run a job at a time at which it has something to do, with the provider's statement at hand."""
    gateway = closing.Statement(STRIPE_KEY, None, ("card",))
    gateway.charges = {gift.id: gift.amount_minor for gift in paid}
    deps = replace(deps, gateway=gateway)
    if name == "close":
        for at, phase in closing.times(deps):
            closing.close_phase(deps, at, phase)
        return
    with deps.db.transaction() as tx:
        later = FixedClock(tx.now + timedelta(hours=2))
    JOBS[name].work(deps.at(later) if name == "expire" else deps)


def _console(house: House, url: str, requests: int, only: Collection[str]) -> list[Cost]:
    """Request every page of the console, alternately on a cold copy and on a warm one."""
    cold, warm = house.copy(url), house.copy(url)
    rush.analyse(warm)
    with ExitStack() as stack:
        askers = []
        for copy in (cold, warm):
            deps = house.deps(copy)
            stack.callback(deps.db.close)
            seeded = seed(deps)
            paths = [path for path in addresses(house, deps, copy) if not only or path in only]
            served = stack.enter_context(house.serve(copy, "wsgi:app"))
            cookie = pages.sign_in(served.port, seeded.login, seeded.password)
            askers.append(_asker(served.port, cookie, requests))
        return [Cost(path, *(ask(path) for ask in askers)) for path in paths]


def addresses(house: House, deps: Dependencies, url: str) -> Iterator[str]:
    """Yield the addresses of all console pages that exist for the measured campaign."""
    app = create_app(config.load(house.env(url)), deps)
    with deps.db.transaction() as tx:
        parts = {name: str(tx.scalar(sql)) for name, sql in PARTS.items()}
    for rule in app.url_map.iter_rules():
        # The page that accepts an invitation exists only for an invited manager.
        shown = (
            rule.rule.startswith("/console") and "GET" in (rule.methods or ()) and rule.endpoint != "console.join"
        )
        if shown and (address := address_of(rule.rule, parts)):
            yield address


def address_of(rule: str, parts: Mapping[str, str]) -> str:
    """Return an address of a route; '' if a parameter is not among `parts` and is no choice, and for a file, which
    is no page."""
    if rule.endswith(_FILES):
        return ""
    names = {part["name"] for part in _PART.finditer(rule) if not part["first"]}
    return _PART.sub(lambda part: part["first"] or parts[part["name"]], rule) if names <= set(parts) else ""


def _asker(port: int, cookie: str, requests: int) -> Callable[[str], float]:
    """Return a function that requests a page once to warm up and `requests` more times, and returns the processor
    seconds per response."""

    def ask(address: str) -> float:
        busy = 0.0
        for turn in range(requests + 1):
            before = cpu.seconds(os.getpid())
            connection = HTTPConnection("127.0.0.1", port, timeout=120)
            connection.request("GET", address, headers={"Cookie": cookie})
            response = connection.getresponse()
            response.read()
            connection.close()
            if response.status not in (200, 303):
                raise day.Broken(f"{address} answered {response.status}")
            busy += (cpu.seconds(os.getpid()) - before) if turn else 0.0  # the first one warms up
        return busy / requests

    return ask
