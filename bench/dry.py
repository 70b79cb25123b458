"""Donations into three pots that run dry: our engine beside counters in Redis (`bench/counter.py`)."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import NamedTuple
from uuid import UUID

from bench import counter, day
from bench.giving import CLIENTS, REAL
from bench.house import House, Served
from bench.load import post
from bench.result import Result
from campaigns.check import check_books
from campaigns.dependencies import Dependencies

COUNTER = "/api/v1/bench/counter"
WITHIN_S = 120.0


class _Rush(NamedTuple):
    """The donations of one round, and three pots that hold six tenths of their sum (fen)."""

    slug: str
    amounts_minor: Sequence[int]
    pots_minor: Sequence[int]

    @classmethod
    def of(cls, number: int, count: int) -> "_Rush":
        rng = random.Random(number)
        amounts = [rng.randrange(7_00, 60_00) for _ in range(count)]
        return cls(f"dry-{number}", amounts, [sum(amounts) // 5] * 3)

    def requests(self, path: str, projects: Sequence[int]) -> list[bytes]:
        rng = random.Random(f"{self.slug} {path}")
        return [
            post(path, _body(self.slug, projects[index % len(projects)], amount_minor, rng))
            for index, amount_minor in enumerate(self.amounts_minor)
        ]


def _body(slug: str, project: int, amount_minor: int, rng: random.Random) -> bytes:
    id_ = UUID(int=rng.getrandbits(128), version=4)
    return (
        f'{{"id":"{id_}","campaign":"{slug}","project":{project},"amount_minor":{amount_minor},"currency":"CNY",'
        f'"donor":{{"email":"donor{id_.int % day.DONORS}@example.cn"}},"accept_unmatched":true}}'
    ).encode()


def hot_pot_vs_counter(house: House, count: int = 1_200, rounds: int = 3) -> list[Result]:
    """Alternate rounds of both ways, each with pots of its own, after a small one to warm up."""
    url = house.database()
    deps = house.deps(url)
    ours: list[float] = []
    theirs: list[float] = []
    beyond = [counter.Overmatched(0, 0)]
    try:
        projects = day.projects(deps)
        with house.serve(url) as served:
            for number in range(rounds + 1):
                rush = _Rush.of(number, count if number else max(count // 5, 1))
                _prepare(deps, rush, projects)
                rates = [_run(house, served, rush, path, projects) for path in (REAL, COUNTER)]
                _prove(deps, rush)
                if number:
                    ours.append(rates[0])
                    theirs.append(rates[1])
                    beyond.append(counter.overmatched(deps.db.engine, rush.slug))
        with deps.db.snapshot() as tx:
            if faults := check_books(tx):
                raise day.Broken("; ".join(faults[:5]))
    finally:
        deps.db.close()
    pots, donations = (sum(fen) for fen in zip(*beyond, strict=True))
    note = (
        f"counters in Redis, holds and balances by the ORM (bench/counter.py); {rounds} times {count:,} donations "
        f"into three pots that run dry; its pots gave {pots:,} fen more than they had, its donations got "
        f"{donations:,} fen more match than they gave; ours 0 and 0"
    )
    return [Result("hot_pot_vs_counter", median(ours), "donations/s", median(theirs), 5.0, "ratio", note)]


def _prepare(deps: Dependencies, rush: _Rush, projects: Sequence[int]) -> None:
    with deps.db.transaction() as tx:
        day.add_campaign(tx, rush.slug, rush.pots_minor)
    ends_at = datetime.now(UTC) + timedelta(hours=1)
    counter.prepare(deps.db.engine, rush.slug, projects, rush.pots_minor, ends_at)


def _run(house: House, served: Served, rush: _Rush, path: str, projects: Sequence[int]) -> float:
    run = house.loader.run(served.port, rush.requests(path, projects), CLIENTS, WITHIN_S)
    if run.statuses != {201: len(rush.amounts_minor)}:
        raise day.Broken(f"{path} answered {run.statuses}; the server says:\n{served.child.log_tail(5)}")
    return run.per_second


def _prove(deps: Dependencies, rush: _Rush) -> None:
    """Check that our pots ran dry and that all their money is reserved. Raises Broken."""
    sums = day.sums(deps, rush.slug)
    if (sums.donations, sums.reserved_minor + sums.free_minor) != (len(rush.amounts_minor), sum(rush.pots_minor)):
        raise day.Broken(f"the books say {sums} of {rush.slug}")
    if sums.free_minor > len(rush.pots_minor) * 1_00:  # a pot gives nothing below its minimum
        raise day.Broken(f"{sums.free_minor} fen are left in pots that should be dry")
