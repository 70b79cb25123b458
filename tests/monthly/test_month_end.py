"""A month ends at midnight in Shanghai, for statements and vouchers alike."""

from datetime import datetime, timedelta

from campaigns.accounting.book import book
from campaigns.accounting.reading import vouchers
from campaigns.monthly.publish import publish_statements
from campaigns.monthly.reading import published
from kernel.clock import SHANGHAI, FixedClock
from kernel.db import Database
from tests.world import World, build

MIDNIGHT = datetime(2026, 10, 1, tzinfo=SHANGHAI)
LAST_SECOND = MIDNIGHT - timedelta(seconds=1)


def test_gifts_of_the_last_and_the_first_second_stand_in_different_months(db: Database, clock: FixedClock) -> None:
    clock.at = MIDNIGHT - timedelta(hours=1)
    world = build(db, clock)
    for at, amount_minor in ((LAST_SECOND, 100_01), (MIDNIGHT, 7_03)):
        clock.at = at
        world.pay(world.give(amount_minor))
    clock.advance(days=32)
    publish_statements(world.deps)
    book(world.deps, "finance")
    assert figures(world, "2026-09") == (0, 100_01, 100_01, 100_01)
    assert figures(world, "2026-10") == (100_01, 7_03, 107_04, 7_03)
    assert world.totals().raised_minor == 107_04
    world.check()


def figures(world: World, month: str) -> tuple[int, int, int, int]:
    """What a village had, received and has by its statement of a month, and what the event booked in that month."""
    statement = world.do(published, "41010101", month).statement
    rows, _count = world.do(vouchers, month, world.slug)
    booked = sum(row.amount_minor for row in rows)
    return (statement["opening_minor"], statement["received_minor"], statement["closing_minor"], booked)
