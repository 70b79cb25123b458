"""What leaves the system about donations: figures for monitoring, and rows without personal data."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlmodel import col, func, select

from campaigns.donations.models import Donation
from kernel.db import Tx


class ExportedDonation(NamedTuple):
    """A donation without its donor; amounts in fen, `matched_minor` is the captured match that is not on hold."""

    id: UUID
    project_code: str
    status: str
    channel: str
    source_code: str
    team: str
    currency: str
    amount_minor: int
    refunded_minor: int
    matched_minor: int
    pledged_at: datetime
    paid_at: datetime | None


def export_donations(tx: Tx, campaign_id: int) -> list[ExportedDonation]:
    """Return all donations of a campaign, by the time of the pledge."""
    return tx.rows_as(
        ExportedDonation,
        """SELECT d.id, p.code AS project_code, d.status, d.channel, d.source_code, d.team, d.currency,
                  d.amount_minor, d.refunded_minor, coalesce((SELECT sum(r.live_minor) FROM reservation r
                                               WHERE r.donation_id = d.id AND r.state = 'captured'
                                                  AND NOT r.held), 0)::bigint AS matched_minor,
                  d.pledged_at, d.paid_at
             FROM donation d JOIN project p ON p.id = d.project_id
            WHERE d.campaign_id = :campaign ORDER BY d.pledged_at, d.id""",
        campaign=campaign_id,
    )


def count_by_status(tx: Tx) -> dict[str, int]:
    """Return status -> number of donations."""
    return dict(tx.all(select(Donation.status, func.count()).group_by(col(Donation.status))))
