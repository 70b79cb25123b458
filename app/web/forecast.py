"""The match that a donor can expect now: the same pure allocation as at giving, on what the pots hold now.

A forecast, not a promise: caps that the donor has used up are not known before they say who they are. Only what
is certain counts: no locked challenge pot, and no random pot, which draws when the payment has come.
"""

from collections.abc import Sequence

from campaigns.disclosure.campaigns import CampaignView
from campaigns.disclosure.totals import PotView
from campaigns.projects.targets import targets
from kernel.clock import local_day
from kernel.db import Tx
from matching.allocate import AllocationRequest, Capacity, allocate, serving_offers
from matching.pot_state import load_pot_states


def expected_match(
    tx: Tx, campaign: CampaignView, project_id: int, amounts: Sequence[int], pots: Sequence[PotView]
) -> dict[int, int]:
    """Return amount -> match that can be expected for it now, in fen."""
    target = targets(tx, [project_id]).get(project_id)
    if target is None or not campaign.window_open or not campaign.running:
        return dict.fromkeys(amounts, 0)
    states = [state for state in load_pot_states(tx, [campaign.id]) if state.kind != "random"]
    offers = serving_offers((offer for state in states if (offer := state.offer(tx.now))), target)
    available = {pot.id: pot.available_minor for pot in pots}
    day = local_day(tx.now).isoformat()
    return {
        amount: allocate(
            AllocationRequest(amount, target, "", day), offers, Capacity(dict(available))
        ).matched_minor
        for amount in amounts
    }
