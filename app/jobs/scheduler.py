"""The scheduler, a process of its own: `python -m app.jobs.scheduler [JOB ...]`, all jobs when none is named.

It only ticks: jobs find and claim due work in the database, so a second scheduler beside it is harmless.
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

SILENCE_S = 120  # no job started for so long: something is stuck for good
WATCH_S = 5.0

log = structlog.get_logger("scheduler")


class Heart:
    """The time when a job last started (monotonic seconds)."""

    def __init__(self) -> None:
        self.beat_at = time.monotonic()

    def beat(self) -> None:
        self.beat_at = time.monotonic()

    def silent_s(self) -> float:
        return time.monotonic() - self.beat_at


def make_scheduler(
    deps: Dependencies, heart: Heart, table: dict[str, registry.Job] | None = None
) -> BlockingScheduler:
    """Make one interval job per row of the table.

    In memory and in UTC: a shared job store ran jobs several times, and a default misfire grace would drop a tick
    after the clock has jumped.
    """
    scheduler = BlockingScheduler(
        timezone="UTC",
        executors={"default": ThreadPoolExecutor(len(registry.JOBS))},
        job_defaults={"max_instances": 1, "coalesce": True, "misfire_grace_time": None},
    )
    for name, job in (table or registry.JOBS).items():
        ticks = {"seconds": job.every_s, "next_run_time": datetime.now(UTC)}  # the first one at once
        scheduler.add_job(_tick, "interval", **ticks, args=(deps, heart, name), id=name)
    return scheduler


def _tick(deps: Dependencies, heart: Heart, name: str) -> None:
    """Run a job. One that fails, for example because the database is away, runs again at its next tick."""
    heart.beat()
    try:
        registry.run(name, deps)
    except Exception as error:
        failure = failure_of(error)
        log.error("job_failed", job=name, error=failure.kind, at=failure.place)


def watch(
    alive: Callable[[], bool],
    heart: Heart,
    stopping: Event,
    die: Callable[[int], None],
    silence_s: float = SILENCE_S,
) -> None:
    """End the process (exit code 1) when the scheduler's thread is dead or no job starts any more: whoever
    started us starts us again."""
    while not stopping.wait(min(WATCH_S, silence_s)):
        if not alive() or heart.silent_s() > silence_s:
            log.error("scheduler_dead", silent_s=round(heart.silent_s()))
            die(1)
            return


def collect_rarely() -> None:
    """A batch makes a hundred thousand small objects and few of them in cycles: looking for cycles as often as
    Python does by default takes a third of the time of settling."""
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


def table(names: Sequence[str]) -> dict[str, registry.Job]:
    """Return the jobs with these names, or all. Ends the process when there is no such job."""
    if unknown := [name for name in names if name not in registry.JOBS]:
        raise SystemExit(f"no such job: {', '.join(unknown)}; there are {', '.join(registry.JOBS)}")
    return {name: job for name, job in registry.JOBS.items() if not names or name in names}


def main(*names: str) -> int:
    """Run the jobs of these names (all when there are none) until SIGTERM or SIGINT."""
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
