"""Facts without a donation: tell payments of another shop on the same account from lost payments of ours."""

from collections.abc import Sequence

from campaigns.donations.facts.aggregate import Fact
from kernel.db import Tx
from payments.facts import REVERSALS, FactKind, PaymentFact
from payments.inbox.inbox import InboxMessage, Outcome, foreign_references

FOREIGN = "foreign"


def judge_unplaced(tx: Tx, unplaced: Sequence[tuple[InboxMessage, Fact]]) -> dict[int, Outcome]:
    """Return the outcome of each message whose fact belongs to no known donation."""
    references = {
        fact.payment_intent
        for _, fact in unplaced
        if isinstance(fact, PaymentFact) and fact.kind in REVERSALS and fact.payment_intent
    }
    foreign = foreign_references(tx, sorted(references))
    outcomes: dict[int, Outcome] = {}
    for message, fact in unplaced:
        if isinstance(fact, PaymentFact):
            outcomes[message.id] = _of_payment(message, fact, foreign)
        else:
            outcomes[message.id] = Outcome(message.id, "waiting", f"before_payment:{fact.donation_id}")
    return outcomes


def _of_payment(message: InboxMessage, fact: PaymentFact, foreign: set[str]) -> Outcome:
    """Judge a payment. With an id in our form it is ours, and is flagged if money moved; without one it is another
    shop's.

    A refund or dispute names only the payment, and its donation may learn of that payment a moment later. So it
    waits once, unless the payment is known to be foreign.
    """
    moves_money = fact.kind is FactKind.SUCCEEDED or fact.kind in REVERSALS
    if fact.donation_id is not None:
        return Outcome(message.id, "flagged" if moves_money else "ignored", "donation_unknown")
    reference = fact.payment_intent if moves_money else None
    if fact.kind in REVERSALS and reference and reference not in foreign:
        before_payment = f"before_payment:{reference}"
        if message.note != before_payment:
            return Outcome(message.id, "waiting", before_payment)
    if reference:
        foreign.add(reference)
    return Outcome(message.id, "ignored", FOREIGN, reference)
