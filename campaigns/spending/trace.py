"""Follow a gift: given, matched, released, paid out, spent.

Money has no marks: what was paid out and spent of a gift is its share of what was paid out and spent of its
project, rounded down. Pages say so.
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

    `kept` is the gift without what was refunded, `matched` its match. `released`: the money may be paid out.
    `project`, `township` and `management` are what of both went to each share (`fees` what was kept for them);
    `paid` what of it was paid out for the project, `spent` what of that the project has spent by checked vouchers.
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
    """What became of all money of a project in a released campaign: its figures, what of it was paid out for the
    project, and what the project has spent of what it was paid in all campaigns (fen)."""

    whole: Figures
    paid_minor: int
    spent_minor: int
    paid_in_all_minor: int


def trace_of(tx: Tx, donation_id: UUID) -> Trace:
    """Follow a gift. Raises NotFound `donation_unknown`."""
    view = donation_view(tx, donation_id)
    return trace(view, way_of(tx, view.campaign, view.project_id))


def trace(view: DonationView, way: Way | None) -> Trace:
    """Follow a gift along the way of its project's money; None while that is not released."""
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
    """Return the way of a project's money in a campaign; None while it is not released."""
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
