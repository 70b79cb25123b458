"""The seams of the controls find their statements, and fail when they do not."""

from threading import Barrier

import pytest

from kernel.db import Tx
from tests.races.runners import PATIENCE_S, at_once, without_lock
from tests.world import World


def _claimed_by_two(world: World) -> list[int]:
    """How many campaigns each of two transactions could claim; they keep them until both have tried."""
    both = Barrier(2)

    def claim(tx: Tx) -> int:
        claimed = tx.rows("SELECT id FROM campaign FOR UPDATE SKIP LOCKED /* lock:campaign */")
        both.wait(PATIENCE_S)
        return len(claimed)

    return sorted(at_once(*[lambda: world.do(claim)] * 2))


def test_without_its_lock_a_marked_statement_claims_twice(world: World) -> None:
    assert _claimed_by_two(world) == [0, 1]
    with without_lock("campaign"):
        assert _claimed_by_two(world) == [1, 1]


def test_a_control_whose_marker_is_gone_fails(world: World) -> None:
    with pytest.raises(AssertionError, match="lock:nowhere"), without_lock("nowhere"):
        world.do(lambda tx: tx.rows("SELECT id FROM campaign FOR UPDATE /* lock:campaign */"))
