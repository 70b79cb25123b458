"""Random giving days, step by step the same in the engine and in a plain model, and the books hold.

The short run is the same each time and checks the books at each tenth step and at the end of each day. The long one
(`make test-long`) looks further each time and checks them at each step.
"""

from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from kernel.clock import FixedClock
from tests.conftest import NOON
from tests.databases import Databases
from tests.machine.machine import GivingDay
from tests.world import World, build

QUIET = {"suppress_health_check": list(HealthCheck), "print_blob": True}
SHORT = settings(max_examples=7, stateful_step_count=30, derandomize=True, database=None, **QUIET)
LONG = settings(max_examples=100, stateful_step_count=60, database=None, **QUIET)
ENDS = NOON + timedelta(hours=29, minutes=30)
# Match is given in the daytime, on the first day with a break (the day begins at 12:00), and not to the very last.
WINDOWS = [
    {"opens_at": f"2026-09-{opens}", "closes_at": f"2026-09-{closes}"}
    for opens, closes in [("09T11:00", "09T12:40"), ("09T13:00", "09T21:00"), ("10T09:00", "10T17:45")]
]
Opens = Callable[[ExitStack], World]


@pytest.fixture
def opens(databases: Databases, monkeypatch: pytest.MonkeyPatch) -> Opens:
    """Opens a giving day in an empty database. Seeds of random pots are known, so that a day that was found can be
    lived again."""
    monkeypatch.setattr("matching.reveal.token_bytes", lambda size: bytes(range(size)))

    def open_world(stack: ExitStack) -> World:
        url, clock = stack.enter_context(databases.one()), FixedClock(NOON)
        return build(databases.opened(url, clock), clock, ends_at=ENDS, windows=WINDOWS)

    return open_world


def _run(opens: Opens, how: settings, every: int) -> None:
    class Here(GivingDay):
        open_world = staticmethod(opens)

    Here.every = every

    run_state_machine_as_test(Here, settings=how)


def test_any_course_of_a_day_is_as_the_plain_model_says(opens: Opens) -> None:
    _run(opens, SHORT, every=10)


@pytest.mark.long
def test_many_longer_days_are_as_the_plain_model_says(opens: Opens) -> None:
    _run(opens, LONG, every=1)
