"""The scheduler process: `python -m app.jobs.scheduler [JOB ...]`, which runs all jobs if none is named.

It only starts jobs. They find and claim due work in the database, so a second scheduler running in parallel is
harmless.
"""

import gc
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from threading import Event, Thread
from types import FrameType

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.blocking import BlockingScheduler

import config
from app.demo.environment import with_demo_environment
from app.dependencies import make_dependencies
from app.jobs import registry
from app.observability import logs
from campaigns.dependencies import Dependencies
from kernel.failures import failure_of

SILENCE_S = 120  # if no job started for this long, the scheduler is stuck
WATCH_S = 5.0
LOOK_S = 0.2  # between two looks for a backlog

log = structlog.get_logger("scheduler")


class Heart:
    """The time at which a job last started, in monotonic seconds."""

    def __init__(self) -> None:
        self.beat_at = time.monotonic()

    def beat(self) -> None:
        self.beat_at = time.monotonic()

    def silent_s(self) -> float:
        return time.monotonic() - self.beat_at


def make_scheduler(
    deps: Dependencies, heart: Heart, table: dict[str, registry.Job] | None = None
) -> BlockingScheduler:
    """Create a scheduler with one interval job per row of the table.

    Jobs are kept in memory and in UTC: a shared job store ran jobs several times, and the default misfire grace
    would drop a tick after the clock has jumped.
    """
    scheduler = BlockingScheduler(
        timezone="UTC",
        executors={"default": ThreadPoolExecutor(len(registry.JOBS))},
        job_defaults={"max_instances": 1, "coalesce": True, "misfire_grace_time": None},
    )
    for name, job in (table or registry.JOBS).items():
        ticks = {"seconds": job.every_s, "next_run_time": datetime.now(UTC)}  # run at once, then every interval
        scheduler.add_job(_tick, "interval", **ticks, args=(deps, heart, name), id=name)
    return scheduler


def _tick(deps: Dependencies, heart: Heart, name: str) -> None:
    """Run a job, and again before its next tick while it has a backlog. A job that fails, for example because the
    database is unreachable, runs again at its next tick."""
    heart.beat()
    began = time.monotonic()
    try:
        registry.run(name, deps)
        work_off(deps, name, began)
    except Exception as error:
        failure = failure_of(error)
        log.error("job_failed", job=name, error=failure.kind, at=failure.place)


def work_off(deps: Dependencies, name: str, began: float) -> None:
    """Run a job again whenever it has a backlog, until shortly before its next tick. `began` is when a tick began.

    Anything less waits for the tick, because a batch of few messages costs nearly as much as a large one.
    """
    job = registry.JOBS[name]
    while job.has_backlog is not None and (time.monotonic() - began) % job.every_s < job.every_s - 2 * LOOK_S:
        time.sleep(LOOK_S)
        if job.has_backlog(deps):
            registry.run(name, deps)


def watch(
    alive: Callable[[], bool],
    heart: Heart,
    stopping: Event,
    die: Callable[[int], None],
    silence_s: float = SILENCE_S,
) -> None:
    """End the process with exit code 1 when the scheduler's thread is dead or no job has started for `silence_s`.
    The supervisor then restarts it."""
    while not stopping.wait(min(WATCH_S, silence_s)):
        if not alive() or heart.silent_s() > silence_s:
            log.error("scheduler_dead", silent_s=round(heart.silent_s()))
            die(1)
            return


def collect_rarely() -> None:
    """Make the garbage collector run rarely. A batch creates a hundred thousand small objects, few of them in
    cycles; with Python's default thresholds, collection takes a third of the time of processing events."""
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


def table(names: Sequence[str]) -> dict[str, registry.Job]:
    """Return the jobs with these names, or all. Raises SystemExit for an unknown name."""
    if unknown := [name for name in names if name not in registry.JOBS]:
        raise SystemExit(f"no such job: {', '.join(unknown)}; there are {', '.join(registry.JOBS)}")
    return {name: job for name, job in registry.JOBS.items() if not names or name in names}


def main(*names: str) -> int:
    """Run the named jobs, or all if none is named, until SIGTERM or SIGINT."""
    chosen = table(names)
    settings = config.load(with_demo_environment(os.environ))
    logs.configure(settings.log_level)
    deps, heart, stopping = make_dependencies(settings), Heart(), Event()
    collect_rarely()
    scheduler = make_scheduler(deps, heart, chosen)
    thread = Thread(target=scheduler.start, name="scheduler", daemon=True)

    def stop(_signum: int, _frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    thread.start()
    log.info("scheduler_started", jobs={name: job.every_s for name, job in chosen.items()})
    watch(thread.is_alive, heart, stopping, os._exit)
    scheduler.shutdown(wait=True)
    deps.db.close()
    log.info("scheduler_stopped")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
