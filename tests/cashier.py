"""A small giving day whose payments are opened at the real sandbox: fixtures for what reaches us over HTTP."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kernel.clock import FixedClock
from kernel.db import Database
from tests.payments.servers import Receiver, Server, start_sandbox
from tests.world import World, build


@pytest.fixture(scope="session")
def cashier(servers_dir: Path) -> Iterator[Server]:
    """The sandbox, a process of its own. Nobody listens to what it says: tests tell us themselves."""
    receiver = Receiver()
    server = start_sandbox(servers_dir, receiver)
    yield server
    server.child.stop()
    receiver.close()


@pytest.fixture
def clock() -> FixedClock:
    """Starts at the minute that it really is: the sandbox opens no payment whose time has passed, and the worlds of
    one minute are the same."""
    return FixedClock(datetime.now(UTC).replace(second=0, microsecond=0))


@pytest.fixture
def world(db: Database, clock: FixedClock, cashier: Server) -> World:
    return build(db, clock, cashier.gateway())
