"""Books, provider and bank side by side: what arrived is matched, what differs is a difference with its cause."""

from datetime import timedelta
from typing import Any

import pytest

from campaigns.closing.reconciliation import discrepancies, three_sides
from campaigns.closing.reconciliation.discrepancies import listed, sign_off
from campaigns.closing.reconciliation.import_statement import import_statement
from campaigns.closing.reconciliation.reconcile import compare
from campaigns.closing.waits import waits
from campaigns.funds import deposits
from campaigns.import_plan import Confirmation
from campaigns.imports.kinds import ImportRequest, import_file
from campaigns.lifecycle.campaign import find_campaign
from kernel.clock import local_day
from payments.gateway import StatementLine
from payments.partners import partners
from payments.statements import store
from tests.world import ACTOR, World

HEAD = "账号,记账日期,金额,附言,摘要,流水号\n"


def bank(world: World, *rows: tuple[Any, ...]) -> None:
    """A bank statement: amount in fen, reference, day from now on, text, number."""
    today = local_day(world.clock.at)
    text = HEAD
    for nth, (amount_minor, reference, days, *rest) in enumerate(rows):
        note, number = (*rest, "", "")[:2]
        day, yuan = today + timedelta(days=days), f"{amount_minor / 100:.2f}"
        text += f"4100,{day},{yuan},{reference},{note},{number or f'B{nth}'}\n"
    import_file(world.deps, ImportRequest("bank", Confirmation(ACTOR)), text.encode())


def payouts(world: World, *rows: tuple[str, int, int]) -> None:
    """Payouts of the provider: id, what it sent (fen; below zero: what came back to it), day."""
    lines = [
        StatementLine(
            provider="stripe",
            kind="payout",
            line_id=f"txn_{name}",
            source_id=name,
            payment_intent=None,
            donation_id=None,
            amount_minor=-amount_minor,
            fee_minor=0,
            currency="CNY",
            occurred_at=world.clock.at + timedelta(days=day),
        )
        for name, amount_minor, day in rows
    ]
    world.do(store, lines)
    world.do(compare)


def differences(world: World, state: str = "open") -> list[tuple[str, str, int]]:
    rows = world.do(listed, None, state)[0]
    return sorted((row.cause, row.reference, row.sum_minor) for row in rows if row.provider == "bank")


def claims(world: World) -> list[tuple[Any, ...]]:
    rows = world.do(
        lambda tx: tx.rows(
            """SELECT l.line_id, c.kind, c.item, c.how FROM bank_claim c JOIN bank_line l ON l.id = c.bank_line_id
                WHERE c.kind <> 'deposit' ORDER BY l.line_id, c.item"""
        )
    )
    return [tuple(row) for row in rows]


@pytest.fixture
def at_bank(world: World) -> World:
    """The deposit of the fund is on the bank's statement, so that all that differs is of the test."""
    bank(world, (1_000_000_00, "D-1", 0, "", "DEPOSIT"))
    assert differences(world) == []
    return world


def test_the_closing_waits_for_what_a_provider_of_its_gifts_sent(at_bank: World) -> None:
    """A transfer of nobody is the federation's matter; a payout that did not arrive in full is the campaign's."""
    world = at_bank

    def waits_for() -> list[tuple[str, int]]:
        campaign = world.do(find_campaign, world.slug)
        campaign.phase = "reconciling"
        return [(wait.code, wait.count) for wait in world.do(waits, campaign) if wait.code == "bank"]

    payouts(world, ("po_100001", 500_00, 0))
    bank(world, (490_00, "po_100001", 1), (88_00, "", 3))
    assert waits_for() == [], "no gift came through this provider"
    world.pay(world.give(10_00))
    assert waits_for() == [("bank", 1)]
    unequal = next(row for row in world.do(listed, None)[0] if row.cause == "amount")
    world.do(sign_off, unequal.id, "a fee of the bank", "finance")
    assert waits_for() == []


def test_payouts_are_matched_by_reference_by_amount_and_together(at_bank: World) -> None:
    world = at_bank
    payouts(
        world,
        ("po_100001", 500_00, 0),
        ("po_2", 70_00, 1),
        ("po_3", 10_00, 2),
        ("po_4", 20_00, 3),
        ("po_5", 5_00, 4),
    )
    bank(world, (70_00, "", 2), (500_00, "结算 po_100001", 9), (35_00, "周结", 5))
    assert claims(world) == [
        ("B0", "payout", "txn_po_2", "amount"),
        ("B1", "payout", "txn_po_100001", "reference"),
        ("B2", "payout", "txn_po_3", "amount"),
        ("B2", "payout", "txn_po_4", "amount"),
        ("B2", "payout", "txn_po_5", "amount"),
    ]
    assert differences(world) == [("late", "4100 B1", 0)]  # nine days on its way
    world.check()


def test_every_cause_is_named(at_bank: World) -> None:
    world = at_bank
    payouts(
        world, ("po_100001", 500_00, 0), ("po_200002", 70_00, 1), ("po_300003", 33_00, 1), ("po_400004", 44_00, 1)
    )
    bank(
        world,
        (490_00, "po_100001", 1),  # less than was sent
        (70_00, "po_200002", 2),
        (70_00, "po_200002", 3),  # twice
        (44_00, "po_400004", 2, "", "N4"),
        (-44_00, "po_400004", 3, "冲正", "N4"),  # and taken back
        (88_00, "", 3),  # of nobody
        (-15_00, "", 3, "账户管理费"),
        (12_00, "", 4, "", "N7"),
        (-12_00, "", 4, "冲正", "N7"),  # a mistake of the bank that it mended
        (1, "", 20),  # the statement goes on: po_300003 never came
    )
    assert differences(world) == [
        ("amount", "4100 B0", -10_00),
        ("duplicate", "4100 B2", 70_00),
        ("fee", "4100 B6", -15_00),
        ("missing_here", "4100 B5", 88_00),
        ("missing_here", "4100 B9", 1),
        ("missing_there", "payout stripe txn_po_300003", -33_00),
        ("refund", "4100 N4/reversal", -44_00),
    ]
    [account] = world.do(three_sides.at_bank)
    assert account.unexplained == len([row for row in differences(world) if row[1].startswith("4100 ")]) - 1
    world.check()
    payouts(world, ("po_500005", -44_00, 4))  # the provider says that it failed: payout_failure
    assert ("refund", "4100 N4/reversal", -44_00) not in differences(world)
    world.check()


def test_a_signed_off_bank_difference_is_booked_to_suspense(at_bank: World) -> None:
    world = at_bank
    before = world.do(lambda tx: tx.scalar("SELECT balance_minor FROM ledger_account WHERE kind = 'bank'"))
    bank(world, (88_00, "", 3))
    [row] = [row for row in world.do(listed, None, "open")[0] if row.provider == "bank"]
    world.do(sign_off, row.id, "a gift of a firm, to be placed", "finance")
    after = world.do(lambda tx: tx.scalar("SELECT balance_minor FROM ledger_account WHERE kind = 'bank'"))
    assert after - before == -88_00  # what we hold outside is negative
    assert (
        world.do(lambda tx: tx.scalar("SELECT balance_minor FROM ledger_account WHERE kind = 'suspense'")) == 88_00
    )
    world.check()
    world.do(discrepancies.reopen, row.id, "it is a deposit", "finance")
    world.do(deposits.deposit, world.fund, 88_00, "CNY", "FIRM-2026", ACTOR)
    world.do(compare)
    assert differences(world) == []
    world.check()


def test_days_that_a_partner_settles_without_a_payout_on_its_bill(at_bank: World) -> None:
    world = at_bank
    world.do(partners.create, world.deps.keys, "plat", "平台")
    text = "line_id,kind,donation_id,amount_minor,fee_minor,currency,occurred_at\n"
    for nth, (amount_minor, fee_minor, day) in enumerate(
        [(100_00, 60, 0), (50_00, 30, 0), (20_00, 12, 1), (30_00, 0, 2)]
    ):
        at = (world.clock.at + timedelta(days=day)).isoformat()
        text += f"L{nth},charge,g{nth},{amount_minor},{fee_minor},CNY,{at}\n"
    world.do(import_statement, "plat", text, ACTOR)
    bank(world, (149_10, "平台结算", 1), (49_88, "平台结算", 3))  # a day, and two together
    assert [(line, kind) for line, kind, _, _ in claims(world)] == [
        ("B0", "settlement"),
        *[("B1", "settlement")] * 2,
    ]
    assert differences(world) == []
    held = world.do(
        lambda tx: tx.scalar(
            "SELECT balance_minor FROM ledger_account WHERE kind = 'clearing' AND provider = 'partner:plat'"
        )
    )
    # All that the bill has went to the bank; its gifts are not known here, which is listed of the partner.
    assert held == 198_98 + 1_02
    world.do(compare)
    world.check()
