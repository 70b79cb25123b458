"""The phases that a campaign has reached."""

from sqlmodel import col, select

from campaigns.lifecycle.models import CampaignHistory
from kernel.db import Tx


def history(tx: Tx, campaign_id: int) -> list[CampaignHistory]:
    """Return the phases that a campaign reached, oldest first."""
    steps = select(CampaignHistory).where(CampaignHistory.campaign_id == campaign_id)
    return tx.all(steps.order_by(col(CampaignHistory.id)))
