"""The match that this visitor can expect now: the same pure allocation as when giving, on what the pots hold and
what is left of the visitor's own caps.

A forecast reserves nothing and guarantees nothing. It counts only what is certain: no locked challenge pot, and no
random pot, which draws after the payment.
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
    """The expected match of an amount, in fen. `own_cap`: the visitor's own caps reduce it; `drawn`: a random pot
    may add more after the payment; `most_minor`: the most that the pots would match now for this visitor."""

    amount_minor: int
    match_minor: int
    own_cap: bool = False
    drawn: bool = False
    most_minor: int = 0

    @property
    def total_minor(self) -> int:
        """The gift with its match."""
        return self.amount_minor + self.match_minor

    @property
    def percent(self) -> int:
        """The match as a percentage of the gift, at most 100, for the emblem's right half."""
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
    """Return the forecast of each amount for a donor, who is known by contact or by the visitor's cookie."""
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
