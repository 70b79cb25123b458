"""The refunds requested for a donation."""

from uuid import UUID

from sqlmodel import col, select

from campaigns.donations.models import Refund
from kernel.db import Tx


def refunds(tx: Tx, donation_id: UUID) -> list[Refund]:
    """Return the refunds requested for a donation, oldest first."""
    return tx.all(select(Refund).where(Refund.donation_id == donation_id).order_by(col(Refund.id)))
