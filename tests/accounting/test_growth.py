"""Vouchers of many transfers are summed by the database: a run's memory does not grow with them."""

import tracemalloc

from campaigns.accounting.book import book
from kernel.clock import local_day
from ledger.chart import bank, clearing
from ledger.kinds import TransferKind
from ledger.post import Transfer, post
from tests.world import World


def _peak_of_run(world: World, transfers: int, name: str) -> int:
    """Return the most bytes that Python held while vouchers of so many new transfers were made."""
    accounts = (bank(), clearing("stripe"))
    posted = [Transfer(f"{name}:{number}", *accounts, 1, TransferKind.PAYOUT) for number in range(transfers)]
    world.do(lambda tx: post(tx, posted))
    tracemalloc.start()
    booked = book(world.deps, "test", local_day(world.clock.at))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (booked.vouchers, booked.transfers) == (1, transfers)
    return peak


def test_the_memory_of_a_run_does_not_grow_with_its_transfers(world: World) -> None:
    book(world.deps, "test", local_day(world.clock.at))
    few = _peak_of_run(world, 200, "few")
    assert _peak_of_run(world, 4_000, "many") < 2 * few
    world.check()
