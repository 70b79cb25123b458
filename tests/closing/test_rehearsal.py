"""The rehearsal beside the demo: it closes by itself up to what a person decides, and from there to the end."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app.demo import rehearsal
from app.demo.accounts import CITY
from campaigns.check import check_books
from campaigns.closing.close import close
from campaigns.closing.reconciliation.discrepancies import listed, sign_off
from campaigns.closing.waits import waits
from campaigns.dependencies import Dependencies
from campaigns.funds import deposits, funds
from campaigns.lifecycle.campaign import find_campaign
from campaigns.network import import_tree, tree_file
from campaigns.network.data import luoyang
from campaigns.payouts import plans
from campaigns.payouts.allot import allot
from campaigns.payouts.bank_marks import mark_by_statement
from kernel.clock import FixedClock
from kernel.db import Database, Tx
from payments.stripe import StripeGateway
from tests.closing.day import clock
from tests.offline import offline_deps
from tests.payments.servers import KEY, Receiver, start_sandbox

__all__ = ["clock"]


@pytest.fixture
def deps(db: Database, clock: FixedClock, tmp_path: Path) -> Iterator[Dependencies]:
    receiver = Receiver()
    server = start_sandbox(tmp_path, receiver)
    yield replace(offline_deps(db, StripeGateway(KEY, server.base, ("card",))), demo=True)
    server.child.stop()
    receiver.close()


def test_it_ends_and_closes_within_a_quarter_of_an_hour(deps: Dependencies, clock: FixedClock) -> None:
    def do(act: Any, *args: Any) -> Any:
        with deps.db.transaction() as tx:
            return act(tx, *args)

    def phase() -> str:
        return str(do(find_campaign, rehearsal.SLUG).phase)

    begun = clock.at = clock.at.replace(microsecond=0)
    do(lambda tx: import_tree.import_tree(tx, tree_file.read(luoyang()), "test"))
    fund = do(funds.create, "演练基金", "special", "test")
    do(deposits.deposit, fund, 1_000_00, "CNY", "REHEARSAL", "test")
    rehearsal.prepare(deps, fund, begun)
    assert do(find_campaign, rehearsal.SLUG).host_code == CITY

    def minutes(least: float) -> None:
        """The jobs run every quarter of a minute."""
        for _ in range(round(least * 4)):
            clock.advance(seconds=15)
            close(deps)
            rehearsal.play(deps)
            allot(deps)
            mark_by_statement(deps)

    assert phase() == "scheduled"
    minutes(1.5)
    assert phase() == "open", "it opens by itself"
    minutes(4.5)
    assert phase() == "reconciling"
    assert [(wait.code, wait.count) for wait in do(lambda tx: waits(tx, find_campaign(tx, rehearsal.SLUG)))] == [
        ("discrepancies", 3)
    ]

    def rows(tx: Tx, campaign: int | None) -> Any:
        return listed(tx, campaign, "open")[0]

    of_campaign = do(rows, do(find_campaign, rehearsal.SLUG).id)
    assert sorted(row.cause for row in of_campaign) == ["amount", "missing_here", "missing_there"]
    assert sorted((row.cause, row.sum_minor) for row in do(rows, None)) == [("fee", -5_00), ("missing_here", 66_00)]
    for row in of_campaign:
        do(sign_off, row.id, "rehearsed", "finance")
    minutes(0.25)
    assert phase() == "notice"
    minutes(3.25)
    assert phase() == "released"
    plan = do(plans.make_plan, rehearsal.SLUG, "maker")
    do(plans.approve, plan.id, "checker")
    do(plans.send, plan.id, "maker")
    minutes(0.5)
    paid = do(plans.remittances_of, plan.id)
    assert {row.state for row in paid} == {"paid"} and len(paid) == 2, "the bank pays by itself"
    assert clock.at - begun < timedelta(minutes=15)
    with deps.db.snapshot() as tx:
        assert check_books(tx) == []
