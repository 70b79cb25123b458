"""Export donations: figures for monitoring, and rows without personal data."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlmodel import col, func, select

from campaigns.donations.models import Donation
from campaigns.donations.search import MATCH
from campaigns.donations.search_plan import ORDERS, DonationQuery, Plan
from kernel.db import Tx


class ExportedDonation(NamedTuple):
    """A donation without its donor. Amounts in fen; `matched_minor` is the captured match that is not on hold."""

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
    """Return all donations of a campaign, ordered by pledge time."""
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


class ListedDonation(NamedTuple):
    """A donation of the managers' list without its donor, with the codes of its organisations. Amounts in fen."""

    id: UUID
    campaign_name: str
    county_code: str
    township_code: str
    organisation_code: str
    project_code: str
    project_name: str
    status: str
    channel: str
    source_code: str
    team: str
    provider: str
    payment_reference: str | None
    amount_minor: int
    refunded_minor: int
    matched_minor: int
    reserved_minor: int
    held_minor: int
    pledged_at: datetime
    paid_at: datetime | None


PAGE_ROWS = 1_000


def export_listed(tx: Tx, query: DonationQuery) -> Iterator[list[ListedDonation]]:
    """Yield all donations that match a query, one page at a time, in its order and as of one moment.

    Raises Invalid `search_invalid`.
    """
    plan, (order, _) = Plan.of(tx, query), ORDERS[query.order]
    return tx.pages(
        ListedDonation,
        PAGE_ROWS,
        f"""SELECT d.id, c.name AS campaign_name, p.county_code, p.township_code, p.organisation_code,
                   p.code AS project_code, p.name AS project_name, d.status, d.channel, d.source_code, d.team,
                   d.provider, d.payment_reference, d.amount_minor, d.refunded_minor, m.matched_minor,
                   m.reserved_minor, m.held_minor, d.pledged_at, d.paid_at
              FROM donation d JOIN campaign c ON c.id = d.campaign_id JOIN project p ON p.id = d.project_id
              CROSS JOIN {MATCH} WHERE {plan.where} ORDER BY {order}""",
        **plan.values,
    )


def count_listed(tx: Tx, query: DonationQuery) -> int:
    """Return how many donations match a query. Raises Invalid `search_invalid`."""
    plan = Plan.of(tx, query)
    return int(
        tx.scalar(
            f"""SELECT count(*) FROM donation d JOIN campaign c ON c.id = d.campaign_id
                  JOIN project p ON p.id = d.project_id WHERE {plan.where}""",
            **plan.values,
        )
    )


def count_by_status(tx: Tx) -> dict[str, int]:
    """Return the number of donations by status."""
    return dict(tx.all(select(Donation.status, func.count()).group_by(col(Donation.status))))
