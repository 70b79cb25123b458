"""What a provider still owes by our books is its balance: after payouts, failed ones, fees, taxes, adjustments."""

from campaigns.closing.reconciliation.discrepancies import listed
from campaigns.closing.reconciliation.fetch_statement import follow_statement
from campaigns.closing.reconciliation.three_sides import sides
from tests.closing.day import Day, clock, day

__all__ = ["clock", "day"]


def test_our_books_hold_what_the_provider_has(day: Day) -> None:
    world, server = day.world, day.server
    day.paid(500_00)
    payout = server.order("/payouts")
    server.order(f"/payouts/{payout['id']}/fail")
    day.paid(70_00)
    for kind, amount in (("stripe_fee", 2_00), ("tax_fee", 12), ("adjustment", 1_00)):
        server.order("/fees", kind=kind, amount=amount)
    world.clock.advance(seconds=60)
    follow_statement(world.deps)
    [side] = world.do(sides)
    balance = 500_00 - 3_00 + 70_00 - 42 - 2_00 - 12 - 1_00
    assert (side.stated_minor, side.sent_minor) == (balance, 0)
    assert (side.apart_minor, side.open_minor) == (-1_00, -1_00)  # the adjustment waits for a person
    rows = [row for row in world.do(listed, None, "open")[0] + day.differences() if row.cause == "adjustment"]
    assert [row.sum_minor for row in rows] == [-1_00]
    server.order("/payouts")
    world.clock.advance(seconds=60)
    follow_statement(world.deps)
    [side] = world.do(sides)
    assert (side.stated_minor, side.books_minor, side.sent_minor) == (0, 1_00, balance)
    world.check()
