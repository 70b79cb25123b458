"""The match that this visitor can expect now: the same pure allocation as at giving, on what the pots hold now and
with what is left of the visitor's own caps.

A forecast, not a promise: nothing is reserved. Only what is certain counts: no locked challenge pot, and no random
pot, which draws when the payment has come.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import uuid4

from app.current import deps
from campaigns.disclosure.campaigns import CampaignView
from campaigns.disclosure.totals import PotView
from campaigns.donations.donors.contact import Donor, donor_key
from campaigns.donations.unpaid.own_unpaid import DONOR_CAPS
from campaigns.projects.targets import projects_of_counties, targets
from kernel.clock import local_day
from kernel.db import Tx
from kernel.money import MAX_MINOR
from matching.allocate import AllocationRequest, Capacity, allocate, serving_offers
from matching.cap_usage import fill_cap_usage
from matching.pot_state import load_pot_states


@dataclass(frozen=True, slots=True)
class Forecast:
    """What an amount would be matched with now, in fen. `own_cap`: the visitor's own caps cut it; `drawn`: a pot
    draws more after the payment; `most_minor`: all that the pots would match for the visitor now, however much they
    give."""

    amount_minor: int
    match_minor: int
    own_cap: bool = False
    drawn: bool = False
    most_minor: int = 0

    @property
    def total_minor(self) -> int:
        """What reaches the project."""
        return self.amount_minor + self.match_minor

    @property
    def percent(self) -> int:
        """How much of the gift is doubled, for the emblem's right half."""
        return min(self.match_minor * 100 // self.amount_minor, 100) if self.amount_minor else 0


def forecast(
    tx: Tx,
    campaign: CampaignView,
    project_id: int,
    amounts: Sequence[int],
    pots: Sequence[PotView],
    donor: Donor,
    visitor: str | None,
) -> Mapping[int, Forecast]:
    """Return what can be expected for each amount by this donor, known by contact or by the visitor's cookie."""
    target = targets(tx, [project_id]).get(project_id)
    if target is None or not campaign.window_open or not campaign.running:
        return {amount: Forecast(amount, 0) for amount in amounts}
    states = [state for state in load_pot_states(tx, [campaign.id]) if state.kind != "random"]
    offers = serving_offers((offer for state in states if (offer := state.offer(tx.now))), target)
    day = local_day(tx.now).isoformat()
    key = donor_key(deps().keys, donor, uuid4(), visitor)
    most, *others = (AllocationRequest(amount, target, key, day) for amount in (MAX_MINOR, *amounts))
    capacity = Capacity({pot.id: pot.available_minor for pot in pots})
    fill_cap_usage(tx, capacity, states, [most], projects_of_counties)
    most_minor = allocate(most, offers, capacity).matched_minor
    drawn = any(pot.kind == "random" and pot.available_minor for pot in pots)
    shares = {request.amount_minor: allocate(request, offers, capacity) for request in others}
    return {
        amount: Forecast(
            amount,
            share.matched_minor,
            share.matched_minor < amount
            and any(cut.by in DONOR_CAPS for evaluation in share.evaluations for cut in evaluation.cuts),
            drawn,
            most_minor,
        )
        for amount, share in shares.items()
    }
