"""Donations a second through `matching.allocate` alone: 10 pots, 40 projects, all caps on."""

import multiprocessing
import os
import random
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from statistics import median
from typing import NamedTuple

from bench.house import House
from bench.result import Result
from matching.allocate import AllocationRequest, Capacity, Offer, allocate, serving_offers
from matching.rules import Caps, Rules, Scope, Target

GIFTS = 1_000_000
SLICES = 10
DONORS = 100_000
AMOUNTS = (10_00, 20_00, 50_00, 100_00, 1_000_00)
CAPS = Caps(500_00, 999_00, 5_000_00, 50_000_000_00, 100_000_000_00)
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Found(NamedTuple):
    """Medians over the slices, donations a second; memory in MB that the first and the second half added."""

    per_second: float
    loop_per_second: float
    first_half_mb: float
    second_half_mb: float
    matched_minor: int
    per_cpu_second: float  # all slices together, by this process' processor time


def targets() -> list[Target]:
    """Forty village projects in ten counties."""
    lineages = [("41", f"41{i % 10:02d}", f"township-{i}", f"village-{i}") for i in range(40)]
    return [Target(i, "village", "micro", lineage, lineage[1]) for i, lineage in enumerate(lineages)]


def offers() -> list[Offer]:
    """Ten pots: four ring-fenced to a county each, four for villages, two for everyone; two of a rank each."""
    scopes = [Scope(under=(f"41{i:02d}",)) for i in range(4)] + [Scope(levels=("village",))] * 4 + [Scope()] * 2
    return [Offer.of(i + 1, i + 1, Rules(10_000, scope, 1_00, CAPS), i // 2 + 1) for i, scope in enumerate(scopes)]


def gifts(count: int, places: Sequence[Target]) -> list[AllocationRequest]:
    """Gifts of common sizes to random projects, always the same ones."""
    dice = random.Random(1)
    donors = [f"donor-{i}" for i in range(DONORS)]
    return [
        AllocationRequest(dice.choice(AMOUNTS), dice.choice(places), dice.choice(donors), "2026-09-09")
        for _ in range(count)
    ]


def measure(count: int = GIFTS) -> Found:
    """Allocate every gift in order and take it from the book, in slices that alternate with an empty loop."""
    places = targets()
    pots = offers()
    serving = {place.project_id: serving_offers(pots, place) for place in places}
    asked = gifts(count, places)
    book = Capacity({pot.pot_id: 3 * count * 1_00 for pot in pots})
    size = max(count // SLICES, 1)
    rates: list[float] = []
    loops: list[float] = []
    memory = [_resident_mb()]
    total = 0
    busy = 0.0
    for start in range(0, count, size):
        some = asked[start : start + size]
        loops.append(_rate(lambda some=some: _loop(some), len(some))[0])  # type: ignore[misc]
        before = time.process_time()
        rate, matched = _rate(lambda some=some: _allocate(some, serving, book), len(some))  # type: ignore[misc]
        busy += time.process_time() - before
        rates.append(rate)
        total += matched
        memory.append(_resident_mb())
    _prove(total, count, book)
    half = len(memory) // 2
    return Found(
        median(rates), median(loops), memory[half] - memory[0], memory[-1] - memory[half], total, count / busy
    )


def _rate(work: Callable[[], int], count: int) -> tuple[float, int]:
    began = time.perf_counter()
    answer = work()
    return count / (time.perf_counter() - began), answer


def _loop(some: Sequence[AllocationRequest]) -> int:
    total = 0
    for gift in some:
        total += gift.amount_minor
    return total


def _allocate(some: Sequence[AllocationRequest], serving: dict[int, list[Offer]], book: Capacity) -> int:
    total = 0
    for gift in some:
        found = allocate(gift, serving[gift.target.project_id], book)
        book.take(gift, found)
        total += found.matched_minor
    return total


def _prove(total: int, count: int, book: Capacity) -> None:
    """What was matched has left the pots. Raises RuntimeError."""
    left = sum(book.available.values())
    if total <= 0 or total + left != 10 * 3 * count * 1_00 or min(book.available.values()) < 0:
        raise RuntimeError(f"matched {total}, left {left}: the pots do not add up")


def _resident_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE / 1e6


def run(_house: House, count: int = GIFTS) -> list[Result]:
    """In a process of its own, so that the memory is its own too."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        found = pool.submit(measure, count).result(600)
    note = f"an empty loop over the same {count:,} gifts; {found.per_cpu_second:,.0f} a second of processor time"
    kept = f"what the first half of the gifts added (the book learns to know its {DONORS:,} donors)"
    return [
        Result("allocate", found.per_second, "donations/s", found.loop_per_second, 100_000, note=note),
        Result("allocate_memory", found.second_half_mb, "MB more", max(found.first_half_mb, 0.1), note=kept),
    ]
