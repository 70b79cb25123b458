"""The seams of the controls find their statements, and fail when they do not."""

import time

import pytest

from kernel.db import Tx
from tests.races.runners import at_once, without_lock
from tests.world import World


def _claim(tx: Tx) -> int:
    """How many campaigns this transaction could claim; it keeps them for a moment."""
    claimed = tx.rows("SELECT id FROM campaign FOR UPDATE SKIP LOCKED /* lock:campaign */")
    time.sleep(0.3)
    return len(claimed)


def test_without_its_lock_a_marked_statement_claims_twice(world: World) -> None:
    assert sorted(at_once(*[lambda: world.do(_claim)] * 2)) == [0, 1]
    with without_lock("campaign"):
        assert at_once(*[lambda: world.do(_claim)] * 2) == [1, 1]


def test_a_control_whose_marker_is_gone_fails(world: World) -> None:
    with pytest.raises(AssertionError, match="lock:nowhere"), without_lock("nowhere"):
        world.do(_claim)
