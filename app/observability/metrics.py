"""`/metrics` for Prometheus. Business figures are read from the database at each scrape, so that every process
reports the same; figures of this process's own requests have the label `pid`."""

import os
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime
from typing import Any, Protocol

from flask import Flask, Response, g, request
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from sqlalchemy.exc import SQLAlchemyError

from app.current import deps
from app.http import access
from app.http.made_once import MadeOnce
from app.http.request_id import MAKING
from app.observability.lines import Lost
from campaigns.closing.check import open_items
from campaigns.closing.reconciliation.bookings import positions
from campaigns.desks import payment_desk
from campaigns.donations.export import count_by_status
from campaigns.intake.door_events import open_by_partner
from campaigns.partner_alarms import partner_alarms
from kernel.db import Tx
from ledger.chart import AccountKind
from ledger.statements import all_pot_balances
from payments.inbox.inbox_figures import count_by_state, oldest_due_s


class JobRun(Protocol):
    """The fields of a job's last run that the metrics read."""

    @property
    def finished_at(self) -> datetime | None: ...

    @property
    def failures(self) -> int: ...

    @property
    def counts(self) -> Mapping[str, int]: ...


# Counts a finished request: method, endpoint, status, seconds.
CountRequest = Callable[[str, str, int, float], None]
LastRuns = Callable[[Tx], Mapping[str, JobRun]]

KEEP_S = 5.0  # the page, some twenty statements, is created at most once per this time; scrapes are rarer
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

# Values of the label `state` for match money in a pot.
_POT_STATES = {
    AccountKind.POT_FREE: "free",
    AccountKind.POT_RESERVED: "reserved",
    AccountKind.POT_HELD: "held",
    AccountKind.POT_CAPTURED: "captured",
    AccountKind.POT_RELEASED: "released",
}


def attach(app: Flask, jobs: Collection[str], last_runs: LastRuns) -> None:
    """Count requests, and serve `/metrics`. `last_runs` reads the record of the jobs from the database."""
    disable_created_metrics()  # type: ignore[no-untyped-call]
    registry = CollectorRegistry()
    labels = ("pid", "method", "endpoint")
    count = Counter("beishan_http_requests", "Requests answered", (*labels, "status"), registry=registry)
    took = Histogram("beishan_http_seconds", "Time to answer", labels, registry=registry, buckets=_BUCKETS)
    registry.register(_Business(app, jobs, last_runs))
    pid = str(os.getpid())
    counters: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def count_request(method: str, endpoint: str, status: int, seconds: float) -> None:
        # The endpoint's name, never the address, because strangers could create endless series of addresses.
        pair = counters.get((method, endpoint, status))
        if pair is None:
            pair = count.labels(pid, method, endpoint, str(status)), took.labels(pid, method, endpoint)
            counters[method, endpoint, status] = pair
        pair[0].inc()
        pair[1].observe(seconds)

    app.extensions["count_request"] = count_request

    @app.after_request
    def counted(response: Response) -> Response:
        if MAKING not in request.environ:
            method = request.method if request.url_rule else "any"
            seconds = time.monotonic() - g.get("began", time.monotonic())
            count_request(method, request.endpoint or "none", response.status_code, seconds)
        return response

    page = MadeOnce(lambda: generate_latest(registry), KEEP_S)

    @app.get("/metrics")
    @access.monitoring
    def metrics() -> Response:
        return Response(page.made().body, content_type=CONTENT_TYPE_LATEST)


class _Business:
    """The figures from the database. If it cannot be read, only its status and the lost log lines are reported."""

    def __init__(self, app: Flask, jobs: Collection[str], last_runs: LastRuns) -> None:
        self._app = app
        self._jobs = jobs
        self._last_runs = last_runs

    def describe(self) -> list[Any]:
        """Describe nothing at registration, so that the database is queried only at a scrape."""
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        try:
            with deps(self._app).db.snapshot() as tx:
                tx.run("SET LOCAL statement_timeout = 5000")
                gauges = [
                    _donations(tx),
                    _desk(tx),
                    *_money(tx),
                    *_inbox(tx),
                    *_partners(tx),
                    _pots(tx),
                    *_jobs(tx, self._jobs, self._last_runs(tx)),
                ]
        except SQLAlchemyError:
            gauges = []
        yield _gauge("beishan_database_up", "1 when the database answers", (), [(int(bool(gauges)),)])
        yield _gauge("beishan_log_lines_lost", "Log lines that could not be written", (), [(Lost.count,)])
        yield from gauges


def _donations(tx: Tx) -> GaugeMetricFamily:
    return _gauge("beishan_donations", "Donations by status", ("status",), count_by_status(tx).items())


def _desk(tx: Tx) -> GaugeMetricFamily:
    about = "Payments that are not what was asked, by state"
    return _gauge("beishan_payment_exceptions", about, ("state",), payment_desk.count_by_state(tx).items())


def _money(tx: Tx) -> Iterator[GaugeMetricFamily]:
    waiting = open_items(tx)
    kinds = {"differences": waiting.differences, "payments": waiting.payments, "messages": waiting.messages}
    yield _gauge("beishan_open_items", "What waits for a person", ("kind",), kinds.items())
    rows = [(row.provider, row.currency, row.suspense_minor) for row in positions(tx)]
    about = "Differences to statements that were signed off, in fen; negative: the provider holds less"
    yield _gauge("beishan_suspense_minor", about, ("provider", "currency"), rows)


def _inbox(tx: Tx) -> Iterator[GaugeMetricFamily]:
    yield _gauge("beishan_inbox_events", "Messages from outside by state", ("state",), count_by_state(tx).items())
    about = "Age of the oldest message that is not processed"
    yield _gauge("beishan_inbox_oldest_due_seconds", about, (), [(oldest_due_s(tx),)])


def _partners(tx: Tx) -> Iterator[GaugeMetricFamily]:
    counts = [(*key, events) for key, events in open_by_partner(tx).items()]
    yield _gauge("beishan_partner_open_events", "Events of platforms that are open", ("partner", "state"), counts)
    about = "Platforms that somebody should call, and the events that it is about (at least 1)"
    alarms = [(alarm.partner, alarm.kind.value, max(alarm.pieces, 1)) for alarm in partner_alarms(tx)]
    yield _gauge("beishan_partner_alarm", about, ("partner", "kind"), alarms)


def _pots(tx: Tx) -> GaugeMetricFamily:
    balances = all_pot_balances(tx)
    rows = [(str(pot_id), _POT_STATES[kind], balance) for (pot_id, kind), balance in balances.items()]
    about = "Match money in fen by pot and what it is: " + ", ".join(_POT_STATES.values())
    return _gauge("beishan_pot_minor", about, ("pot", "state"), rows)


def _jobs(tx: Tx, jobs: Collection[str], runs: Mapping[str, JobRun]) -> Iterator[GaugeMetricFamily]:
    """Yield the time since each job finished, its number of failures, and the faults that the last check found."""
    now = tx.scalar("SELECT clock_timestamp()")
    ages = [(n, (now - r.finished_at).total_seconds()) for n, r in runs.items() if r.finished_at and n in jobs]
    yield _gauge("beishan_job_finished_age_seconds", "Time since a job finished", ("job",), ages)
    failed = [(name, run.failures) for name, run in runs.items()]
    yield _gauge("beishan_job_failures", "Failures since the first start", ("job",), failed)
    checked = runs.get("check")
    if checked and "faults" in checked.counts:
        faults = checked.counts["faults"]
        yield _gauge("beishan_books_faults", "Broken promises found by the last check", (), [(faults,)])


def _gauge(name: str, about: str, labels: tuple[str, ...], rows: Any) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, about, labels=labels)
    for row in rows:
        family.add_metric([str(label) for label in row[:-1]], float(row[-1]))
    return family
