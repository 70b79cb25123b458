"""A giving day whose provider is the real sandbox: its own process, its own clock (which is the real time)."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kernel.clock import FixedClock
from kernel.db import Database
from tests.closing.day import Day
from tests.payments.servers import Receiver, start_sandbox


@pytest.fixture
def clock() -> FixedClock:
    """Starts at the real now, because the provider dates its lines by it."""
    return FixedClock(datetime.now(UTC))


@pytest.fixture
def day(db: Database, clock: FixedClock, tmp_path: Path) -> Iterator[Day]:
    """A campaign of the real now, and the sandbox that takes its money."""
    receiver = Receiver()
    server = start_sandbox(tmp_path, receiver)
    yield Day.begin(db, clock, server)
    server.child.stop()
    receiver.close()
