"""PURE. Requests for match: what matching must know of a donation to decide on it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Literal, NamedTuple
from uuid import UUID

from kernel.clock import local_day
from matching.allocate import AllocationRequest, matched_base
from matching.reservations import ReservedPart
from matching.rules import Target

# Which pots may match: those that reserve at the pledge, those that match at payment, or all of them.
Stage = Literal["pledge", "payment", "any"]
STAGE_MODES: dict[Stage, tuple[str, ...]] = {
    "pledge": ("reserve",),
    "payment": ("payment",),
    "any": ("reserve", "payment"),
}


class PotQuery(NamedTuple):
    """What determines which pots may match a donation, and so which are locked."""

    campaign_id: int
    target: Target
    stage: Stage


class LiveMatch(NamedTuple):
    """Match that a donation has from one pot, in fen, and the ratio at which it got it."""

    pot_id: int
    ratio_bps: int
    amount_minor: int

    @property
    def base_minor(self) -> int:
        """How much of the donation this match uses up, in fen."""
        return matched_base(self.amount_minor, self.ratio_bps)


class ReservationRequest(NamedTuple):
    """A request to match a donation: under which conditions, and from which pots.

    `accept_unmatched`: the donor accepts less match than the rules would give. `window_open`: whether the campaign
    gives match at the donation's time; if not, no pot is queried.
    """

    donation_id: UUID
    campaign_id: int
    allocation_request: AllocationRequest
    accept_unmatched: bool
    window_open: bool = True
    stage: Stage = "pledge"

    @property
    def pot_query(self) -> PotQuery:
        return PotQuery(self.campaign_id, self.allocation_request.target, self.stage)

    @property
    def matchable(self) -> bool:
        """Whether any pot may be queried: within a match window, and for a project that is not barred."""
        return self.window_open and not self.allocation_request.target.barred


class MatchableDonation(NamedTuple):
    """A donation to be matched: `amount_minor` fen of it, counted for the day of `at`.

    `at` is the time of the pledge, or the provider's time of the payment once there is one.
    """

    id: UUID
    campaign_id: int
    amount_minor: int
    target: Target
    donor_key: str
    at: datetime

    def allocation_request(self, live: Iterable[LiveMatch] = ()) -> AllocationRequest:
        """Request match beyond the match `live` that the donation already has."""
        day = local_day(self.at).isoformat()
        request = AllocationRequest(self.amount_minor, self.target, self.donor_key, day, donation=self.id)
        return with_prior_match(request, live)

    def reservation_request(
        self,
        live: Iterable[LiveMatch] = (),
        *,
        stage: Stage,
        window_open: bool,
        accept_unmatched: bool = True,
    ) -> ReservationRequest:
        """Request reservations from the pots of a stage, beyond the match `live` that the donation already has."""
        request = self.allocation_request(live)
        return ReservationRequest(self.id, self.campaign_id, request, accept_unmatched, window_open, stage)


def with_prior_match(request: AllocationRequest, live: Iterable[LiveMatch]) -> AllocationRequest:
    """Return a request that takes into account the match that its donation already has."""
    prior: dict[int, int] = {}
    base_minor = 0
    for match in live:
        prior[match.pot_id] = prior.get(match.pot_id, 0) + match.amount_minor
        base_minor += match.base_minor
    return request._replace(matched_base_minor=base_minor, prior=prior) if prior else request


def live_match(parts: Iterable[ReservedPart], ratios: Mapping[int, int]) -> list[LiveMatch]:
    """Return what still counts as match of these reservations; `ratios` maps rules ids to basis points."""
    return [LiveMatch(part.pot_id, ratios[part.rules_id], part.live_minor) for part in parts if part.live_minor]
