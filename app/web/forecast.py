"""What match a donor can expect now: the same pure allocation as at giving, on what the pots hold at this moment.

A forecast, not a promise: caps that the donor has used up already are not known before he says who he is. Only
what is certain counts: no locked challenge pot, and no random pot, which draws when the payment has come.
"""

from collections.abc import Sequence

from app.web.queries import CampaignPage
from campaigns.disclosure.totals import PotView
from campaigns.projects.targets import targets
from kernel.clock import local_day
from kernel.db import Tx
from matching.allocate import AllocationRequest, Capacity, allocate, serving_offers
from matching.pot_state import load_pot_states


def expected_match(
    tx: Tx, event: CampaignPage, project_id: int, amounts: Sequence[int], pots: Sequence[PotView]
) -> dict[int, int]:
    """Amount -> match that can be expected for it now, in fen."""
    target = targets(tx, [project_id]).get(project_id)
    if target is None or not event.window_open or not event.running:
        return dict.fromkeys(amounts, 0)
    states = [state for state in load_pot_states(tx, [event.id]) if state.kind != "random"]
    offers = serving_offers((offer for state in states if (offer := state.offer(tx.now))), target)
    held = {pot.id: pot.available_minor for pot in pots}
    day = local_day(tx.now).isoformat()
    return {
        amount: allocate(AllocationRequest(amount, target, "", day), offers, Capacity(dict(held))).matched_minor
        for amount in amounts
    }
