"""Donations per second through `matching.allocate` alone: 10 pots, 40 projects, all caps set."""

import multiprocessing
import os
import random
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from bench.result import Result
from matching.allocate import AllocationRequest, Capacity, Offer, allocate, serving_offers
from matching.rules import Caps, Rules, Scope, Target

if TYPE_CHECKING:  # the measured process must not import the application
    from bench.house import House

DONATIONS = 1_000_000
SLICES = 10
DONORS = 100_000
AMOUNTS = (10_00, 20_00, 50_00, 100_00, 1_000_00)
CAPS = Caps(500_00, 999_00, 5_000_00, 50_000_000_00, 100_000_000_00)
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Measurement(NamedTuple):
    """Medians over the slices, in donations per second; memory that the first and the second half added, in MB."""

    per_second: float
    loop_per_second: float
    first_half_mb: float
    second_half_mb: float
    matched_minor: int
    per_cpu_second: float  # all slices together, by the processor time of this process


def targets() -> list[Target]:
    """Return forty village projects in ten counties."""
    lineages = [("41", f"41{i % 10:02d}", f"township-{i}", f"village-{i}") for i in range(40)]
    return [Target(i, "village", "micro", lineage, lineage[1]) for i, lineage in enumerate(lineages)]


def offers() -> list[Offer]:
    """Return ten pots: four ring-fenced to one county each, four for villages, two for all; two per rank."""
    scopes = [Scope(under=(f"41{i:02d}",)) for i in range(4)] + [Scope(levels=("village",))] * 4 + [Scope()] * 2
    return [Offer.of(i + 1, i + 1, Rules(10_000, scope, 1_00, CAPS), i // 2 + 1) for i, scope in enumerate(scopes)]


def donations(count: int, projects: Sequence[Target]) -> list[AllocationRequest]:
    """Return donations of common sizes to random projects, the same in every run."""
    rng = random.Random(1)
    donors = [f"donor-{i}" for i in range(DONORS)]
    return [
        AllocationRequest(rng.choice(AMOUNTS), rng.choice(projects), rng.choice(donors), "2026-09-09")
        for _ in range(count)
    ]


def measure(count: int = DONATIONS) -> Measurement:
    """Allocate every donation in order and consume its match, in slices that alternate with an empty loop."""
    projects = targets()
    pots = offers()
    serving = {project.project_id: serving_offers(pots, project) for project in projects}
    requests = donations(count, projects)
    capacity = Capacity({pot.pot_id: 3 * count * 1_00 for pot in pots})
    size = max(count // SLICES, 1)
    rates: list[float] = []
    loops: list[float] = []
    memory = [_resident_mb()]
    total = 0
    busy = 0.0
    for start in range(0, count, size):
        batch = requests[start : start + size]
        loops.append(_rate(lambda batch=batch: _loop(batch), len(batch))[0])  # type: ignore[misc]
        before = time.process_time()
        rate, matched = _rate(lambda batch=batch: _allocate(batch, serving, capacity), len(batch))  # type: ignore[misc]
        busy += time.process_time() - before
        rates.append(rate)
        total += matched
        memory.append(_resident_mb())
    _verify(total, count, capacity)
    half = len(memory) // 2
    return Measurement(
        median(rates), median(loops), memory[half] - memory[0], memory[-1] - memory[half], total, count / busy
    )


def _rate(work: Callable[[], int], count: int) -> tuple[float, int]:
    began = time.perf_counter()
    result = work()
    return count / (time.perf_counter() - began), result


def _loop(batch: Sequence[AllocationRequest]) -> int:
    total = 0
    for request in batch:
        total += request.amount_minor
    return total


def _allocate(batch: Sequence[AllocationRequest], serving: dict[int, list[Offer]], capacity: Capacity) -> int:
    total = 0
    for request in batch:
        allocation = allocate(request, serving[request.target.project_id], capacity)
        capacity.consume(request, allocation)
        total += allocation.matched_minor
    return total


def _verify(total: int, count: int, capacity: Capacity) -> None:
    """Verify that the matched sum left the pots. Raises RuntimeError."""
    left = sum(capacity.available.values())
    if total <= 0 or total + left != 10 * 3 * count * 1_00 or min(capacity.available.values()) < 0:
        raise RuntimeError(f"matched {total}, left {left}: the pots do not add up")


def _resident_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE / 1e6


def run(_house: "House", count: int = DONATIONS) -> list[Result]:
    """Measure in a separate process, so that its memory can be measured alone."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        measured = pool.submit(measure, count).result(600)
    per_cpu = f"{measured.per_cpu_second:,.0f} per second of processor time"
    note = f"an empty loop over the same {count:,} donations; {per_cpu}"
    kept = f"what the first half of the donations added (usage of the caps of {DONORS:,} donors)"
    return [
        Result("allocate", measured.per_second, "donations/s", measured.loop_per_second, 100_000, note=note),
        Result("allocate_memory", measured.second_half_mb, "MB more", max(measured.first_half_mb, 0.1), note=kept),
    ]
