"""Commands for the scheduler's jobs."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import click

from app.cli.base import command, deps
from app.current import settings
from app.jobs.registry import JOBS, run
from app.jobs.runs import JobRun, last_runs
from kernel.clock import FixedClock
from kernel.errors import Forbidden, Invalid
from kernel.human_input import Unreadable, read_moment

_LINE = "{:<10} {:>8} {:<21} {:<21} {:>8} {:>8}  {}  {}"


@click.group("jobs", invoke_without_command=True)
@click.pass_context
def jobs(context: click.Context) -> None:
    """List the jobs, or run one."""
    if context.invoked_subcommand is None:
        context.invoke(list_jobs)


@jobs.command("list")
@command
def list_jobs() -> None:
    """List every job with its last and next run."""
    with deps().db.transaction() as tx:
        known = last_runs(tx)
    click.echo(_LINE.format("job", "every", "last run", "next run", "runs", "failures", "outcome", "last failure"))
    for name, job in JOBS.items():
        last = known.get(name)
        following = last.started_at + timedelta(seconds=job.every_s) if last else None
        cells = (_when(last.started_at if last else None), _when(following))
        rest = (last.runs, last.failures, _outcome(last), _last_failure(last)) if last else (0, 0, "", "")
        click.echo(_LINE.format(name, f"{job.every_s} s", *cells, *rest).rstrip())


def _outcome(last: JobRun) -> str:
    return f"failed: {last.failure}" if last.failed else _in_text(last.counts.items())


def _in_text(counts: Iterable[tuple[str, int]]) -> str:
    return " ".join(f"{unit}={count}" for unit, count in counts)


def _last_failure(last: JobRun) -> str:
    if last.failed or last.failed_at is None:
        return ""
    return f"({_when(last.failed_at)} {last.failure})"


def _when(moment: datetime | None) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment else "-"


@jobs.command("run")
@click.argument("name")
@click.option("--at", help="pretend that it is this time (ISO 8601); not in production")
@command
def run_job(name: str, at: str | None) -> None:
    """Run one job now, or as if it were another time."""
    chosen = deps()
    if at is not None:
        chosen = chosen.at(FixedClock(_time(at)))
    click.echo(_in_text(run(name, chosen).items()) or "nothing was due")


def _time(at: str) -> datetime:
    """Parse the time of `--at`. Raises Forbidden `production` and Invalid `time_invalid`."""
    if settings().production:
        raise Forbidden("production")
    try:
        return read_moment(at).at
    except Unreadable as error:
        raise Invalid("time_invalid", fields={"--at": error.fault}) from error


COMMANDS = (jobs,)
