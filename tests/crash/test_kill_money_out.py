"""Kill -9 inside each step from the division of a released campaign to the vouchers of the books: the same step
again heals it, and the books end to the fen as they should."""

from collections.abc import Callable
from datetime import datetime
from importlib import import_module
from typing import Any, NamedTuple

import pytest

from campaigns.accounting.book import book
from campaigns.check import check_books
from campaigns.closing.publication.notices import correct
from campaigns.closing.reconciliation.reconcile import compare
from campaigns.dependencies import Dependencies
from campaigns.desks.receipt_desk import Issued, issue
from campaigns.donations.donors.payer import Payer
from campaigns.donations.receipts.receipt_requests import request_receipt
from campaigns.import_plan import Confirmation
from campaigns.imports.kinds import ImportRequest, import_file
from campaigns.monthly.publish import publish_statements
from campaigns.payouts import plans
from campaigns.payouts.allot import allot
from campaigns.payouts.bank_marks import mark_by_statement
from campaigns.payouts.remittances import mark_returned
from campaigns.spending import vouchers
from campaigns.spending.vouchers import Photo
from kernel.clock import FixedClock, local_day
from kernel.db import Database, Tx
from kernel.keys import Keys
from payments.stripe import StripeGateway
from tests.crash.victim import die_after
from tests.forked import killed_in
from tests.payouts.released import HOST_ACCOUNT, account, release
from tests.payouts.reports import answer, report
from tests.world import World

PAID = "账号,记账日期,金额,附言,摘要,流水号\n4455,{day},-150.00,{reference},拨款,F1\n"


def _in_transaction(act: Callable[..., Any], *args: Any) -> Callable[[Dependencies], Any]:
    def do(deps: Dependencies) -> Any:
        with deps.db.transaction() as tx:
            return act(tx, *args)

    return do


def _of_plan(act: Callable[..., Any], actor: str) -> Callable[[Dependencies], Any]:
    """Do something to the only plan; a plan that was rolled back took a number with it."""
    return _in_transaction(lambda tx: act(tx, tx.scalar("SELECT max(id) FROM payout_plan"), actor))


def _import(deps: Dependencies) -> None:
    with deps.db.transaction() as tx:
        day, reference = local_day(tx.now), tx.scalar("SELECT max(end_to_end_id) FROM remittance")
    file = PAID.format(day=day, reference=reference)
    import_file(deps, ImportRequest("bank", Confirmation("finance")), file.encode())


def _answer(deps: Dependencies) -> None:
    with deps.db.transaction() as tx:
        reference = tx.scalar("SELECT max(end_to_end_id) FROM remittance")
    file = report(answer(reference, "ACSP"), message=reference.partition("-")[0])
    import_file(deps, ImportRequest("payment_report", Confirmation("finance")), file)


def _issue(tx: Tx) -> None:
    receipt = tx.scalar("SELECT max(id) FROM receipt_request")
    issue(tx, receipt, Issued("410100", "0000042", "a1b2c3", local_day(tx.now)), "finance")


def _book(deps: Dependencies) -> None:
    with deps.db.transaction() as tx:
        day = local_day(tx.now)
    book(deps, "finance", day)


# The steps in their order: what is done, and after what of it the process dies: before the commit, and after it.
STEPS: dict[str, tuple[Callable[[Dependencies], Any], tuple[str, str]]] = {
    "division": (lambda deps: allot(deps), ("campaigns.payouts.allot", "post")),
    "plan": (_in_transaction(plans.make_plan, "day", "maker"), ("campaigns.payouts.plans", "record_audit")),
    "approval": (_of_plan(plans.approve, "checker"), ("campaigns.payouts.plans", "post")),
    "file": (_of_plan(plans.send, "maker"), ("campaigns.payouts.plans", "record_audit")),
    "answer": (_answer, ("campaigns.payouts.bank_answers", "refuse_together")),
    "statement": (_import, ("campaigns.bank.import_lines", "_store")),
    "matching": (_in_transaction(compare), ("campaigns.closing.reconciliation.reconcile", "match_bank")),
    "paid mark": (lambda deps: mark_by_statement(deps), ("campaigns.payouts.remittances", "post")),
    "spending": (
        _in_transaction(lambda tx: vouchers.check(tx, tx.scalar("SELECT max(id) FROM spending"), "finance")),
        ("campaigns.spending.vouchers", "record_audit"),
    ),
    "returned": (
        _in_transaction(
            lambda tx: mark_returned(
                tx, tx.scalar("SELECT max(id) FROM remittance"), local_day(tx.now), "no such account", "finance"
            )
        ),
        ("campaigns.payouts.remittances", "post"),
    ),
    "receipt": (_in_transaction(_issue), ("campaigns.desks.receipt_desk", "queue_letters")),
    "correction": (
        _in_transaction(correct, "day", "a refund", "finance"),
        ("campaigns.closing.publication.notices", "record_audit"),
    ),
    "vouchers": (_book, ("campaigns.accounting.book", "_store")),
    "monthly": (lambda deps: publish_statements(deps), ("campaigns.monthly.publish", "_statements")),
}
COMMITTED = ("kernel.db", "Tx.committed")


class Order(NamedTuple):
    """Which step to do, after what to die, and where."""

    step: str
    failpoint: tuple[str, str]
    database_url: str
    now: datetime


def run(order: Order) -> None:
    """Do the step, and die in it."""
    db = Database(order.database_url, FixedClock(order.now))
    gateway = StripeGateway("sk_test_offline", "http://127.0.0.1:9", ("card",), timeout_s=1)
    deps = Dependencies(db, gateway, Keys("test-secret", "test-field-key"), "http://127.0.0.1")
    import_module(order.failpoint[0])
    die_after(*order.failpoint)
    STEPS[order.step][0](deps)


def _voucher(world: World) -> vouchers.Voucher:
    return vouchers.Voucher(30_00, local_day(world.clock.at), "NO. 1", "一周的菜", "")


def sums(world: World) -> Any:
    """All balances of the books by kind, and how many rows each step has left."""
    tables = ("allotment", "payout_plan", "remittance", "bank_line", "bank_claim", "public_notice", "voucher")

    def read(tx: Any) -> Any:
        kinds = tx.rows("SELECT kind, sum(balance_minor) FROM ledger_account GROUP BY kind ORDER BY kind")
        return [tuple(row) for row in kinds], [tx.scalar(f"SELECT count(*) FROM {table}") for table in tables]

    return world.do(read)


@pytest.mark.parametrize("failpoint", ["before the commit", "after it"])
def test_each_step_killed_and_done_again_ends_to_the_fen(world: World, failpoint: str) -> None:
    gifts = [world.pay(world.give(amount, 0)) for amount in (100_00, 60_00)]
    release(world)
    for code, *new in (("4101",), ("41", HOST_ACCOUNT)):
        account(world, code, *new)
    world.refund(gifts[1], 10_00)
    url = world.db.engine.url.render_as_string(hide_password=False)
    for step, (act, before) in STEPS.items():
        died_after = before if failpoint == "before the commit" else COMMITTED
        if step == "monthly":
            world.clock.advance(days=40)
        elif step == "spending":
            world.do(vouchers.enter, world.projects[0], _voucher(world), Photo("f" * 32, "hash"), "liaison")
        elif step == "receipt":
            payer = Payer("person", "王小明", "", "wang@example.org")
            world.do(request_receipt, world.deps.keys, gifts[0].id, payer)
        killed_in(run, Order(step, died_after, url, world.clock.at))
        try:
            act(world.deps)
        except Exception as refused:  # done before the crash: the same again is refused or changes nothing
            assert failpoint == "after it", (step, refused)
        with world.db.snapshot() as tx:
            assert check_books(tx) == [], step
    kinds, counts = sums(world)
    balances = dict(kinds)
    assert (balances["payable"], balances["donations"], balances["allotted"]) == (0, 150_00, -150_00)
    assert balances["bank"] == -1_000_000_00, "the fund's deposit: what was paid came back"
    assert counts == [1, 1, 1, 1, 1, 2, counts[-1]] and counts[-1] > 0
