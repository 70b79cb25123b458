"""What is signed off is booked: our books hold what the provider holds, and the sum is shown until it is placed."""

from datetime import date
from typing import Any

import pytest

from campaigns.accounting.book import book
from campaigns.audit import entries_of
from campaigns.closing.reconciliation.bookings import BookedSum, booked_sums, positions
from campaigns.closing.reconciliation.discrepancies import listed, rebook, reopen, sign_off
from campaigns.closing.reconciliation.import_statement import import_statement
from campaigns.closing.reconciliation.reconcile import reconcile
from campaigns.closing.report import write_report
from campaigns.desks.payment_desk import dismiss
from campaigns.lifecycle.campaign import find_campaign, lock_campaign_by_id
from kernel.db import Tx
from kernel.errors import Conflict, Invalid
from payments.partners import partners
from tests.closing.partner import tell
from tests.world import ACTOR, World

HEAD = "line_id,kind,donation_id,amount_minor,fee_minor,currency,occurred_at\n"


@pytest.fixture
def partner(world: World) -> World:
    """A partner's gifts of 50.00 and 30.00; its bill has the first, and one of 88.00 that we do not know."""
    world.do(partners.create, world.deps.keys, "plat", "平台")
    tell(world, "plat", "g-1", 50_00)
    tell(world, "plat", "g-2", 30_00)
    world.settle()
    bill(world, ("L-1", "charge", "g-1", 50_00, 30), ("L-2", "charge", "g-9", 88_00, 50))
    return world


def bill(world: World, *rows: tuple[Any, ...]) -> None:
    at = world.clock.at.isoformat()
    lines = [",".join(map(str, (*row, "CNY", at))) for row in rows]
    world.do(import_statement, "plat", HEAD + "\n".join(lines) + "\n", ACTOR)


def differences(world: World, state: str = "open") -> dict[str, Any]:
    """The differences of the campaign by cause, after one more comparison."""

    def run(tx: Tx) -> Any:
        campaign = lock_campaign_by_id(tx, world.do(find_campaign, world.slug).id or 0)
        reconcile(tx, campaign)
        return listed(tx, campaign.id, state)[0]

    return {row.cause: row for row in world.do(run)}


def held(world: World) -> tuple[int, int]:
    """What the partner holds by our books, and what of it is in suspense."""
    [position] = world.do(positions)
    return position.held_minor, position.suspense_minor


def test_a_signed_off_sum_is_booked_and_shown(partner: World) -> None:
    world = partner
    open_differences = differences(world)
    assert {cause: row.sum_minor for cause, row in open_differences.items()} == {
        "missing_here": 88_00,
        "missing_there": -30_00,
    }
    assert held(world) == (80_00 - 80, 0)
    world.do(sign_off, open_differences["missing_here"].id, "theirs, not ours", "finance")
    world.do(sign_off, open_differences["missing_there"].id, "they will add it", "finance")
    assert held(world) == (50_00 + 88_00 - 80, 58_00), "what the bill says"
    campaign = world.do(find_campaign, world.slug)
    shown = [
        BookedSum("partner:plat", "missing_here", "suspense", "CNY", 1, 88_00),
        BookedSum("partner:plat", "missing_there", "suspense", "CNY", 1, -30_00),
    ]
    assert world.do(booked_sums, campaign.id) == shown
    assert world.do(write_report, campaign).report["suspense"] == [row._asdict() for row in shown]
    world.check()


def test_a_difference_that_goes_away_takes_its_sum_out_of_suspense(partner: World) -> None:
    world = partner
    world.do(sign_off, differences(world)["missing_there"].id, "they will add it", "finance")
    bill(world, ("L-3", "charge", "g-2", 30_00, 0))
    assert "missing_there" in differences(world, "matched")
    assert held(world) == (80_00 - 80, 0)
    world.check()


def test_a_sum_that_changes_is_open_again_and_out_of_suspense(partner: World) -> None:
    world = partner
    world.do(sign_off, differences(world)["missing_there"].id, "they will add it", "finance")
    bill(world, ("L-3", "charge", "g-2", 20_00, 0))
    assert differences(world)["amount"].sum_minor == -10_00
    assert held(world)[1] == 0
    world.check()


def test_a_signature_is_taken_back_for_a_reason(partner: World) -> None:
    world = partner
    open_differences = differences(world)["missing_here"]
    with pytest.raises(Conflict, match="discrepancy_not_signed_off"):
        world.do(reopen, open_differences.id, "it is not signed off", "finance")
    world.do(sign_off, open_differences.id, "theirs, not ours", "finance")
    for _ in range(2):
        again = world.do(reopen, open_differences.id, "their accountant disagrees", "finance")
        assert (again.state, again.booked_minor) == ("open", 0)
    world.do(sign_off, open_differences.id, "theirs after all", "finance")
    assert held(world)[1] == 88_00
    kinds = world.do(
        lambda tx: [row[0] for row in tx.rows("SELECT kind FROM ledger_transfer ORDER BY id DESC LIMIT 3")]
    )
    assert kinds == ["difference_booked", "difference_corrected", "difference_booked"]
    world.check()


def test_a_payment_that_was_dismissed_on_the_desk_is_in_suspense(world: World) -> None:
    donation = world.pay(world.give(50_00))
    world.tell("payment_intent.succeeded", world.intent(donation, id="pi_again", latest_charge="ch_again"))
    world.settle()
    exception = world.do(lambda tx: tx.scalar("SELECT id FROM payment_exception"))
    world.do(dismiss, exception, "the donor wants it so", "finance")
    open_differences = differences(world, "signed_off")["payment_exception"]
    assert (open_differences.reason, open_differences.actor, open_differences.booked_minor) == (
        "the donor wants it so",
        "finance",
        50_00,
    )
    assert held(world) == (100_00, 50_00)
    world.check()


def test_the_fee_of_a_payment_on_the_desk_is_booked_though_its_line_names_no_donation(world: World) -> None:
    donation = world.pay(world.give(50_00))
    world.tell("payment_intent.succeeded", world.intent(donation, id="pi_again", latest_charge="ch_again"))
    world.settle()
    line = """INSERT INTO provider_line (provider, kind, line_id, source_id, payment_intent, amount_minor,
                                         fee_minor, currency, occurred_at, fetched_at)
              VALUES ('stripe', 'charge', 'txn_again', 'ch_again', 'pi_again', 5000, 30, 'CNY', :at, :at)"""
    world.do(lambda tx: tx.run(line, at=world.clock.at))
    exception = world.do(lambda tx: tx.scalar("SELECT id FROM payment_exception"))
    world.do(dismiss, exception, "the donor wants it so", "finance")
    assert differences(world, "signed_off")["payment_exception"].booked_minor == 50_00
    assert held(world) == (100_00 - 30, 50_00)
    world.check()


def balances(world: World) -> dict[str, int]:
    """The accounts of the partner's signed-off differences that are not empty, in fen."""
    rows = world.do(
        lambda tx: tx.rows(
            """SELECT kind, balance_minor FROM provider_balance
                WHERE kind NOT IN ('clearing', 'fees', 'losses') AND balance_minor <> 0"""
        )
    )
    return {row.kind: row.balance_minor for row in rows}


def test_each_cause_has_its_account_and_the_suggestion_is_the_causes(partner: World) -> None:
    world = partner
    tell(world, "plat", "g-3", 20_00)
    world.settle()
    bill(world, ("L-3", "charge", "g-3", 19_99, 0))
    rows = differences(world)
    suggested = {cause: row.suggested_account for cause, row in rows.items()}
    assert suggested == {"missing_here": "foreign_money", "missing_there": "suspense", "amount": "rounding"}
    with pytest.raises(Invalid, match="booking_account_invalid"):
        world.do(sign_off, rows["amount"].id, "a fen", "finance", "fund")
    assert balances(world) == {}
    for cause, row in rows.items():
        world.do(sign_off, row.id, f"{cause} is known", "finance", suggested[cause])
    assert balances(world) == {"foreign_money": 88_00, "suspense": -30_00, "rounding": -1}
    assert [(row.account, row.amount_minor) for row in world.do(booked_sums, 1)] == [
        ("rounding", -1),
        ("foreign_money", 88_00),
        ("suspense", -30_00),
    ]
    [position] = world.do(positions)
    assert (position.suspense_minor, position.placed_minor) == (-30_00, 88_00 - 1)
    world.check()


def test_a_booked_difference_moves_to_another_account_for_a_reason(partner: World) -> None:
    world = partner
    row = differences(world)["missing_there"]
    with pytest.raises(Conflict, match="discrepancy_not_signed_off"):
        world.do(rebook, row.id, "write_offs", "they will not pay", "finance")
    world.do(sign_off, row.id, "they will add it", "finance")
    for _ in range(2):
        world.do(rebook, row.id, "write_offs", "they will not pay", "finance 2")
    assert balances(world) == {"write_offs": -30_00}
    entry = world.do(lambda tx: entries_of(tx, f"discrepancy:{row.id}")[0])
    assert (entry.actor, entry.detail["reason"]) == ("finance 2", "they will not pay")
    assert (entry.detail["before"], entry.detail["after"]) == ({"account": "suspense"}, {"account": "write_offs"})
    bill(world, ("L-3", "charge", "g-2", 30_00, 0))
    assert "missing_there" in differences(world, "matched"), "it goes back from where it is"
    assert balances(world) == {}
    world.check()


def test_a_difference_that_opens_again_is_booked_anew_where_the_next_signature_says(partner: World) -> None:
    world = partner
    row = differences(world)["missing_here"]
    world.do(sign_off, row.id, "of another shop", "finance", "foreign_money")
    world.do(reopen, row.id, "it is a refund of ours", "finance")
    assert balances(world) == {}
    world.do(sign_off, row.id, "refunded past us", "finance", "outside_refunds")
    assert balances(world) == {"outside_refunds": 88_00}
    world.check()


def test_the_vouchers_name_the_account_of_each_cause(partner: World) -> None:
    world = partner
    rows = differences(world)
    world.do(sign_off, rows["missing_here"].id, "of another shop", "finance", "foreign_money")
    world.do(sign_off, rows["missing_there"].id, "they will not pay", "finance", "write_offs")
    book(world.deps, "finance", date.max)
    lines = world.do(
        lambda tx: tx.rows(
            """SELECT side, code, amount_minor FROM voucher_line WHERE code IN ('220910', '540103') ORDER BY 2, 1"""
        )
    )
    assert [tuple(line) for line in lines] == [("credit", "220910", 88_00), ("debit", "540103", 30_00)]
    world.check()


def test_a_chargeback_is_a_dispute_and_no_refund(partner: World) -> None:
    world = partner
    bill(world, ("L-3", "charge", "g-2", 30_00, 0), ("L-4", "dispute", "g-2", -30_00, 1_50))
    bill(world, ("L-5", "refund", "g-1", -5_00, 0))
    rows = differences(world)
    assert {
        cause: (row.ours_minor, row.theirs_minor) for cause, row in rows.items() if cause != "missing_here"
    } == {
        "dispute": (0, 30_00),
        "refund": (0, 5_00),
    }
    assert rows["dispute"].suggested_account == "outside_refunds"
    world.check()
