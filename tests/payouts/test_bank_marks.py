"""Remittances are marked by the bank's statement: paid by a debit of their id and amount, returned by a credit."""

from campaigns.closing.reconciliation.reconcile import compare
from campaigns.payouts import plans
from campaigns.payouts.bank_marks import mark_by_statement
from campaigns.payouts.failures import failures_of
from kernel.db import Tx
from tests.payouts.released import sums
from tests.world import World


def line(world: World, line_id: str, reference: str, amount_minor: int) -> int:
    """A booked line of the bank's statement."""

    def do(tx: Tx) -> int:
        bank_line: int = tx.scalar(
            """INSERT INTO bank_line (account, statement, line_id, booked_on, valued_on, amount_minor, currency,
                                      reference, reversal, payments, is_fee, imported_at)
               VALUES ('4455', 'S-1', :line, '2026-09-09', '2026-09-09', :amount, 'CNY', :reference, false, 1,
                       false, now()) RETURNING id""",
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
