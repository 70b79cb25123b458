"""Remittances are marked by the bank's statement: paid by a debit of their id and amount, returned by a credit.
Those that an operator recorded are expected on it."""

from datetime import date

import pytest

from campaigns.closing.reconciliation.discrepancies import listed, sign_off
from campaigns.closing.reconciliation.reconcile import compare
from campaigns.payouts import plans, remittances
from campaigns.payouts.bank_marks import mark_by_statement
from campaigns.payouts.failures import failures_of
from kernel.db import Tx
from kernel.errors import Invalid
from tests.payouts.released import sums
from tests.world import World

DAY = date(2026, 9, 9)


def line(world: World, line_id: str, reference: str, amount_minor: int, booked_on: date = DAY) -> int:
    """A booked line of the bank's statement."""

    def do(tx: Tx) -> int:
        bank_line: int = tx.scalar(
            """INSERT INTO bank_line (account, statement, line_id, booked_on, valued_on, amount_minor, currency,
                                      reference, reversal, payments, is_fee, imported_at)
               VALUES ('4455', 'S-1', :line, CAST(:day AS date), CAST(:day AS date), :amount, 'CNY', :reference,
                       false, 1, false, now()) RETURNING id""",
            day=booked_on,
            line=line_id,
            amount=amount_minor,
            reference=reference,
        )
        return bank_line

    made: int = world.do(do)
    return made


def states(world: World) -> list[str]:
    return [row.state for row in world.do(plans.remittances_of, 1)]


def test_a_debit_of_the_id_and_amount_pays_once_and_a_credit_returns(sent: World) -> None:
    first, other = (row.end_to_end_id for row in sent.do(plans.remittances_of, 1))
    assert mark_by_statement(sent.deps) == 0
    line(sent, "L-1", first, -100_00)
    line(sent, "L-2", other, -49_99)  # another amount: for a person
    assert mark_by_statement(sent.deps) == 1
    assert mark_by_statement(sent.deps) == 0
    assert states(sent) == ["paid", "sent"]
    paid = sent.do(plans.remittances_of, 1)[0]
    assert (paid.reference, paid.evidence, str(paid.paid_on)) == ("L-1", "S-1 L-1", "2026-09-09")
    assert sums(sent)["payable"] == 50_00
    line(sent, "L-3", first, 100_00)
    assert mark_by_statement(sent.deps) == 1
    assert states(sent) == ["returned", "sent"]
    [failure] = sent.do(failures_of, 1).values()
    assert (str(failure.returned_on), failure.returned_item) == ("2026-09-09", f"{first}/returned")
    line(sent, "L-4", first, -100_00)  # the same id again: never paid twice by us, so for a person
    assert mark_by_statement(sent.deps) == 0
    sent.do(compare)  # what nothing claims is on the list of differences
    sent.check()


def test_payments_of_a_batch_are_marked_by_their_own_ids(sent: World) -> None:
    batch = line(sent, "B-1", "BS000001", -150_00)

    def parts(tx: Tx) -> None:
        for number, row in enumerate(plans.remittances_of(tx, 1), 1):
            tx.run(
                """INSERT INTO bank_part (bank_line_id, number, amount_minor, reference)
                   VALUES (:line, :number, :amount, :reference)""",
                line=batch,
                number=number,
                amount=-row.amount_minor,
                reference=row.end_to_end_id,
            )

    sent.do(parts)
    assert mark_by_statement(sent.deps) == 2
    assert states(sent) == ["paid", "paid"]
    sent.check()


def of_payments(world: World) -> set[tuple[str, str, int]]:
    """The open differences at the bank: cause, reference and sum, without the fund's deposit."""
    world.do(compare)
    rows = world.do(listed, None, "open")[0]
    return {(row.cause, row.reference, row.sum_minor) for row in rows if not row.reference.startswith("deposit")}


def test_lines_of_payments_that_an_operator_recorded_are_no_differences(sent: World) -> None:
    first, other = sent.do(plans.remittances_of, 1)
    sent.do(remittances.mark_paid, first.id, "R-1", DAY, "slip 1", "finance")
    sent.do(remittances.mark_paid, other.id, "4455-9", DAY, "slip 2", "finance")
    came_back = other.id, date(2026, 9, 13), "name differs", "finance"
    with pytest.raises(Invalid, match="remittance_invalid"):
        sent.do(remittances.mark_returned, *came_back)
    sent.clock.advance(days=6)
    sent.do(remittances.mark_returned, *came_back)
    line(sent, "L-1", first.end_to_end_id, -99_50)  # the bank kept 0.50
    line(sent, "4455-9", "", -50_00)  # only the bank's number, as it was entered
    line(sent, "L-3", "", 50_00, date(2026, 9, 12))  # without any reference
    assert of_payments(sent) == {("amount", "4455 L-1", 50)}
    returned = sent.do(failures_of, 1)[other.id or 0]
    assert (returned.returned_on, returned.returned_item) == (date(2026, 9, 12), f"{other.end_to_end_id}/returned")
    assert mark_by_statement(sent.deps) == 0
    sent.check()


def test_a_recorded_payment_that_the_bank_does_not_show_is_a_difference(sent: World) -> None:
    first, other = sent.do(plans.remittances_of, 1)
    sent.do(remittances.mark_paid, first.id, "R-1", DAY, "slip 1", "finance")
    line(sent, "L-1", "", -7_00)
    line(sent, "L-2", other.end_to_end_id, -100_00)  # of the same amount, but names another payment
    missing = ("missing_there", f"paid_out {first.end_to_end_id}", 100_00)
    assert missing not in of_payments(sent), "it may still be booked"
    line(sent, "L-9", "", -8_00, date(2026, 9, 16))
    assert missing in of_payments(sent)
    line(sent, "L-8", first.end_to_end_id, -100_00, date(2026, 9, 10))
    assert missing not in of_payments(sent)
    sent.check()


def test_a_line_that_was_signed_off_and_is_claimed_later_is_booked_once(sent: World) -> None:
    """Payments that were signed off as differences before an operator recorded them leave suspense again."""
    first, other = sent.do(plans.remittances_of, 1)
    line(sent, "4455-9", "", -100_00)
    back = line(sent, "L-2", "", 50_00, date(2026, 9, 12))
    before = accounts(sent)
    assert of_payments(sent) == {("missing_here", "4455 4455-9", -100_00), ("missing_here", "4455 L-2", 50_00)}
    for row in sent.do(listed, None, "open")[0]:
        if not row.reference.startswith("deposit"):
            sent.do(sign_off, row.id, "a payment, to be found", "finance")
    assert accounts(sent) == {"bank": before["bank"] + 50_00, "suspense": -50_00}
    sent.check()
    sent.clock.advance(days=6)
    for payment, number in ((first, "4455-9"), (other, "R-2")):
        sent.do(remittances.mark_paid, payment.id, number, DAY, "slip", "finance")
    sent.do(remittances.mark_returned, other.id, date(2026, 9, 12), "name differs", "finance")
    sent.do(compare)
    assert sent.do(lambda tx: tx.scalar("SELECT count(*) FROM bank_claim WHERE bank_line_id = :id", id=back)) == 1
    assert accounts(sent) == {"bank": before["bank"] + 100_00, "suspense": 0}
    sent.check()


def accounts(world: World) -> dict[str, int]:
    """The balances of the bank and of suspense."""
    query = (
        """SELECT kind, sum(balance_minor) FROM ledger_account WHERE kind IN ('bank', 'suspense') GROUP BY kind"""
    )
    return {"suspense": 0} | {kind: int(total) for kind, total in world.do(lambda tx: list(tx.rows(query)))}
