"""The scheduler as a process: it ticks, survives an outage of the database, stops when told; and its watchdog."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event
from typing import Any

import psycopg
import pytest

from app.jobs.scheduler import Heart, watch
from embedded.postgres import Postgres
from migrations import upgrade
from tests.api.client import SECRETS
from tests.conftest import SPEED
from tests.world import World

ROOT = Path(__file__).parents[2]


def until(true: Callable[[], Any], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.1)


def start(url: str, *jobs: str) -> subprocess.Popen[bytes]:
    env = {**os.environ, "DATABASE_URL": url, **SECRETS}
    return subprocess.Popen([sys.executable, "-m", "app.jobs.scheduler", *jobs], cwd=ROOT, env=env)


def stop(process: subprocess.Popen[bytes]) -> int:
    process.send_signal(signal.SIGTERM)
    return process.wait(20)


def test_it_ticks_and_stops_when_told(world: World, database_url: str) -> None:
    donation = world.give()
    world.tell("payment_intent.succeeded", world.intent(donation))
    process = start(database_url)
    try:
        until(lambda: world.view(donation).status == "paid")
    finally:
        code = stop(process)
    assert code == 0
    world.check()


def test_an_inbox_worker_beside_it_does_that_one_job(world: World, database_url: str) -> None:
    lapsing, paid = world.give(), world.give()
    world.tell("payment_intent.succeeded", world.intent(paid))
    world.do(lambda tx: tx.run("UPDATE donation SET match_until = pledged_at WHERE id = :id", id=lapsing.id))
    process = start(database_url, "process-inbox")
    try:
        until(lambda: world.view(paid).status == "paid")
    finally:
        code = stop(process)
    assert code == 0
    names = world.do(lambda tx: tx.rows("SELECT name FROM job_run"))
    assert {row.name for row in names} == {"process-inbox"}
    assert world.view(lapsing).status == "pending"
    world.check()


def test_a_job_that_there_is_not_is_refused() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "app.jobs.scheduler", "sweep"], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert "no such job: sweep; there are process-inbox, expire" in done.stderr


@pytest.fixture
def own_postgres(servers_dir: Path) -> Iterator[Postgres]:
    with Postgres.start(servers_dir / "pg-scheduler", settings=SPEED) as server:
        yield server


def test_an_outage_of_the_database_is_survived(own_postgres: Postgres) -> None:
    def settled_runs() -> int:
        with psycopg.connect(own_postgres.url.replace("+psycopg", "")) as connection:
            row = connection.execute("SELECT runs FROM job_run WHERE name = 'process-inbox'").fetchone()
        return row[0] if row else 0

    upgrade(own_postgres.url)
    process = start(own_postgres.url)
    try:
        until(lambda: settled_runs() > 0)
        own_postgres.stop()
        time.sleep(3)
        assert process.poll() is None
        own_postgres.restart()
        before = settled_runs()
        until(lambda: settled_runs() > before + 1)
    finally:
        code = stop(process)
    assert code == 0


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
