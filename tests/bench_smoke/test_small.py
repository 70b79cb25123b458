"""Benchmarks run at tiny sizes: the real servers, and the proofs that a wrong result is never a figure."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

from app.jobs.registry import JOBS
from bench import closing, day, dry, giving, matching, partners, plans, readers, screening, settling
from bench.house import House, open_house
from bench.load import get, post
from embedded.process import Child
from tests.clusters import SPEED, copy_cluster
from tests.forked import Service
from tests.web_servers import WebServer


class QuickHouse(House):
    """Its sites and schedulers are forked from processes that have imported the product: they start in no time. So
    does its database, on a copy."""

    def __init__(self, folder: Path, stack: ExitStack, settings: Mapping[str, str]) -> None:
        copy_cluster(folder / "postgres")
        super().__init__(folder, stack, settings)

    def child(self, name: str, env: dict[str, str], *args: str) -> Child:
        child = super().child(name, env, *args)
        kind = {"gunicorn": WebServer, "app.jobs.scheduler": Service}.get(args[1], Child)
        return kind(child.args, child.log, child.env, child.cwd)


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with open_house(SPEED, QuickHouse) as opened:
        yield opened


@pytest.fixture(scope="module")
def hall(house: House) -> Iterator[giving.Hall]:
    """A running server; when all is done, its books are proved."""
    with giving.hall(house) as opened:
        yield opened


def test_giving_runs_and_its_books_are_proved(
    house: House, hall: giving.Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(giving, "CLIENTS", 4)  # more of them wait too long for the locked row on a busy machine
    rates = giving.alternate(hall, hall.sides(giving.REAL, giving.PLAIN, giving.ROWLOCK), 0.3, 1)
    assert min(rates) > 0
    assert hall.acknowledged == day.sums(hall.deps).donations > 0
    requests = [post("/nowhere", b"{}"), get("/healthz"), get("/healthz")]
    run = house.loader.run(hall.served.port, requests, 2, 5.0)
    assert (run.statuses, len(run.latencies)) == ({404: 1, 200: 2}, 3)


def test_a_refused_request_is_no_figure(house: House, hall: giving.Hall) -> None:
    bad = giving.Hall(house, hall.deps, hall.served, [10**9])
    with pytest.raises(day.Broken, match="404"):
        bad.round(giving.REAL, 0.2, hall.served.port)


def test_a_donation_too_many_breaks_the_proof(house: House) -> None:
    deps = house.deps(house.database())
    try:
        day.pledge(deps, 3)
        day.prove(deps, 3)
        with pytest.raises(day.Broken):
            day.prove(deps, 2)
    finally:
        deps.db.close()


def test_readers_and_a_crowd(house: House) -> None:
    assert {row.name for row in readers.reading(house, 0.3, 1)} == {*readers.pages(0)}
    (crowd,) = readers.crowd(house, 0.5, 1)
    assert crowd.value > 0


def test_allocation_stays_the_same() -> None:
    measured = matching.measure(2_000)
    assert measured.matched_minor == matching.measure(2_000).matched_minor > 0
    assert measured.per_second < measured.loop_per_second


def test_settling(house: House) -> None:
    (settled,) = settling.run(house, 50)
    assert settled.name == "settle" and settled.value > 0


def test_partner_events_are_settled_by_the_scheduler(house: House) -> None:
    intake, settled = partners.batches(house, 1, 1, 20)
    assert min(intake.value, settled.value, settled.costs["partner event"]) > 0


def test_shuffled_events_become_one_donation_each(house: House) -> None:
    (shuffled,) = partners.shuffled(house, 1, 20)
    assert shuffled.value > 0 and shuffled.baseline


def test_counters_beside_pots_that_run_dry(house: House) -> None:
    (result,) = dry.hot_pot_vs_counter(house, 60, 1)
    assert result.baseline and "ours 0 and 0" in result.note


def test_closing_reaches_released(house: House) -> None:
    long, growth = closing.run(house, 40)
    assert "40 donations" in long.unit
    assert growth.value == pytest.approx(long.value / (long.baseline or 0))


def test_a_rush_is_screened(house: House) -> None:
    screened, growth = screening.run(house, 60)
    assert screened.value > 0 and growth.value > 0
    assert growth.reached is (growth.value <= 2.4)


SOME = {"screen", "close", "check"}  # pages need two whole sites with the demo event: at night


@pytest.mark.parametrize("only", [SOME, pytest.param(set(), marks=pytest.mark.long)])
def test_jobs_and_console_pages_are_measured_cold_and_warm(house: House, only: set[str]) -> None:
    (cold,) = plans.run(house, 60, requests=1, only=only)
    assert cold.value >= 1
    assert all(name in cold.note for name in SOME)
    assert only or all(name in cold.note for name in set(JOBS) - plans.UNMEASURED)
