"""Calls to a provider run side by side, so that a run of a job takes as long as a few of them."""

from threading import Barrier

import pytest

from payments.gateway import GatewayUnavailable
from payments.side_by_side import MOST_CALLS, side_by_side

WAIT_S = 10


def test_calls_run_at_the_same_time_and_results_keep_their_order() -> None:
    all_at_once = Barrier(MOST_CALLS)

    def call(number: int) -> int:
        all_at_once.wait(WAIT_S)  # breaks when they come one after the other
        return number * 10

    assert side_by_side(call, range(2 * MOST_CALLS)) == [number * 10 for number in range(2 * MOST_CALLS)]
    assert side_by_side(call, []) == []


def test_a_call_that_fails_is_not_lost() -> None:
    def call(number: int) -> int:
        if number == 3:
            raise GatewayUnavailable
        return number

    with pytest.raises(GatewayUnavailable):
        side_by_side(call, range(5))
