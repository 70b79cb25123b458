"""The account's own currency: balance lines in HKD are compared by what was paid, their fees are not CNY."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from campaigns.closing.reconciliation.differences import find_differences
from campaigns.closing.reconciliation.reconcile import compare
from payments.statements import store
from payments.stripe_statement import statement_line
from tests.world import World

# Made up, in the form of Stripe's published objects: an account in Hong Kong that settles in HKD.
LINES: list[dict[str, Any]] = json.loads((Path(__file__).parent / "stripe-balance-hkd.json").read_text())["data"]


def lines_of(donation_id: object, intent: str) -> list[dict[str, Any]]:
    text = json.dumps(LINES).replace("DONATION-UUID", str(donation_id)).replace("pi_case", intent)
    rows: list[dict[str, Any]] = json.loads(text)
    return rows


def test_a_line_has_what_was_paid_and_its_fee_stays_in_hkd() -> None:
    charge, dispute, *_ = (
        statement_line(line) for line in lines_of("0" * 8 + "-0000-4000-8000-" + "0" * 12, "pi_1")
    )
    assert (charge.amount_minor, charge.currency) == (100_00, "CNY")
    assert (charge.fee_minor, charge.fee_currency) == (3_90, "HKD")
    assert (dispute.kind, dispute.amount_minor, dispute.currency) == ("dispute", -30_00, "CNY")


@pytest.mark.parametrize("before", [False, True])
def test_a_gift_is_no_difference_and_no_hkd_cents_are_booked_as_cny(world: World, before: bool) -> None:
    donation = world.pay(world.give(100_00))
    line = statement_line(lines_of(donation.id, f"pi_{donation.id.hex}")[0])
    if before:  # stored by an earlier version, in the currency of the balance
        world.do(store, [replace(line, amount_minor=108_50, currency="HKD", fee_currency=None)])
    world.do(store, [line])
    with world.db.transaction() as tx:
        assert list(find_differences(tx)) == []
        compare(tx)
    fees = world.do(lambda tx: tx.scalar("SELECT count(*) FROM ledger_transfer WHERE kind = 'fee_charged'"))
    assert fees == 0
    world.check()
