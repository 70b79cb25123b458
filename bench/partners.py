"""A partner platform pushes signed events, one or a batch: time until they are stored, and until they are
processed."""

import json
import os
import random
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from statistics import median
from typing import NamedTuple
from uuid import uuid4

from standardwebhooks import Webhook

from app.demo.seed import PARTNER
from bench import cpu, day
from bench.donors import DONATIONS_S, donors
from bench.house import House, Served
from bench.load import Run, post
from bench.result import Result
from campaigns.check import check_books
from campaigns.dependencies import Dependencies
from payments.partners.partner_secrets import secret_of

BATCH = 1_000
REAL, PLAIN = f"/webhooks/partners/{PARTNER}", "/webhooks/bench-partner"
SETTLED_WITHIN_S = 240.0
CONNECTIONS = 4


class Platform:
    """Creates signed requests as a platform would."""

    def __init__(self, deps: Dependencies) -> None:
        self.deps = deps
        with deps.db.transaction() as tx:
            self.secret = secret_of(tx, deps.keys, PARTNER)
            ids = day.projects(deps)
            rows = tx.rows("SELECT code FROM project WHERE id = ANY(:ids) ORDER BY id", ids=ids)
        self.codes = [row[0] for row in rows]

    def request(self, path: str, count: int) -> bytes:
        """Return a POST with `count` new events (a single event without a list), signed now."""
        return self.signed(path, list(self.events(count)))

    def signed(self, path: str, events: Sequence[dict[str, object]]) -> bytes:
        """Return a POST with these events, signed now."""
        body = json.dumps(events[0] if len(events) == 1 else {"events": events}).encode()
        id_, now = f"msg_{uuid4().hex}", datetime.now(UTC)
        signature = Webhook(self.secret).sign(id_, now, body.decode())
        stamp = str(int(now.timestamp()))
        return post(path, body, webhook_id=id_, webhook_timestamp=stamp, webhook_signature=signature)

    def events(self, count: int) -> Iterator[dict[str, object]]:
        """Yield payments of new donations."""
        at = datetime.now(UTC).isoformat()
        for index in range(count):
            key = uuid4().hex
            yield {
                "type": "donation.paid",
                "id": f"paid-{key}",
                "occurred_at": at,
                "data": {
                    "donation_id": key,
                    "project_code": self.codes[index % len(self.codes)],
                    "amount_minor": day.GIFT_MINOR,
                    "currency": "CNY",
                    "paid_at": at,
                    "donor": {"key": f"donor-{int(key[:8], 16) % day.DONORS}", "name": "某某"},
                },
            }


class Stage(NamedTuple):
    """A platform, the server that it sends to, and the database of that server."""

    house: House
    url: str
    deps: Dependencies
    platform: Platform
    served: Served

    def push(self, path: str, size: int, requests: int, clients: int) -> Run:
        """Send requests of `size` new events each."""
        return self.send(path, [self.platform.request(path, size) for _ in range(requests)], clients)

    def send(self, path: str, requests: Sequence[bytes], clients: int) -> Run:
        """Send requests. Raises Broken unless each was accepted."""
        run = self.house.loader.run(self.served.port, requests, clients, 120.0)
        if run.statuses != {202: len(requests)}:
            tail = self.served.child.log_tail(5)
            raise day.Broken(f"{path} answered {run.statuses}; the server says:\n{tail}")
        return run

    @contextmanager
    def jobs(self) -> Iterator[None]:
        """Run the scheduler and its inbox worker, as `make run` starts them."""
        with self.house.scheduler(self.url), self.house.scheduler(self.url, "process-inbox"):
            wait_settled(self.deps)
            yield

    def settled(self, requests: Sequence[bytes], clients: int) -> float:
        """Return the seconds until these requests are accepted and all their events are processed."""
        began = time.monotonic()
        self.send(REAL, requests, clients)
        wait_settled(self.deps)
        return time.monotonic() - began


@contextmanager
def stage(house: House) -> Iterator[Stage]:
    url = house.database()
    deps = house.deps(url)
    try:
        platform = Platform(deps)
        with house.serve(url, BENCH_PARTNER_SECRET=platform.secret) as served:
            yield Stage(house, url, deps, platform, served)
    finally:
        deps.db.close()


def batches(house: House, rounds: int = 5, each: int = 4, size: int = BATCH) -> list[Result]:
    """Measure batches of 1,000 until 202, and with the jobs running until all are processed; donors give
    meanwhile."""
    whole = 8 * each
    with stage(house) as at:
        at.push(PLAIN, size, 1, 1)
        with donors(at.served.port, day.projects(at.deps)) as giving:
            taken, checked = [], []
            for _ in range(rounds):
                taken.append(size * at.push(REAL, size, each, 2).per_second)
                checked.append(size * at.push(PLAIN, size, each, 2).per_second)
            with at.jobs():
                before = _processor_s(house)
                took = at.settled([at.platform.request(REAL, size) for _ in range(whole)], 2)
                cost_us = (_processor_s(house) - before) / (whole * size) * 1e6
        _prove(at.deps, (rounds * each + whole) * size)
    beside = f"while 32 clients give {DONATIONS_S} donations a second (95 of 100 within {giving.p95_ms:.0f} ms)"
    note = f"the same server checks signature and content of the same batches and stores nothing; {beside}"
    settled = f"until stored; the rest is the scheduler and its inbox worker; {whole * size:,} events, {beside}"
    return [
        Result("partner_batch_intake", median(taken), "events/s", median(checked), 20_000, note=note),
        Result(
            "partner_batch_settled",
            whole * size / took,
            "events/s",
            median(taken),
            8_000,
            note=settled,
            costs={"partner event": cost_us},
        ),
    ]


def shuffled(house: House, count: int = 8, size: int = BATCH) -> list[Result]:
    """Compare events that come three times under new ids, shuffled, over four connections, with as many in
    order."""
    rng = random.Random(1)
    with stage(house) as at, at.jobs():
        platform = at.platform
        in_order = at.settled([platform.request(REAL, size) for _ in range(3 * count)], CONNECTIONS)
        events = [
            event | {"id": f"{event['id']}-{turn}"} for event in platform.events(count * size) for turn in "abc"
        ]
        rng.shuffle(events)
        mixed = [platform.signed(REAL, events[start : start + size]) for start in range(0, len(events), size)]
        took = at.settled(mixed, CONNECTIONS)
        _prove(at.deps, 4 * count * size)
        with at.deps.db.transaction() as tx:
            deadlocks = tx.scalar("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    if deadlocks:
        raise day.Broken(f"{deadlocks} deadlocks")
    sent = 3 * count * size
    note = f"{sent:,} events of as many donations in order; {CONNECTIONS} connections, until settled; no deadlock"
    return [Result("partner_shuffled", sent / took, "events/s", sent / in_order, 0.6, "ratio", note)]


def single(house: House, rounds: int = 3, each: int = 600) -> list[Result]:
    """Measure one event per request, over 8 connections."""
    with stage(house) as at:
        for path in (REAL, PLAIN):
            at.push(path, 1, each // 4 or 1, 8)
        taken, checked = [], []
        for _ in range(rounds):
            taken.append(at.push(REAL, 1, each, 8).per_second)
            checked.append(at.push(PLAIN, 1, each, 8).per_second)
    note = "the same server checks signature and content of the same events and stores nothing"
    return [Result("partner_single", median(taken), "events/s", median(checked), 0.5, "ratio", note)]


def _processor_s(house: House) -> float:
    """Return the processor seconds of everything except the load generator."""
    return cpu.seconds(os.getpid()) - cpu.seconds(house.loader.pid)


def wait_settled(deps: Dependencies) -> None:
    """Wait until nothing is due in the inbox. Raises Broken when that takes minutes."""
    ends = time.monotonic() + SETTLED_WITHIN_S
    while _due(deps):
        if time.monotonic() > ends:
            raise day.Broken("the inbox is not worked off")
        time.sleep(0.05)


def _due(deps: Dependencies) -> bool:
    with deps.db.transaction() as tx:
        return bool(tx.scalar("SELECT EXISTS (SELECT FROM inbox_work WHERE state = 'new')"))


def _prove(deps: Dependencies, events: int) -> None:
    """Check that every event became a paid donation and that the books hold. Raises Broken."""
    with deps.db.snapshot() as tx:
        paid = tx.scalar("SELECT count(*) FROM donation WHERE channel = 'partner' AND status = 'paid'")
        faults = check_books(tx)
    if paid != events or faults:
        raise day.Broken(f"{paid} of {events} events are paid donations; {faults[:3]}")
