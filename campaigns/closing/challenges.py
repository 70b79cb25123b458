"""Unlock challenge pots once the campaign has reached their goal, and match the donations paid before."""

from typing import NamedTuple

from sqlmodel import select

from campaigns.closing.reoffer import reoffer
from campaigns.dependencies import Dependencies
from campaigns.lifecycle.campaign import bump_matching_version, lock_campaign_by_id
from campaigns.lifecycle.models import Campaign, CampaignTally
from campaigns.lifecycle.phases import Phase
from kernel.db import Tx
from ledger.statements import raised
from matching.pot_state import PotState, load_pot_states
from matching.unlock import met_challenges, unlock

PHASES = (Phase.OPEN, Phase.ENDED, Phase.SETTLING)


class Progress(NamedTuple):
    """The progress of a campaign: the number of donors who paid, and fen raised less refunds."""

    donors: int
    raised_minor: int


def unlock_challenges(deps: Dependencies) -> int:
    """Unlock every challenge pot whose challenge is met; return how many.

    Donations paid before are matched, oldest payment first. One transaction per campaign; safe to run concurrently.
    """
    with deps.db.transaction() as tx:
        locked = [
            row.campaign_id
            for row in tx.rows(
                """SELECT DISTINCT p.campaign_id FROM pot p JOIN campaign c ON c.id = p.campaign_id
                    WHERE p.kind = 'challenge' AND c.phase = ANY(:phases)
                      AND NOT EXISTS (SELECT FROM pot_unlock u WHERE u.pot_id = p.id)""",
                phases=[str(phase) for phase in PHASES],
            )
        ]
        # Check without locks first, so that a campaign is locked exclusively only when there is something to
        # unlock.
        due = [campaign_id for campaign_id in locked if pots_with_met_challenge(tx, campaign_id)]
    return sum(_unlock_in(deps, campaign_id) for campaign_id in due)


def _unlock_in(deps: Dependencies, campaign_id: int) -> int:
    with deps.db.transaction() as tx:
        campaign = lock_campaign_by_id(tx, campaign_id)
        return unlock_met_challenges(tx, campaign) if campaign.phase in PHASES else 0


def unlock_met_challenges(tx: Tx, campaign: Campaign) -> int:
    """Unlock the pots of a campaign whose challenge is met and match the donations paid before; return how many
    pots.

    The campaign is locked exclusively. A pot stays unlocked, whatever is refunded later.
    """
    assert campaign.id is not None
    pots = pots_with_met_challenge(tx, campaign.id)
    if not pots:
        return 0
    progress = _progress(tx, campaign.id)
    for pot in pots:
        unlock(tx, pot, *progress)
    bump_matching_version(tx, campaign)
    for pot in pots:
        reoffer(tx, campaign, only=pot.pot_id)
    return len(pots)


def pots_with_met_challenge(tx: Tx, campaign_id: int) -> list[PotState]:
    """Return the locked pots of a campaign whose challenge is met."""
    return met_challenges(tx, load_pot_states(tx, [campaign_id]), *_progress(tx, campaign_id))


def _progress(tx: Tx, campaign_id: int) -> Progress:
    donors = tx.first(select(CampaignTally.donors).where(CampaignTally.campaign_id == campaign_id))
    return Progress(donors or 0, raised(tx, campaign_id))
