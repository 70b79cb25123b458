"""No donor waits for a stranger: one whose provider takes long holds no lock and no transaction."""

import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from kernel.clock import FixedClock
from kernel.db import Database
from tests.api.client import Api
from tests.payments.servers import Server
from tests.world import World, build

SLOW_S = 4.0


@pytest.fixture
def world(db: Database, clock: FixedClock, cashier: Server) -> World:
    """Its provider is waited for longer than it needs."""
    return build(db, clock, cashier.gateway(timeout_s=2 * SLOW_S))


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


def _asked(cashier: Server) -> bool:
    """Has the slow request reached the provider?"""
    return cashier.get("/_sandbox/faults").json() == []


def _wait_for(cashier: Server, slow: Future[Any]) -> None:
    deadline = time.monotonic() + SLOW_S
    while not _asked(cashier):
        assert not slow.done() and time.monotonic() < deadline
        time.sleep(0.02)


def test_twenty_donors_pass_one_whose_provider_sleeps(app: Flask, api: Api, world: World, cashier: Server) -> None:
    pot = world.pot(2_100_00, donor=100_00, project=2_100_00)
    cashier.order("/faults", kind="delay", path="/v1/checkout/sessions", seconds=SLOW_S)

    def give(flow: str) -> TestResponse:
        return Api(app.test_client(), world).post("/donations", api.command(100_00, payment_flow=flow))

    with ThreadPoolExecutor(5) as pool:
        slow = pool.submit(give, "redirect")
        _wait_for(cashier, slow)
        assert _open_transactions(world) == []
        assert _row_locks(world) == 0
        others = list(pool.map(give, ["intent"] * 20))
        assert not slow.done()
        assert {response.status_code for response in others} == {201}
        assert {reply.get_json()["match"]["reserved_minor"] for reply in others} == {100_00}
        answered = slow.result(3 * SLOW_S)
    assert (answered.status_code, answered.get_json()["match"]["reserved_minor"]) == (201, 100_00)
    assert world.pots()[pot].available_minor == 0
    world.check()
