"""No donor waits for a stranger: one whose provider takes long holds no lock and no transaction."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from kernel.clock import FixedClock
from kernel.db import Database
from payments.gateway import OpenedPayment, PaymentOrder
from payments.stripe import StripeGateway
from tests.api.client import Api
from tests.payments.servers import KEY, Server
from tests.world import World, build

PATIENCE_S = 60.0


class SlowGateway(StripeGateway):
    """Its page of payment opens when the test says so."""

    def __init__(self, cashier: Server) -> None:
        super().__init__(KEY, cashier.base, ("card",))
        self.asked, self.go_on = Event(), Event()

    def open_checkout(self, order: PaymentOrder) -> OpenedPayment:
        self.asked.set()
        assert self.go_on.wait(PATIENCE_S)
        return super().open_checkout(order)


@pytest.fixture
def provider(cashier: Server) -> SlowGateway:
    return SlowGateway(cashier)


@pytest.fixture
def world(db: Database, clock: FixedClock, provider: SlowGateway) -> World:
    return build(db, clock, provider)


def _open_transactions(world: World) -> list[Any]:
    """Clients of this database, other than the one that asks, that are in a transaction."""
    return list(
        world.do(
            lambda tx: tx.rows(
                """SELECT pid, state, query FROM pg_stat_activity
                    WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL
                      AND backend_type = 'client backend'"""
            )
        )
    )


def _row_locks(world: World) -> int:
    """Locks of other clients on our tables."""
    return int(
        world.do(
            lambda tx: tx.scalar(
                """SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)
                    WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'
                      AND locktype IN ('tuple', 'relation', 'transactionid')
                      AND database IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))"""
            )
        )
    )


def test_twenty_donors_pass_one_whose_provider_sleeps(
    app: Flask, api: Api, world: World, provider: SlowGateway
) -> None:
    pot = world.pot(2_100_00, donor=100_00, project=2_100_00)

    def give(flow: str) -> TestResponse:
        return Api(app.test_client(), world).post("/donations", api.command(100_00, payment_flow=flow))

    with ThreadPoolExecutor(5) as pool:
        slow = pool.submit(give, "redirect")
        assert provider.asked.wait(PATIENCE_S)
        assert _open_transactions(world) == []
        assert _row_locks(world) == 0
        others = list(pool.map(give, ["intent"] * 20))
        assert not slow.done()
        assert {response.status_code for response in others} == {201}
        assert {reply.get_json()["match"]["reserved_minor"] for reply in others} == {100_00}
        provider.go_on.set()
        answered = slow.result(PATIENCE_S)
    assert (answered.status_code, answered.get_json()["match"]["reserved_minor"]) == (201, 100_00)
    assert world.pots()[pot].available_minor == 0
    world.check()
