"""Offer match again to donations whose money came back after a failed refund or a won dispute."""

from sqlmodel import col, select

from campaigns.closing.reoffer import reoffer
from campaigns.dependencies import Dependencies
from campaigns.donations.models import MatchRestore
from campaigns.lifecycle.campaign import lock_campaign_by_id
from campaigns.lifecycle.phases import LIVING
from kernel.db import Tx


def restore_match(deps: Dependencies) -> int:
    """Restore match as far as the pots have free money; return how many donations were processed. One transaction
    per campaign; safe to run concurrently.

    Once a campaign no longer lives (`LIVING`), nothing is offered: the match went to the fund of its pot for good,
    and the donation stays without it.
    """
    with deps.db.transaction() as tx:
        waiting = tx.all(select(MatchRestore.campaign_id).distinct().order_by(col(MatchRestore.campaign_id)))
    return sum(_restore(deps, campaign_id) for campaign_id in waiting)


def _restore(deps: Dependencies, campaign_id: int) -> int:
    with deps.db.transaction() as tx:
        campaign = lock_campaign_by_id(tx, campaign_id)
        donations = dequeue_restores(tx, campaign_id)
        if donations and campaign.phase in LIVING:
            reoffer(tx, campaign, restoring={entry.donation_id for entry in donations})
        return len(donations)


def dequeue_restores(tx: Tx, campaign_id: int) -> list[MatchRestore]:
    """Remove and return the queued donations of a campaign that wait for match. The campaign is locked."""
    waiting = tx.all(select(MatchRestore).where(MatchRestore.campaign_id == campaign_id))
    for entry in waiting:
        tx.session.delete(entry)
    tx.session.flush()
    return waiting
