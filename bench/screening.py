"""How fast a rush is screened, and whether a gift costs the same in a crowd twice as large."""

import os
import time

from app.jobs.scheduler import collect_rarely
from bench import cpu, rush
from bench.house import House
from bench.result import Result
from campaigns.screening.screen import screen

GIFTS = 200_000


def run(house: House, gifts: int = GIFTS) -> list[Result]:
    """Screen a rush of half the gifts and one of all, each on tables that were never analysed."""
    collect_rarely()
    half, _ = timed(house, gifts // 2)
    whole, busy_us = timed(house, gifts)
    note = (
        f"{gifts:,} gifts paid within a minute on {rush.PROJECTS} projects, no statistics; "
        f"a gift costs {busy_us:.0f} processor us, the database's included"
    )
    growth = f"{gifts:,} gifts take so many times longer than {gifts // 2:,}; baseline: 2 is linear"
    return [
        Result("screen", gifts / whole, "gifts/s", None, 5_000, note=note, costs={"screened gift": busy_us}),
        Result("screen_2x_growth", whole / half, "times", 2.0, 2.4, "most", growth),
    ]


def timed(house: House, gifts: int) -> tuple[float, float]:
    """Return the seconds that screening a rush takes, and the processor microseconds per gift."""
    url = house.database()
    rush.forget_statistics(url)
    deps = house.deps(url)
    try:
        rush.pay(deps, rush.pledge(deps, gifts))
        began, busy = time.perf_counter(), cpu.seconds(os.getpid())
        screen(deps)
        return time.perf_counter() - began, (cpu.seconds(os.getpid()) - busy) / gifts * 1e6
    finally:
        deps.db.close()
