"""The list of gifts to give back: failed refunds first, then those of others; a page of many reads few rows."""

from typing import Any

from campaigns.closing import give_back
from campaigns.closing.cancel import cancel, find_cancellation
from campaigns.closing.give_back import to_give_back
from kernel.db import Tx
from kernel.paging import Page
from tests.world import ACTOR, SLUG, World


def page(world: World, number: int, size: int) -> tuple[list[tuple[str, str]], int]:
    def read(tx: Tx) -> Any:
        campaign, _, left = find_cancellation(tx, SLUG)
        assert campaign.id is not None
        return to_give_back(tx, campaign.id, left, Page(number, size))

    rows, total = world.do(read)
    return [(str(row.donation_id), row.why) for row in rows], total


def test_failed_refunds_come_first_and_no_gift_is_left_out(world: World) -> None:
    gifts = [str(world.pay(world.give(10_00)).id) for _ in range(7)]
    world.give(10_00)  # unpaid
    world.do(cancel, SLUG, "暴雨", ACTOR)
    world.close()
    failed, outside = sorted(gifts[:3]), sorted(gifts[3:])
    world.do(lambda tx: tx.run("UPDATE donation SET payment_intent = NULL WHERE id = ANY(:ids)", ids=outside))
    world.do(lambda tx: tx.run("UPDATE refund SET state = 'refused'"))
    wanted = [(gift, "refund_failed") for gift in failed] + [(gift, "outside") for gift in outside]
    for size in (1, 2, 4, 50):
        pages = [page(world, number, size) for number in range(1, 9)]
        assert {total for _, total in pages} == {7}
        assert [row for rows, _ in pages for row in rows] == wanted


def test_many_gifts_are_walked_by_id_whatever_the_planner_knows(world: World) -> None:
    world.pay(world.give(10_00))

    def plan(tx: Tx) -> str:
        tx.run("DELETE FROM pg_statistic WHERE starelid = CAST('donation' AS regclass)")
        sql = f"EXPLAIN {give_back._OUTSIDE_LINES} ORDER BY d.id LIMIT 50"
        with tx.by_key():
            return "\n".join(str(row[0]) for row in tx.rows(sql, campaign=1))

    steps = world.do(plan)
    assert "Index Scan using donation_pkey" in steps and "Sort" not in steps
