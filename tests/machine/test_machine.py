"""Random giving days, step by step the same in the engine and in a plain model, and the books hold after each step.

The short run is the same each time; the long one looks further each time.
"""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from kernel.clock import FixedClock
from kernel.db import Database
from tests.conftest import NOON
from tests.databases import Databases
from tests.machine.machine import GivingDay
from tests.rows import rows_in
from tests.world import World, build

SHORT = settings(max_examples=10, stateful_step_count=30, print_blob=True)
LONG = settings(max_examples=100, stateful_step_count=60, print_blob=True)
ENDS = NOON + timedelta(hours=29, minutes=30)
# Match is given in the daytime, on the first day with a break (the day begins at 12:00), and not to the very last.
WINDOWS = [
    {"opens_at": f"2026-09-{opens}", "closes_at": f"2026-09-{closes}"}
    for opens, closes in [("09T11:00", "09T12:40"), ("09T13:00", "09T21:00"), ("10T09:00", "10T17:45")]
]
Opens = Callable[[ExitStack], World]


@pytest.fixture
def opens(db: Database, databases: Databases, monkeypatch: pytest.MonkeyPatch) -> Opens:
    """Opens a giving day in a database of its own, with the rows of one that was made once. Seeds of random pots
    are known, so that a day that was found can be lived again."""
    monkeypatch.setattr("matching.reveal.token_bytes", lambda size: bytes(range(size)))
    made = build(db, FixedClock(NOON), ends_at=ENDS, windows=WINDOWS)
    rows = rows_in(db)

    def open_world(stack: ExitStack) -> World:
        clock = FixedClock(NOON)
        copy = stack.enter_context(databases.copy(rows, clock))
        return replace(made, deps=replace(made.deps, db=copy), clock=clock, _events=0)

    return open_world


def _run(opens: Opens, how: settings, every: int) -> None:
    class Here(GivingDay):
        open_world = staticmethod(opens)

    Here.every = every

    run_state_machine_as_test(Here, settings=how)


def test_any_course_of_a_day_is_as_the_plain_model_says(opens: Opens) -> None:
    _run(opens, SHORT, every=3)


@pytest.mark.long
def test_many_longer_days_are_as_the_plain_model_says(opens: Opens) -> None:
    _run(opens, LONG, every=1)
