"""`check-books` sees money, not only books: each kind of wrongness, planted by hand, is named; what waits for a
person is counted and no fault."""

from typing import Any

import pytest

from campaigns.check import check_books, summary
from campaigns.closing.reconciliation.import_statement import import_statement
from campaigns.closing.reconciliation.reconcile import compare
from kernel.clock import FixedClock
from kernel.db import Database
from payments.partners import partners
from tests.closing.partner import tell
from tests.world import ACTOR, World, build

HEAD = "line_id,kind,donation_id,amount_minor,fee_minor,currency,occurred_at\n"
GIFT = "(SELECT id FROM donation WHERE payment_reference = 'g-1')"
SUCCESS = "(SELECT id FROM inbox_event WHERE body ->> 'type' = 'payment_intent.succeeded')"
WEB = "(SELECT id FROM donation WHERE provider = 'stripe')"


@pytest.fixture
def reported(db: Database, clock: FixedClock) -> World:
    return build(db, clock, then=_report)


def _report(world: World) -> None:
    """A partner's gifts of 50.00 (20.00 of it refunded) and 30.00 on its bill, and a gift through the provider of
    which 10.00 are disputed and lost."""
    world.pot(500_00)
    world.do(partners.create, world.deps.keys, "plat", "平台")
    tell(world, "plat", "g-1", 50_00)
    tell(world, "plat", "g-1", 20_00, kind="refunded")
    tell(world, "plat", "g-2", 30_00)
    web = world.give(100_00)
    world.do(lambda tx: tx.run("UPDATE donation SET provider = 'stripe' WHERE id = :id", id=web.id))
    world.pay(web)
    world.dispute(web)
    world.dispute(web, "lost")
    world.settle()
    world.clock.advance(seconds=60)
    at = world.clock.at.isoformat()
    rows = [
        f"L-1,charge,g-1,5000,30,CNY,{at}",
        f"L-2,refund,g-1,-2000,0,CNY,{at}",
        f"L-3,charge,g-2,3000,18,CNY,{at}",
        f"L-4,payout,,-4000,0,CNY,{at}",
        f"L-5,fee,,-200,0,CNY,{at}",
    ]
    world.do(import_statement, "plat", HEAD + "\n".join(rows), ACTOR)
    world.clock.advance(seconds=60)
    assert faults(world) == []


def faults(world: World) -> list[str]:
    with world.db.snapshot() as tx:
        return check_books(tx)


def plant(world: World, *statements: str) -> list[str]:
    """Do by hand what no use case does, and return the names of the checks that see it."""
    world.do(lambda tx: [tx.run(statement) for statement in statements])
    return sorted({fault.split(":")[0] for fault in faults(world)})


@pytest.mark.parametrize(
    ("name", "statements"),
    [
        # What messages said.
        (
            "payments_told_are_money",
            [f"UPDATE donation SET payment_intent = 'pi_another' WHERE id = {WEB}"],
        ),
        (
            "payments_told_are_money",
            [f"UPDATE inbox_work SET state = 'ignored', note = '' WHERE inbox_id = {SUCCESS}"],
        ),
        (
            "gifts_told_are_donations",
            ["UPDATE donation SET provider = 'partner:other' WHERE payment_reference = 'g-2'"],
        ),
        ("gifts_told_are_donations", ["UPDATE donation SET amount_minor = 3001 WHERE payment_reference = 'g-2'"]),
        (
            "donations_follow_reversals",
            [f"UPDATE donation SET refunded_minor = 0, excess_minor = 0 WHERE id = {GIFT}"],
        ),
        ("donations_follow_reversals", [f"UPDATE donation SET refunded_minor = 1000 WHERE id = {WEB}"]),
        (
            "reversals_told_are_facts",
            [
                "SET LOCAL session_replication_role = replica",
                "DELETE FROM reversal_fact WHERE kind = 'dispute' AND state = 'lost'",
            ],
        ),
        (
            "reversals_told_are_facts",
            [
                "SET LOCAL session_replication_role = replica",
                "UPDATE reversal_fact SET amount_minor = 1 WHERE kind = 'partner_total'",
            ],
        ),
        # What statements said.
        ("differences_are_listed", ["UPDATE provider_line SET donation_id = NULL WHERE line_id = 'L-1'"]),
        ("differences_are_listed", ["UPDATE provider_line SET amount_minor = 4999 WHERE line_id = 'L-1'"]),
        ("differences_are_listed", ["UPDATE provider_line SET amount_minor = -2001 WHERE line_id = 'L-2'"]),
        ("differences_are_listed", ["UPDATE provider_line SET kind = 'other' WHERE line_id = 'L-3'"]),
        ("differences_are_listed", ["UPDATE provider_line SET kind = 'charge' WHERE line_id = 'L-2'"]),
        ("differences_are_listed", ["UPDATE provider_line SET provider = 'stripe' WHERE line_id = 'L-3'"]),
        ("differences_are_listed", ["UPDATE provider_line SET currency = 'USD' WHERE line_id = 'L-3'"]),
        (
            "differences_are_listed",
            [
                "DELETE FROM provider_line WHERE line_id = 'L-3'",
                "UPDATE provider_line SET occurred_at = occurred_at + interval '2 days' WHERE line_id = 'L-2'",
            ],
        ),
        (
            "settled_donations_are_on_statements",
            [
                "UPDATE donation SET status = 'settled' WHERE payment_reference = 'g-2'",
                "DELETE FROM provider_line WHERE line_id = 'L-3'",
            ],
        ),
        ("fees_of_lines_are_booked", ["UPDATE provider_line SET fee_minor = 31 WHERE line_id = 'L-1'"]),
        ("fees_of_lines_are_booked", ["UPDATE provider_line SET amount_minor = -201 WHERE line_id = 'L-5'"]),
        ("payouts_are_booked", ["UPDATE provider_line SET amount_minor = -4001 WHERE line_id = 'L-4'"]),
    ],
)
def test_wrong_money_is_named(reported: World, name: str, statements: list[str]) -> None:
    assert name in plant(reported, *statements)


def test_signed_off_sums_that_are_not_in_suspense_are_named(reported: World) -> None:
    at = reported.clock.at.isoformat()
    reported.do(import_statement, "plat", f"{HEAD}L-9,charge,g-9,8800,0,CNY,{at}\n", ACTOR)
    assert faults(reported) == [], "it is on the list"
    assert "signed_off_sums_are_booked" in plant(
        reported, "UPDATE discrepancy SET state = 'signed_off', reason = 'hidden' WHERE reference = 'L-9'"
    )
    reported.do(lambda tx: tx.run("UPDATE discrepancy SET booked_minor = sum_minor WHERE reference = 'L-9'"))
    assert {fault.split(":")[0] for fault in faults(reported)} == {"signed_off_sums_are_on_their_accounts"}


def test_work_for_an_operator_is_counted_and_is_no_fault(reported: World) -> None:
    at = reported.clock.at.isoformat()
    rows = [f"M-{kind},{kind},g-9,{amount},0,CNY,{at}" for kind, amount in KINDS.items()]
    reported.do(import_statement, "plat", HEAD + "\n".join(rows), ACTOR)
    tell(reported, "plat", "g-8", 5_00, project_code="P-NONE")
    reported.settle()
    assert faults(reported) == []
    with reported.db.snapshot() as tx:
        assert f"{len(KINDS)} differences, 0 payments, 1 messages; 0 fen in suspense" in summary(tx)


KINDS: dict[str, Any] = {"charge": 88_00, "refund": -5_00, "fee": -1_00, "dispute": -7_00, "other": 3_00}


def test_every_kind_of_line_of_an_unknown_donation_is_listed_once(reported: World) -> None:
    at = reported.clock.at.isoformat()
    rows = [f"M-{kind},{kind},g-9,{amount},0,CNY,{at}" for kind, amount in KINDS.items()]
    reported.do(import_statement, "plat", HEAD + "\n".join(rows), ACTOR)
    reported.do(compare)
    listed = reported.do(lambda tx: tx.rows("SELECT cause, campaign_id, sum_minor FROM discrepancy ORDER BY id"))
    assert {row.cause: row.sum_minor for row in listed} == {
        "missing_here": 88_00,
        "refund": -5_00,
        "fee": -1_00,
        "dispute": -7_00,
        "adjustment": 3_00,
    }
    assert {row.campaign_id for row in listed} == {1}


def test_a_fee_for_a_gift_that_its_provider_does_not_have_is_a_difference(reported: World) -> None:
    line = f"""INSERT INTO provider_line (provider, kind, line_id, source_id, donation_id, amount_minor, fee_minor,
                                          currency, occurred_at, fetched_at)
               VALUES ('partner:plat', 'fee', 'L-6', 'g-3', {WEB}, -100, 0, 'CNY', :at, :at)"""
    reported.do(lambda tx: tx.run(line, at=tx.now))
    reported.do(compare)
    listed = reported.do(lambda tx: tx.rows("SELECT cause, campaign_id, reference, sum_minor FROM discrepancy"))
    assert [tuple(row) for row in listed] == [("fee", 1, "L-6", -1_00)]
    assert faults(reported) == [], "it is on the list, and not booked as a fee"
