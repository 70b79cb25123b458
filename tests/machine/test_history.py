"""A donation's history is a chain: each move begins where the one before ended. A forged one is found."""

import pytest

from campaigns.check import check_books
from campaigns.donations.unpaid.expire import expire
from tests.world import World


def _forge(world: World, donation: object, from_: str | None, to: str) -> list[str]:
    """A row that no use case would write; returns the faults that the checker finds."""
    world.do(
        lambda tx: tx.run(
            """INSERT INTO donation_history (donation_id, from_status, to_status, at, cause)
               VALUES (:id, :from_, :to, :now, 'forged')""",
            id=donation,
            from_=from_,
            to=to,
            now=tx.now,
        )
    )
    with world.db.snapshot() as tx:
        return check_books(tx)


def test_every_way_that_a_donation_can_go_is_a_chain(world: World) -> None:
    world.pot(500_00)
    late, refunded, disputed = (world.give(100_00) for _ in range(3))
    world.clock.advance(minutes=15)
    expire(world.deps)
    for gift in (late, refunded, disputed):
        world.pay(gift)
    world.refund(refunded, 100_00)
    world.dispute(disputed)
    world.dispute(disputed, "won")
    world.settle()
    world.check()


@pytest.mark.parametrize(("from_", "to"), [("expired", "paid"), (None, "paid"), ("pending", "paid")])
def test_a_forged_move_to_where_it_stands_breaks_the_chain(world: World, from_: str | None, to: str) -> None:
    """Each of these moves is allowed, and the history still ends at the status: only the chain tells."""
    paid = world.pay(world.give(100_00))
    came = from_ or "nothing"
    assert _forge(world, paid.id, from_, to) == [
        f"history_is_a_chain: donation {paid.id} went on from {came} after it had come to paid"
    ]
