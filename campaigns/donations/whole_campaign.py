"""Choose how to count all donations of a campaign."""

from contextlib import AbstractContextManager, nullcontext

from sqlmodel import col, func, select

from campaigns.lifecycle.models import CampaignTally
from kernel.db import Tx

LARGE_PART = 5  # a fifth of all donations; our default


def counting_donations(tx: Tx, campaign_id: int) -> AbstractContextManager[None]:
    """Inside the block, scan the whole table of donations if the campaign has a large part of them, because an
    index would only be slower. The tally gives the numbers, not the planner's statistics."""
    tally = tx.get(CampaignTally, campaign_id)
    everywhere = tx.first(select(func.sum(col(CampaignTally.donations)))) or 0
    return tx.by_table() if tally and tally.donations * LARGE_PART > everywhere else nullcontext()
