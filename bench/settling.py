"""Paid events per second from the inbox to captured match, postings and totals, processed by the same two processes
as in production: the scheduler and its inbox worker."""

import multiprocessing
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from statistics import median
from uuid import UUID

import config
from app.dependencies import make_dependencies
from app.jobs import registry
from app.jobs.runs import Unit
from app.jobs.scheduler import collect_rarely
from app.observability import logs
from bench import cpu, day
from bench.house import House
from bench.result import Result
from campaigns.dependencies import Dependencies
from payments.inbox.inbox import store
from payments.messages import Message

EVENTS = 100_000
SLICES = 5
STORE_BATCH = 500


def run(house: House, count: int = EVENTS) -> list[Result]:
    """Measure in slices: store events (the baseline), then process them with the scheduler's job in both
    processes."""
    collect_rarely()
    url = house.database()
    deps = house.deps(url)
    try:
        pledged = day.pledge(deps, count)
        stored: list[float] = []
        settled: list[float] = []
        busy = storing = 0.0
        with _telling_pages(house.redis.url), _inbox_worker(house.env(url)) as worker:
            for some in _chunks(pledged, -(-count // SLICES)):
                began = cpu.seconds(os.getpid())
                stored.append(fill(deps, some))
                before = cpu.seconds(os.getpid())
                settled.append(work_off(deps, worker, len(some)))
                busy += cpu.seconds(os.getpid()) - before
                storing += before - began
        day.prove(deps, count, captured=count)
    finally:
        deps.db.close()
    cost_us = busy / count * 1e6
    note = f"the same {count:,} rows stored in the inbox; settling cost {cost_us:.0f} processor us an event"
    costs = {"webhook": storing / count * 1e6 + cost_us}
    return [Result("settle", median(settled), "events/s", median(stored), 16_000, note=note, costs=costs)]


@contextmanager
def _inbox_worker(env: dict[str, str]) -> Iterator[Connection]:
    """Run a second process that runs the job on request, and returns the job's outcome."""
    context = multiprocessing.get_context("spawn")
    ours, its = context.Pipe()
    process = context.Process(target=_serve, args=(its, env), daemon=True)
    process.start()
    try:
        ours.recv()  # wait until it has started
        yield ours
    finally:
        ours.send(False)
        process.join(30)


def _serve(orders: Connection, env: dict[str, str]) -> None:
    os.environ.update(env)
    logs.configure("WARNING")
    deps = make_dependencies(config.load(env))
    collect_rarely()
    orders.send(registry.run("process-inbox", deps))
    while orders.recv():
        orders.send(registry.run("process-inbox", deps))
    deps.db.close()


@contextmanager
def _telling_pages(redis_url: str) -> Iterator[None]:
    """Let the job notify open pages over Redis, as in the scheduler, which has the address in its environment."""
    before = os.environ.get("REDIS_URL")
    os.environ["REDIS_URL"] = redis_url
    try:
        yield
    finally:
        if before is None:
            del os.environ["REDIS_URL"]
        else:
            os.environ["REDIS_URL"] = before


def fill(deps: Dependencies, donations: list[UUID]) -> float:
    """Store the provider's messages that these donations were paid. Return events per second."""
    now = datetime.now(UTC)
    ready: list[list[Message]] = [
        [day.paid_event(donation_id, now) for donation_id in some] for some in _chunks(donations, STORE_BATCH)
    ]
    began = time.perf_counter()
    for messages in ready:
        with deps.db.transaction() as tx:
            store(tx, deps.keys, messages)
    return len(donations) / (time.perf_counter() - began)


def work_off(deps: Dependencies, worker: Connection, count: int) -> float:
    """Run the job in both processes until the inbox is empty. Return events per second. Raises Broken when they
    processed another number of events."""
    began = time.perf_counter()
    worker.send(True)
    reports = (registry.run("process-inbox", deps), worker.recv())
    took = time.perf_counter() - began
    if sum(counts.get(Unit.EVENTS_PROCESSED, 0) for counts in reports) != count:
        raise day.Broken(f"the jobs settled {reports!r} of {count}")
    return count / took


def _chunks(donations: list[UUID], size: int) -> list[list[UUID]]:
    return [donations[start : start + size] for start in range(0, len(donations), size)]
