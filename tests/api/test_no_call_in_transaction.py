"""The provider is never called while a transaction is open: every method, on the ways that lead to it."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from campaigns.donations.commands import Replaced
from campaigns.donations.open_payment import open_payment
from campaigns.donations.refunds.refund import request_refund, send_refunds
from campaigns.donations.unpaid.expire import cancel, expire
from kernel.clock import FixedClock
from kernel.db import Database
from payments.gateway import PaymentGateway
from payments.stripe import StripeGateway
from tests.closing.day import Day
from tests.payments.servers import KEY, Receiver, start_sandbox
from tests.world import build

OF_DOCTOR = {"account", "endpoints"}  # asked by the command that checks an installation, with no database at hand
METHODS = {name for name in vars(PaymentGateway) if not name.startswith("_") and name != "provider"} - OF_DOCTOR


class Watched:
    """The real gateway. `called` are the methods that were called, `inside` those called while a session of this
    process's pool was in use."""

    provider = StripeGateway.provider

    def __init__(self, gateway: StripeGateway, db: Database) -> None:
        self.called: set[str] = set()
        self.inside: list[str] = []
        self._gateway = gateway
        self._db = db

    def _look(self, name: str) -> None:
        self.called.add(name)
        if self._db.engine.pool.checkedout():  # type: ignore[attr-defined]
            self.inside.append(name)

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._gateway, name)

        def call(*args: Any, **named: Any) -> Any:
            self._look(name)
            response = real(*args, **named)
            return self._lines(name, response) if isinstance(response, Iterator) else response

        return call

    def _lines(self, name: str, lines: Iterator[Any]) -> Iterator[Any]:
        """A statement is fetched page by page, while it is read."""
        for line in lines:
            self._look(name)
            yield line


@pytest.fixture
def day(db: Database, clock: FixedClock, tmp_path: Path) -> Iterator[Day]:
    """A giving day of the real now, with a sandbox of its own."""
    receiver = Receiver()
    server = start_sandbox(tmp_path, receiver)
    gateway = Watched(StripeGateway(KEY, server.base, ("card",)), db)
    world = build(db, clock, gateway, ends_at=clock.at + timedelta(hours=1))  # type: ignore[arg-type]
    yield Day(world, server)
    server.child.stop()
    receiver.close()


def _watched(day: Day) -> Watched:
    gateway = day.world.deps.gateway
    assert isinstance(gateway, Watched)
    return gateway


def test_the_provider_is_never_called_inside_a_transaction(day: Day) -> None:
    world, watched = day.world, _watched(day)
    world.pot(500_00)
    donation = day.paid()
    by_form = open_payment(world.deps, world.give(20_00), "intent", "zh")
    cancel(world.deps, by_form.id)
    own = day.pledge(5_00)
    newer = world.give(6_00, replaces=(Replaced(own.id, world.deps.keys.token(str(own.id))),))
    assert (world.view(own).status, newer.reserved_minor) == ("cancelled", 6_00)
    unheard, lapsing = day.pledge(30_00), day.pledge(40_00)
    day.server.order("/pay", reference=unheard.payment_reference)
    world.clock.advance(minutes=16)
    assert expire(world.deps) == 2  # the newer one, too, is not paid
    world.settle()
    world.do(request_refund, donation.id, 10_00, "asked by the donor", "manager")
    assert send_refunds(world.deps) == 1
    world.settle()
    for phase in ("ended", "settling", "reconciling"):
        day.walk(phase)
    statuses = [world.view(gift).status for gift in (donation, by_form, unheard, lapsing)]
    assert statuses[1:2] + statuses[3:] == ["cancelled", "expired"]
    assert {statuses[0], statuses[2]} <= {"paid", "settled"}
    assert watched.called == METHODS
    assert watched.inside == []
    world.check()


def test_control_a_call_in_a_transaction_is_seen(day: Day) -> None:
    pledged = day.pledge()
    with day.world.db.transaction() as tx:
        tx.scalar("SELECT 1")
        day.world.deps.gateway.close(str(pledged.payment_reference))
    assert _watched(day).inside == ["close"]
