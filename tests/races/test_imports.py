"""Imports when two schedulers tick, when one is lost half-way, and when a file cannot be opened any more."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy.exc import OperationalError

from campaigns.imports import runs
from campaigns.imports.models import ImportRun
from campaigns.imports.work import work_off
from campaigns.network.roles import Caller
from kernel.errors import Conflict
from tests.world import TREE, World

ADMIN = Caller("boss", "admin")
VILLAGE = "41020102,龙王村,village,410201\n"


def confirmed(world: World, kind: str = "network", text: str = TREE + VILLAGE) -> int:
    """An import that waits for the job."""
    run = runs.upload(world.deps, ADMIN, kind, text.encode(), "file.csv")
    assert run.id and run.state == "ready"
    world.do(runs.confirm, ADMIN, run.id, run.token)
    return run.id


def state(world: World, run_id: int) -> str:
    run: ImportRun = world.do(runs.find, ADMIN, run_id)
    return run.state


def count(world: World, table: str) -> int:
    return int(world.do(lambda tx: tx.scalar(f"SELECT count(*) FROM {table}")))


def test_two_schedulers_import_a_file_once(world: World) -> None:
    rows = "".join(f"41010101,路灯{number},micro,灯,30000,LY-{number}\n" for number in range(60))
    run_id = confirmed(world, "projects", "organisation,name,tier,summary,target,code\n" + rows)
    with ThreadPoolExecutor(3) as pool:
        worked_off = list(pool.map(lambda _: work_off(world.deps), range(3)))
    assert sum(worked_off) == 1
    assert state(world, run_id) == "done"
    assert count(world, "project") == 63
    world.check()


def test_a_scheduler_that_is_lost_half_way_leaves_the_file_to_the_next(world: World) -> None:
    run_id = confirmed(world)
    with ThreadPoolExecutor(1) as pool, world.db.transaction() as tx:
        tx.run("LOCK TABLE organisation IN SHARE ROW EXCLUSIVE MODE")
        lost = pool.submit(work_off, world.deps)
        waiting = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        while not (pid := tx.scalar(waiting)):
            time.sleep(0.02)
            tx.run("SELECT pg_stat_clear_snapshot()")
        tx.scalar("SELECT pg_terminate_backend(:pid)", pid=pid)
        with pytest.raises(OperationalError):
            lost.result(timeout=20)
    assert (state(world, run_id), count(world, "organisation"), count(world, "import_file")) == ("confirmed", 8, 1)
    assert work_off(world.deps) == 1
    assert (state(world, run_id), count(world, "organisation"), count(world, "import_file")) == ("done", 9, 0)


def test_a_file_that_cannot_be_opened_ends_as_failed_and_stops_no_other(world: World) -> None:
    damaged, sound = confirmed(world), confirmed(world, "projects", PROJECT)
    world.do(
        lambda tx: tx.run(
            "UPDATE import_file SET sealed = decode(repeat('00', 40), 'hex') WHERE run_id = :id", id=damaged
        )
    )
    with pytest.raises(ValueError, match="sealed"):
        work_off(world.deps)
    assert state(world, damaged) == "failed"
    assert work_off(world.deps) == 1
    assert (state(world, sound), count(world, "import_file"), count(world, "organisation")) == ("done", 0, 8)


PROJECT = "organisation,name,tier,summary,target,code\n41010101,路灯,micro,灯,30000,LY-1\n"


def test_an_import_is_either_confirmed_or_dropped(world: World) -> None:
    run_id = confirmed(world)
    with pytest.raises(Conflict, match="import_state"):
        world.do(runs.drop, ADMIN, run_id)
    other = runs.upload(world.deps, ADMIN, "projects", PROJECT.encode(), "file.csv")
    world.do(runs.drop, ADMIN, other.id)
    with pytest.raises(Conflict, match="import_state"):
        world.do(runs.confirm, ADMIN, other.id, other.token)
