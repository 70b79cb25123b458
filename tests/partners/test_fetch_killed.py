"""kill -9 wherever a fetched bill may be: nothing of it is lost or comes twice, and what is said of it is true."""

import os
import signal
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
import requests

from campaigns.closing.reconciliation import import_statement
from campaigns.imports import fetch_bills
from campaigns.imports.fetch_bills import fetch_due
from kernel.clock import FixedClock
from kernel.db import Database
from tests.forked import killed_in
from tests.offline import offline_deps
from tests.partners.test_fetched_bills import FUNDS, TRADES, alipay, came, lines, the_next_day, theirs, wechat
from tests.partners.vendor_bills import alipay_zip, gzipped, wechat_funds, wechat_trades
from tests.partners.vendor_servers import FILES, Vendors
from tests.world import World

__all__ = ["theirs"]
OUTSIDE = ("HTTPS_PROXY", "REQUESTS_CA_BUNDLE", "NO_PROXY")  # by which the two are reached


def die(*_: Any, **__: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def after(work: Callable[..., Any]) -> Callable[..., None]:
    return lambda *args, **named: die(work(*args, **named))


def _part_of_the_file() -> None:
    whole = requests.Response.iter_content

    def part(self: requests.Response, *args: Any, **named: Any) -> Iterator[Any]:
        for content in whole(self, *args, **named):
            yield content
            if FILES in self.url:
                die()

    requests.Response.iter_content = part  # type: ignore[assignment]


def _set(module: Any, name: str, work: Callable[..., Any]) -> Callable[[], None]:
    return lambda: setattr(module, name, work)


# When it dies, and whether the bill was booked by then.
MOMENTS: dict[str, tuple[Callable[[], None], bool]] = {
    "before it asks": (_set(fetch_bills, "fetch_bill", die), False),
    "in the download": (_part_of_the_file, False),
    "between the file and its booking": (_set(fetch_bills, "import_file", die), False),
    "with lines, before the commit": (_set(import_statement, "record_audit", die), False),
    "at the end of the booking": (_set(fetch_bills, "_keep", after(fetch_bills._keep)), False),
    "after the commit": (_set(fetch_bills, "import_file", after(fetch_bills.import_file)), True),
}


def fetch_and_die(url: str, at: datetime, outside: dict[str, str], moment: str) -> None:
    os.environ.update(outside)
    MOMENTS[moment][0]()
    fetch_due(offline_deps(Database(url, FixedClock(at))))


def killed(world: World, database_url: str, moment: str) -> None:
    killed_in(fetch_and_die, database_url, world.clock.at, {name: os.environ[name] for name in OUTSIDE}, moment)


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_process_killed_while_fetching_leaves_all_or_nothing(
    world: World, theirs: Vendors, database_url: str, moment: str
) -> None:
    name = alipay(world)
    theirs.bills = {("alipay", "2026-09-09"): alipay_zip(TRADES)}
    the_next_day(world)
    killed(world, database_url, moment)
    whole = [("trades", "taken", "", "", 2)], [("charge", "W1", 50_00, 30), ("refund", "W1", -20_00, -12)]
    booked = MOMENTS[moment][1]
    assert (came(world, name), lines(world)) == (whole if booked else ([], []))
    assert fetch_due(world.deps) == (1 if booked else 2), "the bill of the account too, which is empty"
    assert (came(world, name)[:1], lines(world)) == whole
    world.check()


def test_a_process_killed_between_two_bills_fetches_the_second_later(
    world: World, theirs: Vendors, database_url: str
) -> None:
    name = wechat(world)
    theirs.bills = {
        ("trades", "2026-09-09"): gzipped(wechat_trades(TRADES)),
        ("funds", "2026-09-09"): gzipped(wechat_funds(FUNDS)),
    }
    the_next_day(world)
    killed(world, database_url, "after the commit")
    assert came(world, name) == [("trades", "taken", "", "", 2)]
    assert fetch_due(world.deps) == 1
    assert [(kind, count) for kind, *_, count in came(world, name)] == [("trades", 2), ("funds", 1)]
    assert len(lines(world)) == 3
    world.check()
