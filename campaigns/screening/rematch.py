"""Match for a donation whose match a person had taken away, and gave again: what is still free."""

from collections import Counter
from uuid import UUID

from campaigns.lifecycle.campaign import SharedCampaign
from campaigns.projects.projects import neighbours, targets
from kernel.clock import local_day
from kernel.db import Tx
from ledger.post import Transfer
from matching.allocate import AllocationRequest, matched_base
from matching.capture import capture, reserved_parts
from matching.pot_state import pot_states
from matching.reserve import ReservationRequest, lock_pots, plan_matches, write_matches


def rematch(tx: Tx, donation_id: UUID, campaign: SharedCampaign) -> list[Transfer]:
    """Ask all pots of the campaign once more, as the re-offer after the end does; answers the transfers to post.

    The donation is locked, the campaign at least shared. A donation that was refunded entirely asks nothing, nor
    does one whose payment came too late for any match but its promise, which has ended.
    """
    row = tx.row(
        """SELECT project_id, amount_minor - refunded_minor AS kept, donor_key, paid_at FROM donation
            WHERE id = :id AND status IN ('paid', 'settled')""",
        id=donation_id,
    )
    if row is None or not row.kept or not campaign.pays_in_time(row.paid_at):
        return []
    pots = pot_states(tx, campaign.id, campaign.matching_version)
    ratios = {version.rules_id: version.rules.ratio_bps for pot in pots for version in pot.versions}
    prior = [part for part in reserved_parts(tx, [donation_id]) if part.live_minor]
    used = sum(matched_base(part.live_minor, ratios[part.rules_id]) for part in prior)
    given = Counter({part.pot_id: part.live_minor for part in prior})
    target = targets(tx, [row.project_id])[row.project_id]
    day = local_day(row.paid_at).isoformat()
    allocation_request = AllocationRequest(row.kept, target, row.donor_key, day, used, given, str(donation_id))
    request = ReservationRequest(
        donation_id, campaign.id, allocation_request, True, campaign.window_open(row.paid_at), "any"
    )
    locked = lock_pots(tx, {request.place}, {campaign.id: pots})
    transfers = write_matches(tx, plan_matches(tx, locked, [request], neighbours), "reoffer")
    return transfers + capture(tx, [donation_id])
