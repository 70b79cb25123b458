"""The refunds requested for a donation."""

from datetime import datetime
from uuid import UUID

from sqlmodel import col, select

from campaigns.donations.models import Donation, Refund
from kernel.db import Tx
from ledger.statements import recorded_at


def refunds(tx: Tx, donation_id: UUID) -> list[Refund]:
    """Return the refunds requested for a donation, oldest first."""
    return tx.all(select(Refund).where(Refund.donation_id == donation_id).order_by(col(Refund.id)))


def returned_key(donation_id: UUID, posting: int) -> str:
    """Return the key of a transfer by which money of a donation was returned or reinstated."""
    return f"donation:{donation_id}:returned:{posting}"


def returned_at(tx: Tx, donation_id: UUID) -> datetime | None:
    """Return when the provider last reported money of a donation as returned; None if it never did."""
    donation = tx.get(Donation, donation_id)
    return recorded_at(tx, returned_key(donation_id, donation.reversal_postings)) if donation else None
