"""Change the match of donations as a batch of merged facts requires."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import NamedTuple
from uuid import UUID

from campaigns.donations.facts.aggregate import DonationAggregate
from campaigns.lifecycle.phases import LIVING, Phase
from campaigns.projects.targets import projects_of_counties, targets
from kernel.db import Tx
from ledger.post import Transfer
from matching.capture import capture, reserved_parts
from matching.pot_state import PotState, lock_free_accounts, pot_states, ratios_by_rules
from matching.release import release
from matching.requests import MatchableDonation, ReservationRequest, live_match
from matching.reservations import ReservedPart, Surplus, surplus
from matching.reserve import lock_pots, plan_matches, write_matches
from matching.return_match import return_surplus
from matching.rules import Target


class _Return(NamedTuple):
    """How the match of a donation returns; the donations of a batch that have it in common are written together."""

    living: bool
    released: bool
    cause: str


class MatchChanges:
    """Capture, reserve, release and return match for the donations of a batch; `write` returns the transfers."""

    def __init__(self, tx: Tx, donations: Sequence[DonationAggregate]) -> None:
        self.tx = tx
        self.donations = donations
        campaigns = {donation.campaign_id: donation.campaign for donation in donations}
        self.pots = {
            campaign.id: pot_states(tx, campaign.id, campaign.matching_version) for campaign in campaigns.values()
        }
        self.matching_at_payment = {
            campaign_id for campaign_id, pots in self.pots.items() if any(pot.mode == "payment" for pot in pots)
        }

    def write(self) -> list[Transfer]:
        paid = [donation for donation in self.donations if donation.newly_paid]
        seeking = sorted((donation for donation in paid if self._may_match_more(donation)), key=_paid_at)
        ended = [donation.id for donation in self.donations if donation.ended]
        shrinking = [donation for donation in self.donations if donation.match_shrinks]
        # Lock all pots of these campaigns at once, in the global lock order, before anything below is locked.
        changes = seeking or ended or shrinking
        free = lock_free_accounts(self.tx, self._pots_by_id.values()) if changes else {}
        transfers = capture(self.tx, [donation.id for donation in paid if not donation.late])
        transfers += self._match_more(seeking, free)
        if ended:
            transfers += release(self.tx, ended, self._pots_by_id)
        return transfers + [transfer for part in self._return_surplus(shrinking) for transfer in part]

    @cached_property
    def _pots_by_id(self) -> dict[int, PotState]:
        return {pot.pot_id: pot for pots in self.pots.values() for pot in pots}

    @cached_property
    def _ratios(self) -> dict[int, int]:
        return ratios_by_rules(self._pots_by_id.values())

    def _may_match_more(self, donation: DonationAggregate) -> bool:
        """Return whether a paid donation may get match beyond its reservations."""
        campaign = donation.campaign
        has_pots = campaign.id in self.matching_at_payment or (donation.late and bool(self.pots[campaign.id]))
        return (
            has_pots
            and campaign.pays_in_time(_paid_at(donation))
            and campaign.phase in LIVING
            and donation.kept_minor > 0
        )

    def _match_more(self, seeking: Sequence[DonationAggregate], free: Mapping[int, int]) -> list[Transfer]:
        if not seeking:
            return []
        target_of = targets(self.tx, sorted({donation.project_id for donation in seeking}))
        on_time = [donation.id for donation in seeking if not donation.late]
        prior = _by_donation(reserved_parts(self.tx, on_time))
        requests = [
            _request(donation, target_of[donation.project_id], prior[donation.id], self._ratios)
            for donation in seeking
        ]
        locked = lock_pots(self.tx, {request.pot_query for request in requests}, self.pots, free)
        plans = plan_matches(self.tx, locked, requests, projects_of_counties)
        return write_matches(self.tx, plans, {"any": "late", "payment": "payment"}, state="captured")

    def _return_surplus(self, shrinking: Sequence[DonationAggregate]) -> Iterable[list[Transfer]]:
        """Return surplus match of refunded donations, according to what is left of each.

        The match of the last pot is returned first, whenever it matched, so that match of better pots stays.
        """
        if not shrinking:
            return
        surpluses: dict[_Return, list[Surplus]] = defaultdict(list)
        order = {pot.pot_id: pot.order for pot in self._pots_by_id.values()}
        parts = _by_donation(reserved_parts(self.tx, [donation.id for donation in shrinking]))
        for donation in shrinking:
            captured = [part for part in parts[donation.id] if part.state == "captured"]
            captured.sort(key=lambda part: order[part.pot_id])  # stable: within a pot, the older reservation first
            surpluses[_return_of(donation)] += surplus(donation.kept_minor, captured, self._ratios)
        for how, returned in surpluses.items():
            yield return_surplus(self.tx, returned, self._pots_by_id, **how._asdict())


def _return_of(donation: DonationAggregate) -> _Return:
    phase = donation.campaign.phase
    cause = f"returned:{donation.reversal_postings}"
    return _Return(phase in LIVING, phase in (Phase.RELEASED, Phase.ARCHIVED), cause)


def _paid_at(donation: DonationAggregate) -> datetime:
    """Return the sort key for matching: first paid, first served; within a second, in inbox order."""
    assert donation.paid_at is not None
    return donation.paid_at


def _request(
    donation: DonationAggregate, target: Target, prior: Sequence[ReservedPart], ratios: Mapping[int, int]
) -> ReservationRequest:
    paid_at = _paid_at(donation)
    matchable = MatchableDonation(
        donation.id, donation.campaign_id, donation.amount_minor, target, donation.donor_key, paid_at
    )
    return matchable.reservation_request(
        live_match(prior, ratios),
        # Without a reservation a donation may ask every pot; with one, only those that match at payment.
        stage="any" if donation.late else "payment",
        window_open=donation.campaign.windows.open_at(paid_at),
    )


def _by_donation(parts: Sequence[ReservedPart]) -> dict[UUID, list[ReservedPart]]:
    grouped: dict[UUID, list[ReservedPart]] = defaultdict(list)
    for part in parts:
        grouped[part.donation_id].append(part)
    return grouped
