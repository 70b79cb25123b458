"""Challenge pots open when the campaign has reached what they ask, and then serve those who came before."""

from typing import NamedTuple

from campaigns.closing.reoffer import reoffer
from campaigns.dependencies import Dependencies
from campaigns.lifecycle.campaign import bump_matching_version, lock_campaign_by_id
from campaigns.lifecycle.models import Campaign
from campaigns.lifecycle.phases import Phase
from kernel.db import Tx
from ledger.statements import raised
from matching.pot_state import PotState, load_pot_states
from matching.unlock import reached, unlock

PHASES = (Phase.OPEN, Phase.ENDED, Phase.SETTLING)


class Reached(NamedTuple):
    """What a campaign has reached: paid donors and fen raised, refunds taken off."""

    donors: int
    raised_minor: int


def challenges(deps: Dependencies) -> int:
    """Unlock every challenge pot whose challenge is met, serving the donations that were paid before, oldest
    payment first; answers how many pots. Each campaign in a transaction of its own; safe beside itself."""
    with deps.db.transaction() as tx:
        waiting = [
            row[0]
            for row in tx.rows(
                """SELECT DISTINCT p.campaign_id FROM pot p JOIN campaign c ON c.id = p.campaign_id
                    WHERE p.kind = 'challenge' AND c.phase = ANY(:phases)
                      AND NOT EXISTS (SELECT FROM pot_unlock u WHERE u.pot_id = p.id)""",
                phases=[str(phase) for phase in PHASES],
            )
        ]
        # A look without locks: a campaign is stopped for a moment only when there is something to unlock.
        due = [campaign_id for campaign_id in waiting if _met(tx, campaign_id)]
    return sum(_open(deps, campaign_id) for campaign_id in due)


def _open(deps: Dependencies, campaign_id: int) -> int:
    with deps.db.transaction() as tx:
        campaign = lock_campaign_by_id(tx, campaign_id)
        return unlock_met(tx, campaign) if campaign.phase in PHASES else 0


def unlock_met(tx: Tx, campaign: Campaign) -> int:
    """Unlock what is met and serve those who came before; answers how many pots. The campaign is locked
    exclusively. What is unlocked stays so, whatever is refunded later."""
    assert campaign.id is not None
    met = _met(tx, campaign.id)
    if not met:
        return 0
    figures = _reached(tx, campaign.id)
    for pot in met:
        unlock(tx, pot, *figures)
    bump_matching_version(tx, campaign)
    for pot in met:
        reoffer(tx, campaign, only=pot.pot_id)
    return len(met)


def _met(tx: Tx, campaign_id: int) -> list[PotState]:
    return reached(tx, load_pot_states(tx, [campaign_id]), *_reached(tx, campaign_id))


def _reached(tx: Tx, campaign_id: int) -> Reached:
    donors = tx.scalar("SELECT donors FROM campaign_tally WHERE campaign_id = :id", id=campaign_id)
    return Reached(int(donors or 0), raised(tx, campaign_id))
