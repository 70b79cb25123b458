"""The path of a donation from the payment to the village, as far as it has come."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from sqlmodel import col, select

from campaigns.donations.models import DonationHistory
from campaigns.donations.states import Status
from campaigns.donations.view import DonationView
from campaigns.lifecycle.models import Campaign, CampaignHistory
from campaigns.lifecycle.phases import Phase
from campaigns.spending.trace import Trace, trace, way_of
from kernel.db import Tx
from matching.models import Pot


class Stage(StrEnum):
    """A step on the path of a donation."""

    PAID = "paid"
    ARRIVED = "arrived"  # the provider's statement shows it
    # Final: none of its match is under review, and none is offered to it any more. No step without pots.
    MATCHED = "matched"
    NOTICE = "notice"
    DISBURSED = "disbursed"
    PAID_OUT = "paid_out"  # its share of what was paid to the project
    SPENT = "spent"  # its share of what the project spent according to checked vouchers


class TraceStep(NamedTuple):
    """A step: whether the donation has reached it, and when, if known. `amount_minor` (fen) is set for gradual
    steps."""

    stage: Stage
    done: bool
    at: datetime | None = None
    amount_minor: int = 0


def traces(tx: Tx, donations: Sequence[DonationView]) -> dict[UUID, list[TraceStep]]:
    """Return donation id -> path for paid donations. Unpaid and fully refunded donations have none.

    Takes three queries, and a few more per project of a released campaign.
    """
    shown = [view for view in donations if view.status in (Status.PAID, Status.SETTLED)]
    campaigns = {view.campaign for view in shown}
    arrived = tx.all(
        select(DonationHistory.donation_id, DonationHistory.at).where(
            col(DonationHistory.donation_id).in_([view.id for view in shown]),
            DonationHistory.to_status == Status.SETTLED,
        )
    )
    phases = tx.all(
        select(Campaign.slug, CampaignHistory.to_phase, CampaignHistory.at)
        .join(CampaignHistory, col(CampaignHistory.campaign_id) == Campaign.id)
        .where(
            col(Campaign.slug).in_(campaigns),
            col(CampaignHistory.to_phase).in_([Phase.RECONCILING, Phase.NOTICE, Phase.RELEASED]),
        )
    )
    with_pots = set(
        tx.all(
            select(Campaign.slug)
            .where(col(Campaign.slug).in_(campaigns))
            .where(select(Pot.id).where(Pot.campaign_id == Campaign.id).exists())
        )
    )
    reached = {(slug, phase): at for slug, phase, at in phases}
    settled_at = dict(arrived)
    released = {slug for slug, phase in reached if phase == Phase.RELEASED}
    places = {(view.campaign, view.project_id) for view in shown if view.campaign in released}
    ways = {place: way_of(tx, *place) for place in places}
    return {
        view.id: [
            *(
                step
                for step in _steps(view, settled_at.get(view.id), reached)
                if step.stage is not Stage.MATCHED or view.campaign in with_pots
            ),
            *_spending_steps(trace(view, ways.get((view.campaign, view.project_id)))),
        ]
        for view in shown
    }


def _spending_steps(gift: Trace) -> list[TraceStep]:
    return [
        TraceStep(Stage.PAID_OUT, gift.paid_minor > 0, amount_minor=gift.paid_minor),
        TraceStep(Stage.SPENT, gift.spent_minor > 0, amount_minor=gift.spent_minor),
    ]


def _steps(
    view: DonationView, settled_at: datetime | None, reached: dict[tuple[str, str], datetime]
) -> list[TraceStep]:
    notice, released = (reached.get((view.campaign, phase)) for phase in (Phase.NOTICE, Phase.RELEASED))
    offered = (view.campaign, Phase.RECONCILING) not in reached  # freed match is offered until settling is over
    return [
        TraceStep(Stage.PAID, True, view.paid_at),
        TraceStep(Stage.ARRIVED, view.status == Status.SETTLED, settled_at),
        TraceStep(Stage.MATCHED, not view.held_minor and (view.captured_minor > 0 or not offered)),
        TraceStep(Stage.NOTICE, notice is not None, notice),
        TraceStep(Stage.DISBURSED, released is not None, released),
    ]
