"""Jobs write down how they went; metrics tell it; a failure is counted and goes on."""

import re

import pytest
from flask import Flask

from app.jobs import registry
from app.jobs.runs import Counts, JobRun, Unit, last_runs
from campaigns.dependencies import Dependencies
from kernel.errors import NotFound
from tests.world import World


def runs(world: World) -> dict[str, JobRun]:
    runs: dict[str, JobRun] = world.do(last_runs)
    return runs


def test_a_run_is_written_down(world: World) -> None:
    world.tell("payment_intent.succeeded", world.intent(world.give()))
    registry.run("process-inbox", world.deps)
    registry.run("process-inbox", world.deps)
    row = runs(world)["process-inbox"]
    assert (row.runs, row.failures, row.counts, row.failed) == (2, 0, {"events_processed": 1}, False)
    assert row.finished_at is not None
    assert row.finished_at >= row.started_at
    with pytest.raises(NotFound):
        registry.run("dance", world.deps)


def test_the_record_is_read_when_the_next_version_has_dropped_its_column(world: World) -> None:
    registry.run("expire", world.deps)
    world.do(lambda tx: tx.run("ALTER TABLE job_run DROP COLUMN outcome"))
    registry.run("expire", world.deps)
    assert runs(world)["expire"].runs == 2


def test_a_failure_is_written_down_and_raised(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(deps: Dependencies) -> Counts:
        raise ZeroDivisionError("secret")

    monkeypatch.setitem(registry.JOBS, "expire", registry.Job(5, broken))
    with pytest.raises(ZeroDivisionError):
        registry.run("expire", world.deps)
    row = runs(world)["expire"]
    assert row.failures == 1 and row.failed
    assert re.fullmatch(r"ZeroDivisionError at tests/cli/test_jobs\.py:\d+", row.failure)


def test_a_lapsed_hold_frees_its_match(world: World) -> None:
    pot = world.pot(1_000_00)
    donation = world.give()
    world.clock.advance(minutes=14)
    assert registry.run("expire", world.deps) == {}
    world.clock.advance(minutes=2)
    assert registry.run("expire", world.deps) == {Unit.DONATIONS_EXPIRED: 1}
    assert world.view(donation).status == "expired"
    assert world.pots()[pot].available_minor == 1_000_00
    world.check()


def test_metrics_show_donations_inbox_and_pots(app: Flask, world: World) -> None:
    pot = world.pot(1_000_00)
    world.pay(world.give(100_00))
    world.give(50_00)
    world.tell("payment_intent.succeeded", world.intent(world.give(10_00)))
    registry.run("check", world.deps)
    http = app.test_client()
    http.get("/api/v1/campaigns")
    text = http.get("/metrics").text
    for line in (
        'beishan_donations{status="paid"} 1.0',
        'beishan_donations{status="pending"} 2.0',
        'beishan_inbox_events{state="new"} 1.0',
        f'beishan_pot_minor{{pot="{pot}",state="free"}} {84_000.0}',
        f'beishan_pot_minor{{pot="{pot}",state="reserved"}} {6_000.0}',
        f'beishan_pot_minor{{pot="{pot}",state="captured"}} {10_000.0}',
        "beishan_books_faults 0.0",
        "beishan_database_up 1.0",
        'beishan_job_failures{job="check"} 0.0',
    ):
        assert line in text.splitlines(), line
    assert 'endpoint="campaigns.list_campaigns",method="GET"' in text


def test_a_fault_in_the_books_reaches_the_metric(app: Flask, world: World) -> None:
    donation = world.pay(world.give())
    world.do(lambda tx: tx.run("UPDATE donation SET refunded_minor = 1 WHERE id = :id", id=donation.id))
    registry.run("check", world.deps)
    assert "beishan_books_faults 0.0" not in app.test_client().get("/metrics").text
    assert "beishan_books_faults" in app.test_client().get("/metrics").text
