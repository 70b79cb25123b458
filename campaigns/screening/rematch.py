"""Match a donation again from what is still free when a reviewer clears a case that was cancelled."""

from uuid import UUID

from campaigns.lifecycle.campaign import SharedCampaign
from campaigns.projects.targets import projects_of_counties, targets
from kernel.db import Tx
from ledger.post import Transfer
from matching.capture import capture, reserved_parts
from matching.pot_state import pot_states, ratios_by_rules
from matching.requests import MatchableDonation, live_match
from matching.reserve import lock_pots, plan_matches, write_matches


def rematch(tx: Tx, donation_id: UUID, campaign: SharedCampaign) -> list[Transfer]:
    """Query all pots of the campaign again, like the re-offer after the end; return the transfers for the caller to
    post.

    The donation is locked, the campaign at least shared. There is no match for a donation that was refunded in
    full, nor for one paid so late that only its reservation, which has ended, could have matched it.
    """
    row = tx.row(
        """SELECT project_id, amount_minor - refunded_minor AS kept, donor_key, paid_at FROM donation
            WHERE id = :id AND status IN ('paid', 'settled')""",
        id=donation_id,
    )
    if row is None or not row.kept or not campaign.pays_in_time(row.paid_at):
        return []
    pots = pot_states(tx, campaign.id, campaign.matching_version)
    live = live_match(reserved_parts(tx, [donation_id]), ratios_by_rules(pots))
    target = targets(tx, [row.project_id])[row.project_id]
    donation = MatchableDonation(donation_id, campaign.id, row.kept, target, row.donor_key, row.paid_at)
    window_open = campaign.windows.open_at(row.paid_at)
    request = donation.reservation_request(live, stage="any", window_open=window_open)
    locked = lock_pots(tx, {request.pot_query}, {campaign.id: pots})
    transfers = write_matches(tx, plan_matches(tx, locked, [request], projects_of_counties), "reoffer")
    return transfers + capture(tx, [donation_id])
