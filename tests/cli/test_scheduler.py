"""The scheduler as a process: it ticks, survives an outage of the database, stops when told; and its watchdog."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event
from typing import Any

import psycopg
import pytest

from app.jobs import registry, scheduler
from app.jobs.runs import Counts
from app.jobs.scheduler import LOOK_S, Heart, watch
from campaigns.dependencies import Dependencies
from embedded.postgres import Postgres
from tests.api.client import SECRETS
from tests.clusters import SPEED, copy_cluster
from tests.forked import Service, run
from tests.world import World

ROOT = Path(__file__).parents[2]


def until(true: Callable[[], Any], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.1)


Start = Callable[..., Service]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start the scheduler on a database, with these jobs or all; it must stop when told, and end well."""
    started: list[Service] = []

    def start(url: str, *jobs: str) -> Service:
        env = {**os.environ, "DATABASE_URL": url, **SECRETS}
        process = Service([sys.executable, "-m", "app.jobs.scheduler", *jobs], tmp_path / "log", env, ROOT)
        process.patience = 20.0
        started.append(process)
        process.start()
        return process

    yield start
    for process in started:
        process.stop()
        assert process.wait(1) == 0, process.log_tail()


def test_it_ticks_and_stops_when_told(world: World, database_url: str, start: Start) -> None:
    donation = world.give()
    world.tell("payment_intent.succeeded", world.intent(donation))
    process = start(database_url)
    until(lambda: world.view(donation).status == "paid")
    process.stop()
    assert process.wait(1) == 0
    world.check()


def test_an_inbox_worker_beside_it_does_that_one_job(world: World, database_url: str, start: Start) -> None:
    lapsing, paid = world.give(), world.give()
    world.tell("payment_intent.succeeded", world.intent(paid))
    world.do(lambda tx: tx.run("UPDATE donation SET match_until = pledged_at WHERE id = :id", id=lapsing.id))
    process = start(database_url, "process-inbox")
    until(lambda: world.view(paid).status == "paid")
    process.stop()
    names = world.do(lambda tx: tx.rows("SELECT name FROM job_run"))
    assert {row.name for row in names} == {"process-inbox"}
    assert world.view(lapsing).status == "pending"
    world.check()


class _Clock:
    """Time that passes only while somebody sleeps."""

    now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.mark.parametrize("backlogs, runs", [([], 0), ([True], 1), ([False, True], 1), ([True, True], 2)])
def test_a_backlog_does_not_wait_for_the_next_tick(
    world: World, monkeypatch: pytest.MonkeyPatch, backlogs: list[bool], runs: int
) -> None:
    clock, left, ran = _Clock(), iter(backlogs), []

    def work(_: Dependencies) -> Counts:
        ran.append(clock.now)
        return {}

    job = registry.Job(1, work, lambda _: next(left, False))
    monkeypatch.setitem(registry.JOBS, "process-inbox", job)
    monkeypatch.setattr(scheduler, "time", clock)
    scheduler.work_off(world.deps, "process-inbox", 0.0)
    assert len(ran) == runs
    assert clock.now < 1 - LOOK_S / 2, "it has ended before the next tick"


def test_a_whole_batch_that_is_due_is_a_backlog(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    has_backlog = registry.JOBS["process-inbox"].has_backlog
    assert has_backlog is not None
    monkeypatch.setattr(registry, "BATCH", 2)
    for due in (False, True):
        world.tell("payment_intent.succeeded", world.intent(world.give()))
        assert has_backlog(world.deps) is due
    registry.run("process-inbox", world.deps)
    assert not has_backlog(world.deps)


def test_a_job_that_there_is_not_is_refused(tmp_path: Path) -> None:
    done = run(os.environ, tmp_path, "app.jobs.scheduler", "sweep")
    assert done.returncode == 1
    assert "no such job: sweep; there are process-inbox, expire" in done.stderr


@pytest.fixture
def own_postgres(servers_dir: Path) -> Iterator[Postgres]:
    copy_cluster(servers_dir / "pg-scheduler")
    with Postgres.start(servers_dir / "pg-scheduler", settings=SPEED) as server:
        yield server


def test_an_outage_of_the_database_is_survived(own_postgres: Postgres, start: Start) -> None:
    def settled_runs() -> int:
        with psycopg.connect(own_postgres.url.replace("+psycopg", "")) as connection:
            row = connection.execute("SELECT runs FROM job_run WHERE name = 'process-inbox'").fetchone()
        return row[0] if row else 0

    process = start(own_postgres.url)
    until(lambda: settled_runs() > 0)
    own_postgres.stop()
    until(lambda: process.output().count('"job_failed"') >= 3)
    assert process.alive
    own_postgres.restart()
    before = settled_runs()
    until(lambda: settled_runs() > before + 1)


def test_the_watchdog_ends_a_process_whose_thread_died() -> None:
    codes: list[int] = []
    watch(lambda: False, Heart(), Event(), codes.append, silence_s=0.05)
    assert codes == [1]


def test_the_watchdog_ends_a_process_that_fell_silent() -> None:
    codes: list[int] = []
    heart = Heart()
    heart.beat_at -= 60
    watch(lambda: True, heart, Event(), codes.append, silence_s=0.05)
    assert codes == [1]


def test_the_watchdog_lets_a_living_one_be() -> None:
    codes: list[int] = []
    stopping, heart, looks = Event(), Heart(), [0]

    def alive() -> bool:
        heart.beat()
        looks[0] += 1
        if looks[0] == 5:
            stopping.set()
        return True

    watch(alive, heart, stopping, codes.append, silence_s=0.05)
    assert (codes, looks[0]) == ([], 5)
