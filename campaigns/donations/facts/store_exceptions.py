"""Store the payments of a batch that go to the desk, and changes of those already there."""

from collections.abc import Sequence

from campaigns.audit import record_audit
from campaigns.donations.facts.aggregate import DonationAggregate
from campaigns.donations.models import PaymentException
from campaigns.donations.payment_exceptions import UNDECIDED
from kernel.bulk import insert_rows
from kernel.db import Tx


def store_exceptions(tx: Tx, aggregates: Sequence[DonationAggregate]) -> None:
    """Add new exceptions, and move those whose payment was refunded or whose refund failed."""
    new = [exception for donation in aggregates for exception in donation.new_exceptions]
    if new:
        insert_rows(
            tx,
            PaymentException,
            {
                "provider": [exception.provider for exception in new],
                "payment_intent": [exception.payment_intent for exception in new],
                "charge": [exception.charge for exception in new],
                "amount_minor": [exception.amount_minor for exception in new],
                "currency": [exception.currency for exception in new],
                "donation_id": [exception.donation_id for exception in new],
                "reason": [str(exception.reason) for exception in new],
                "occurred_at": [exception.occurred_at for exception in new],
                "state": "open",
                "note": "",
                "actor": "",
                "refund_attempts": 0,
                "found_at": tx.now,
            },
            conflict="(provider, payment_intent)",
        )
    for donation in aggregates:
        for intent, known in donation.exceptions.items():
            if known.changed:
                _move(tx, intent, str(known.state), None if known.state in UNDECIDED else tx.now)


def _move(tx: Tx, payment_intent: str, state: str, ended_at: object) -> None:
    tx.run(
        "UPDATE payment_exception SET state = :state, ended_at = :ended WHERE payment_intent = :intent",
        state=state,
        ended=ended_at,
        intent=payment_intent,
    )
    record_audit(tx, "provider", f"payment_exception.{state}", f"payment:{payment_intent}")
