"""Parallel calls to a provider. Each takes tenths of a second, and a run of a job should not take minutes."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

MOST_CALLS = 8  # at a time, our default; Stripe allows a hundred per second and account


def side_by_side(call: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    """Return the results of `call` for each item, in their order. Raises what the first failing call raised."""
    with ThreadPoolExecutor(MOST_CALLS) as pool:
        return list(pool.map(call, items))
