"""Trace a gift: given, matched, released, paid out, spent.

Money is not earmarked: a gift's part of what was paid out and spent is its share of what its project was paid and
spent, rounded down. Pages say so.
"""

from typing import NamedTuple
from uuid import UUID

from sqlmodel import func, select

from campaigns.donations.view import DonationView, donation_view
from campaigns.lifecycle.campaign import find_campaign
from campaigns.payouts import figures
from campaigns.payouts.allot import RELEASED
from campaigns.payouts.figures import Figures
from campaigns.spending.figures import paid_of
from campaigns.spending.models import Spending, SpendingState
from kernel.db import Tx
from kernel.money import proportion


class Trace(NamedTuple):
    """What became of a gift and its match, in fen.

    `kept` is the gift without refunds, `matched` its match. `released`: the money may be paid out. `project`,
    `township` and `management` are the parts of both that went to each share, and `fees` what was kept for fees.
    `paid` is what was paid out of it for the project, `spent` what the project has spent of that by checked
    vouchers.
    """

    kept_minor: int
    matched_minor: int
    released: bool = False
    project_minor: int = 0
    township_minor: int = 0
    management_minor: int = 0
    fees_minor: int = 0
    paid_minor: int = 0
    spent_minor: int = 0


class Way(NamedTuple):
    """What became of all money of a project in a released campaign: its figures, what was paid out for the project,
    and what the project has spent of its payouts in all campaigns (fen)."""

    whole: Figures
    paid_minor: int
    spent_minor: int
    paid_in_all_minor: int


def trace_of(tx: Tx, donation_id: UUID) -> Trace:
    """Trace a gift. Raises NotFound `donation_unknown`."""
    view = donation_view(tx, donation_id)
    return trace(view, way_of(tx, view.campaign, view.project_id))


def trace(view: DonationView, way: Way | None) -> Trace:
    """Trace a gift through its project's money. `way` is None until the money is released."""
    kept_minor = view.amount_minor - view.refunded_minor if view.paid_at else 0
    matched_minor = view.captured_minor if view.paid_at else 0
    if way is None:
        return Trace(kept_minor, matched_minor)
    whole = way.whole

    def mine(part_minor: int) -> int:
        income_minor = whole.raised_minor + whole.matched_minor
        return proportion(kept_minor + matched_minor, part_minor, income_minor)

    paid_minor = mine(way.paid_minor)
    spent_minor = proportion(paid_minor, way.spent_minor, way.paid_in_all_minor)
    shares = (whole.project_minor, whole.township_minor, whole.management_minor, whole.fees_minor)
    return Trace._make((kept_minor, matched_minor, True, *map(mine, shares), paid_minor, spent_minor))


def way_of(tx: Tx, slug: str, project_id: int) -> Way | None:
    """Return what became of a project's money in a campaign; None until it is released."""
    campaign = find_campaign(tx, slug)
    if campaign.phase not in RELEASED or campaign.id is None:
        return None
    checked = select(func.sum(Spending.amount_minor)).where(
        Spending.project_id == project_id, Spending.state == SpendingState.CHECKED
    )
    spent_minor, paid_in_all_minor = tx.first(checked), paid_of(tx, project_id)
    return Way(
        figures.of_project(tx, campaign.id, project_id),
        paid_of(tx, project_id, campaign.id),
        min(int(spent_minor or 0), paid_in_all_minor),
        paid_in_all_minor,
    )
