"""Work that must be done again and again: one table from a job's name to its interval and what it does.

Jobs may run beside themselves on several machines: each claims its work in the database.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

import structlog

from app.live.publish import publish
from campaigns.check import check_books
from campaigns.closing.challenges import challenges
from campaigns.closing.close import close
from campaigns.dependencies import Dependencies
from campaigns.donations import process as settling
from campaigns.donations.expire import expire
from campaigns.donations.refund import send_refunds
from campaigns.screening.screen import screen
from kernel.errors import NotFound

log = structlog.get_logger("jobs")

MOST_BATCHES = 100  # in one run, well within the time after which a process counts as dead


class Job(NamedTuple):
    """`every_s` seconds; `work` answers in words what it did, empty for nothing."""

    every_s: int
    work: Callable[[Dependencies], str]


class LastRun(NamedTuple):
    """What the database remembers of a job."""

    name: str
    started_at: datetime
    finished_at: datetime | None
    outcome: str
    runs: int
    failures: int


def _settle(deps: Dependencies) -> str:
    """Work off the inbox until less than a batch is left. A backlog is shared with whoever runs this job beside us:
    processes, not threads, since half of the work is Python's."""
    done = 0
    for _ in range(MOST_BATCHES):
        count = settling.process_inbox(deps, settling.BATCH, publish)
        done += count
        if count < settling.BATCH:
            break
    return _said(done, "events")


def _expire(deps: Dependencies) -> str:
    return _said(expire(deps), "lapsed")


def _refunds(deps: Dependencies) -> str:
    return _said(send_refunds(deps), "sent")


def _challenges(deps: Dependencies) -> str:
    return _said(challenges(deps), "unlocked")


def _screen(deps: Dependencies) -> str:
    return _said(screen(deps, publish), "cases opened")


def _close(deps: Dependencies) -> str:
    return _said(close(deps), "steps")


def _check(deps: Dependencies) -> str:
    """Faults in the books are shouted, never mended here."""
    with deps.db.snapshot() as tx:
        faults = check_books(tx)
    for fault in faults[:50]:
        log.error("books_fault", fault=fault)
    return f"{len(faults)} faults"


def _said(count: int, what: str) -> str:
    return f"{count} {what}" if count else ""


JOBS: dict[str, Job] = {
    "settle": Job(1, _settle),
    "expire": Job(5, _expire),
    "refunds": Job(5, _refunds),
    "challenges": Job(5, _challenges),
    "screen": Job(5, _screen),
    "close": Job(5, _close),
    "check": Job(600, _check),
}


def run(name: str, deps: Dependencies) -> str:
    """Run a job once and write down how it went; answers what it did.

    Raises NotFound `job_unknown`, and whatever the job raises, after writing it down.
    """
    if name not in JOBS:
        raise NotFound("job_unknown", jobs=", ".join(JOBS))
    _started(deps, name)
    try:
        outcome = JOBS[name].work(deps)
    except Exception as error:
        _finished(deps, name, f"failed: {type(error).__name__}", failed=True)
        raise
    _finished(deps, name, outcome, failed=False)
    if outcome and outcome != "0 faults":
        log.info("job", job=name, outcome=outcome)
    return outcome


def _started(deps: Dependencies, name: str) -> None:
    with deps.db.transaction() as tx:
        tx.run(
            """INSERT INTO job_run (name, started_at, runs, failures) VALUES (:name, clock_timestamp(), 1, 0)
               ON CONFLICT (name) DO UPDATE SET started_at = clock_timestamp(), runs = job_run.runs + 1""",
            name=name,
        )


def _finished(deps: Dependencies, name: str, outcome: str, *, failed: bool) -> None:
    """Real time, also under `--at`: this is about the machine. What did nothing leaves the last outcome."""
    with deps.db.transaction() as tx:
        tx.run(
            """UPDATE job_run SET finished_at = clock_timestamp(), failures = failures + :failed,
                      outcome = coalesce(nullif(CAST(:outcome AS text), ''), outcome)
                WHERE name = :name""",
            name=name,
            outcome=outcome,
            failed=int(failed),
        )


def last_runs(tx: Any) -> dict[str, LastRun]:
    """Job name -> what is known of it; a job that never ran is left out."""
    rows = tx.rows("SELECT name, started_at, finished_at, outcome, runs, failures FROM job_run")
    return {row[0]: LastRun(*row) for row in rows}
