"""Kill -9 while differences are signed off, booked elsewhere and settled by a second bill, while an objection is
replied to, and at the release: the same step again heals it, and the books end to the fen as they should."""

from collections.abc import Callable
from datetime import datetime
from importlib import import_module
from typing import Any, NamedTuple

import pytest

from campaigns.check import check_books
from campaigns.closing.close import close
from campaigns.closing.publication.objections import NewObjection, raise_objection, reply_to
from campaigns.closing.reconciliation.discrepancies import rebook, sign_off
from campaigns.closing.reconciliation.import_statement import import_statement
from campaigns.closing.reconciliation.sign_off_together import (
    Group,
    ShownGroup,
    groups,
    sign_off_together,
)
from campaigns.closing.reconciliation.take_second import take_second_together
from campaigns.dependencies import Dependencies
from kernel.clock import FixedClock
from kernel.db import Database, Tx
from kernel.keys import Keys
from payments.partners import partners
from payments.stripe import StripeGateway
from tests.closing.partner import tell
from tests.crash.victim import die_after
from tests.forked import killed_in
from tests.world import World

HEAD = "line_id,kind,donation_id,amount_minor,fee_minor,currency,occurred_at\n"
PROVIDER = "partner:plat"
COMMITTED = ("kernel.db", "Tx.committed")


def _bill(tx: Tx, *rows: str) -> None:
    lines = "".join(f"{row},CNY,{tx.now.isoformat()}\n" for row in rows)
    import_statement(tx, "plat", HEAD + lines, "finance")


def _group(tx: Tx, cause: str) -> Group:
    return next(row for row in groups(tx, 1) if row.cause == cause)


def _of_gift(tx: Tx) -> int:
    """The difference of the gift that the platform does not bill as we know it."""
    row: int = tx.scalar("SELECT id FROM discrepancy WHERE cause = 'amount'")
    return row


def _sign_group(tx: Tx) -> None:
    group = _group(tx, "missing_here")
    shown = ShownGroup(PROVIDER, group.cause, group.day, 2, 12_00)
    sign_off_together(tx, "day", shown, "of another shop", "finance", "foreign_money")


def _take_bill(tx: Tx) -> None:
    group = _group(tx, "contradiction")
    take_second_together(tx, "day", group.shown, "the platform was asked", "finance")


# The steps in their order: what one transaction does, and after what of it the process dies before the commit.
STEPS: dict[str, tuple[Callable[[Tx], Any], tuple[str, str]]] = {
    "first bill": (
        lambda tx: _bill(tx, "L1,charge,T-1,4900,0", "L2,charge,X-1,700,0", "L3,charge,X-2,500,0"),
        ("payments.statements", "_insert"),
    ),
    "signature": (
        lambda tx: sign_off(tx, _of_gift(tx), "a charge", "finance", "bank_charges"),
        ("campaigns.closing.reconciliation.discrepancies", "post"),
    ),
    "other account": (
        lambda tx: rebook(tx, _of_gift(tx), "fee_taxes", "a tax", "finance"),
        ("campaigns.closing.reconciliation.discrepancies", "booking_transfers"),
    ),
    "signatures": (_sign_group, ("campaigns.closing.reconciliation.sign_off_together", "booking_transfers")),
    "second bill": (
        lambda tx: _bill(tx, "L1,charge,T-1,5000,0", "L2,charge,X-1,700,0"),
        ("campaigns.closing.reconciliation.import_statement", "keep_dropped"),
    ),
    "whole bill": (_take_bill, ("campaigns.closing.reconciliation.take_second", "store")),
}


class Order(NamedTuple):
    """Which step to do, after what to die, and where."""

    step: str
    failpoint: tuple[str, str]
    database_url: str
    now: datetime


def _do(deps: Dependencies, step: str) -> None:
    if step == "release":
        close(deps)
        return
    if step == "reply":
        with deps.db.transaction() as tx:
            reply_to(tx, tx.scalar("SELECT max(id) FROM objection"), "a sum", "it is right", "host")
        return
    with deps.db.transaction() as tx:
        STEPS[step][0](tx)


def run(order: Order) -> None:
    """Do the step, and die in it."""
    db = Database(order.database_url, FixedClock(order.now))
    gateway = StripeGateway("sk_test_offline", "http://127.0.0.1:9", ("card",), timeout_s=1)
    deps = Dependencies(db, gateway, Keys("test-secret", "test-field-key"), "http://127.0.0.1")
    import_module(order.failpoint[0])
    die_after(*order.failpoint)
    _do(deps, order.step)


def _kill(world: World, step: str, before: tuple[str, str], failpoint: str) -> None:
    """Die in a step, do it again, and check the books after each."""
    url = world.db.engine.url.render_as_string(hide_password=False)
    died_after = before if failpoint == "before the commit" else COMMITTED
    killed_in(run, Order(step, died_after, url, world.clock.at))
    with world.db.snapshot() as tx:
        assert check_books(tx) == [], step
    try:
        _do(world.deps, step)
    except Exception as refused:  # done before the crash: the same again is refused or changes nothing
        assert failpoint == "after it", (step, refused)
    with world.db.snapshot() as tx:
        assert check_books(tx) == [], step


def _balances(world: World) -> dict[str, int]:
    rows = world.do(
        lambda tx: tx.rows(
            """SELECT kind, CAST(sum(balance_minor) AS bigint) AS minor FROM ledger_account
                WHERE kind <> 'bank' GROUP BY kind HAVING sum(balance_minor) <> 0"""
        )
    )
    return {row.kind: row.minor for row in rows}


@pytest.mark.parametrize("failpoint", ["before the commit", "after it"])
def test_each_step_of_closing_killed_and_done_again_ends_to_the_fen(world: World, failpoint: str) -> None:
    world.do(partners.create, world.deps.keys, "plat", "平台")
    tell(world, "plat", "T-1", 50_00)
    world.settle()
    for step, (_, before) in STEPS.items():
        _kill(world, step, before, failpoint)
    # The second bill has the gift as we know it, and one of the two lines of another shop no more.
    left = _balances(world)
    assert (left["foreign_money"], left.get("fee_taxes", 0), left["clearing"]) == (7_00, 0, -57_00)
    _release(world, failpoint)


def _release(world: World, failpoint: str) -> None:
    def publish(tx: Tx) -> None:
        tx.run("UPDATE campaign SET phase = 'notice', phase_since = :now, notice_s = 60", now=tx.now)
        tx.run(
            """INSERT INTO campaign_history (campaign_id, from_phase, to_phase, at, actor)
               SELECT id, 'open', 'notice', now(), 'test' FROM campaign WHERE slug = 'day'"""
        )

    world.pot(20_00)
    world.pay(world.give(15_00))
    world.do(publish)
    world.do(raise_objection, world.deps.keys, "day", NewObjection("A sum is not right."))
    _kill(world, "reply", ("campaigns.closing.publication.objections", "record_audit"), failpoint)
    world.clock.advance(seconds=61)
    url = world.db.engine.url.render_as_string(hide_password=False)
    died_after = ("campaigns.closing.close", "disburse_match") if failpoint == "before the commit" else COMMITTED
    killed_in(run, Order("release", died_after, url, world.clock.at))
    close(world.deps)
    left = _balances(world)
    assert (world.phase(), left["pot_released"], left.get("pot_free", 0)) == ("released", 15_00, 0)
