"""Follow a gift: given, matched, released, paid out, spent.

Money has no marks: what was paid out and spent of a gift is its share of what was paid out and spent of its
project, rounded down. Pages say so.
"""

from typing import NamedTuple
from uuid import UUID

from sqlmodel import col, func, select

from campaigns.donations.models import Donation
from campaigns.lifecycle.models import Campaign
from campaigns.payouts import figures
from campaigns.payouts.allot import RELEASED
from campaigns.spending.figures import paid_of
from campaigns.spending.models import Spending, SpendingState
from kernel.db import Tx
from kernel.errors import NotFound
from kernel.money import proportion
from matching.models import Reservation


class Trace(NamedTuple):
    """What became of a gift and its match, in fen.

    `kept` is the gift without what was refunded, `matched` its match. `released`: the money may be paid out.
    `project`, `township` and `management` are what of both went to each share (`fees` what was kept for them);
    `paid` what of it was paid out for the project, `spent` what of that the project has spent by checked vouchers.
    """

    kept_minor: int
    matched_minor: int
    released: bool
    project_minor: int
    township_minor: int
    management_minor: int
    fees_minor: int
    paid_minor: int
    spent_minor: int


def trace_of(tx: Tx, donation_id: UUID) -> Trace:
    """Follow a gift. Raises NotFound `donation_unknown`."""
    donation = tx.get(Donation, donation_id)
    if donation is None:
        raise NotFound("donation_unknown")
    campaign = tx.get(Campaign, donation.campaign_id)
    assert campaign is not None
    kept_minor = donation.amount_minor - donation.refunded_minor if donation.paid_at else 0
    matched_minor = _matched(tx, donation_id) if donation.paid_at else 0
    if campaign.phase not in RELEASED:
        return Trace(kept_minor, matched_minor, False, 0, 0, 0, 0, 0, 0)
    whole = figures.of_project(tx, donation.campaign_id, donation.project_id)
    income_minor = whole.raised_minor + whole.matched_minor
    mine_minor = kept_minor + matched_minor

    def mine(part_minor: int) -> int:
        return proportion(mine_minor, part_minor, income_minor)

    paid_minor = mine(paid_of(tx, donation.project_id, donation.campaign_id))
    spent_minor = proportion(paid_minor, *_spent_and_paid(tx, donation.project_id))
    shares = (whole.project_minor, whole.township_minor, whole.management_minor, whole.fees_minor)
    return Trace._make((kept_minor, matched_minor, True, *map(mine, shares), paid_minor, spent_minor))


def _matched(tx: Tx, donation_id: UUID) -> int:
    counts = Reservation.state == "captured", col(Reservation.held).is_(False)
    captured = select(func.sum(Reservation.live_minor)).where(Reservation.donation_id == donation_id, *counts)
    matched_minor = tx.first(captured)
    return int(matched_minor or 0)


def _spent_and_paid(tx: Tx, project_id: int) -> tuple[int, int]:
    """Return what a project has spent by checked vouchers, at most what it was paid; and what it was paid."""
    checked = select(func.sum(Spending.amount_minor)).where(
        Spending.project_id == project_id, Spending.state == SpendingState.CHECKED
    )
    spent_minor, paid_minor = tx.first(checked), paid_of(tx, project_id)
    return min(int(spent_minor or 0), paid_minor), paid_minor
