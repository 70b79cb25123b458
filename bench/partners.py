"""A partner platform pushes signed events, one or a batch: until they are stored, and until they are settled."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from statistics import median
from uuid import uuid4

from standardwebhooks import Webhook

from app.demo.seed import PARTNER
from bench import day
from bench.house import House, Served
from bench.load import Run, post
from bench.result import Result
from campaigns.check import check_books
from campaigns.dependencies import Dependencies
from payments.partners import secret_of

BATCH = 1_000
REAL, PLAIN = f"/webhooks/partners/{PARTNER}", "/webhooks/bench-partner"
SETTLED_WITHIN_S = 240.0


class Platform:
    """Makes signed requests as a platform would."""

    def __init__(self, deps: Dependencies) -> None:
        self.deps = deps
        with deps.db.transaction() as tx:
            self.secret = secret_of(tx, deps.keys, PARTNER)
            ids = day.projects(deps)
            rows = tx.rows("SELECT code FROM project WHERE id = ANY(:ids) ORDER BY id", ids=ids)
        self.codes = [row[0] for row in rows]

    def request(self, path: str, count: int) -> bytes:
        """One POST with `count` new events (a bare event when it is one), signed now."""
        events = list(self._events(count))
        body = json.dumps(events[0] if count == 1 else {"events": events}).encode()
        id_, now = f"msg_{uuid4().hex}", datetime.now(UTC)
        signature = Webhook(self.secret).sign(id_, now, body.decode())
        stamp = str(int(now.timestamp()))
        return post(path, body, webhook_id=id_, webhook_timestamp=stamp, webhook_signature=signature)

    def _events(self, count: int) -> Iterator[dict[str, object]]:
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


def batches(house: House, rounds: int = 5, each: int = 4, size: int = BATCH) -> list[Result]:
    """Batches of 1,000 until 202, and with the scheduler at work until everything is settled."""
    url = house.database()
    deps = house.deps(url)
    try:
        platform = Platform(deps)
        with house.serve(url, BENCH_PARTNER_SECRET=platform.secret) as served:
            _push(house, served, platform, PLAIN, size, 1, 1)
            taken, checked = [], []
            for _ in range(rounds):
                taken.append(size * _push(house, served, platform, REAL, size, each, 2).per_second)
                checked.append(size * _push(house, served, platform, PLAIN, size, each, 2).per_second)
            with house.scheduler(url):
                wait_settled(deps)
                began = time.monotonic()
                _push(house, served, platform, REAL, size, 2 * each, 2)
                wait_settled(deps)
                settled = 2 * each * size / (time.monotonic() - began)
        _prove(deps, (rounds + 2) * each * size)
    finally:
        deps.db.close()
    note = "the same server checks signature and content of the same batches and stores nothing"
    whole = "until stored; the rest waits for the scheduler, which looks every second"
    return [
        Result("partner_batch_intake", median(taken), "events/s", median(checked), note=note),
        Result("partner_batch_settled", settled, "events/s", median(taken), note=whole),
    ]


def single(house: House, rounds: int = 3, each: int = 300) -> list[Result]:
    """One event a request, 8 connections."""
    url = house.database()
    deps = house.deps(url)
    try:
        platform = Platform(deps)
        with house.serve(url, BENCH_PARTNER_SECRET=platform.secret) as served:
            taken, checked = [], []
            for _ in range(rounds):
                taken.append(_push(house, served, platform, REAL, 1, each, 8).per_second)
                checked.append(_push(house, served, platform, PLAIN, 1, each, 8).per_second)
    finally:
        deps.db.close()
    note = "the same server checks signature and content of the same events and stores nothing"
    return [Result("partner_single", median(taken), "events/s", median(checked), note=note)]


def _push(
    house: House, served: Served, platform: Platform, path: str, size: int, requests: int, clients: int
) -> Run:
    ready = [platform.request(path, size) for _ in range(requests)]
    run = house.loader.run(served.port, ready, clients, 60.0)
    if run.statuses != {202: requests}:
        raise day.Broken(f"{path} answered {run.statuses}; the server says:\n{served.child.log_tail(5)}")
    return run


def wait_settled(deps: Dependencies) -> None:
    """Until nothing is due in the inbox. Raises Broken when that takes minutes."""
    ends = time.monotonic() + SETTLED_WITHIN_S
    while _due(deps):
        if time.monotonic() > ends:
            raise day.Broken("the inbox is not worked off")
        time.sleep(0.05)


def _due(deps: Dependencies) -> bool:
    with deps.db.transaction() as tx:
        return bool(tx.scalar("SELECT EXISTS (SELECT FROM inbox_work WHERE state = 'new')"))


def _prove(deps: Dependencies, events: int) -> None:
    """Every event became a paid donation, and the books hold. Raises Broken."""
    with deps.db.snapshot() as tx:
        paid = tx.scalar("SELECT count(*) FROM donation WHERE channel = 'partner' AND status = 'paid'")
        faults = check_books(tx)
    if paid != events or faults:
        raise day.Broken(f"{paid} of {events} events are paid donations; {faults[:3]}")
