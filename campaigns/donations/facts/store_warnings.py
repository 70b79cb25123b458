"""Store the early fraud warnings of a batch, and read those of a donation."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import col, select

from campaigns.donations.facts.aggregate import DonationAggregate
from campaigns.donations.models import FraudWarningRow
from kernel.bulk import insert_rows
from kernel.db import Tx


def store_warnings(tx: Tx, aggregates: Sequence[DonationAggregate]) -> None:
    """Add new warnings, each once, including those about donations that are not paid yet."""
    reported = [(donation, warning) for donation in aggregates for warning in donation.warnings]
    if not reported:
        return
    insert_rows(
        tx,
        FraudWarningRow,
        {
            "reference": [warning.reference for _, warning in reported],
            "donation_id": [donation.id for donation, _ in reported],
            "fraud_type": [warning.fraud_type for _, warning in reported],
            "warned_at": [warning.at for _, warning in reported],
        },
        conflict="any",
    )


def warnings_of(tx: Tx, donation_id: UUID) -> list[FraudWarningRow]:
    """Return the warnings about a donation, oldest first."""
    of_donation = select(FraudWarningRow).where(FraudWarningRow.donation_id == donation_id)
    return tx.all(of_donation.order_by(col(FraudWarningRow.warned_at), col(FraudWarningRow.reference)))
