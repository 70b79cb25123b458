"""Match for a donation whose match a person had taken away, and gave again: what is still free."""

from collections import Counter
from uuid import UUID

from campaigns.events.campaigns import Shared
from campaigns.projects.projects import neighbours, targets
from kernel.clock import local_day
from kernel.db import Tx
from ledger.post import Transfer
from matching.allocate import Gift, matched_base
from matching.capture import capture, parts_of
from matching.offers import pots_of
from matching.reserve import Wish, lock_for, plan, write


def match_again(tx: Tx, donation_id: UUID, campaign: Shared) -> list[Transfer]:
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
    pots = pots_of(tx, campaign.id, campaign.matching_version)
    ratios = {version.rules_id: version.rules.ratio_bps for pot in pots for version in pot.versions}
    prior = [part for part in parts_of(tx, [donation_id]) if part.live_minor]
    used = sum(matched_base(part.live_minor, ratios[part.rules_id]) for part in prior)
    given = Counter({part.pot_id: part.live_minor for part in prior})
    target = targets(tx, [row.project_id])[row.project_id]
    day = local_day(row.paid_at).isoformat()
    gift = Gift(row.kept, target, row.donor_key, day, used, given, str(donation_id))
    wish = Wish(donation_id, campaign.id, gift, True, campaign.window_open(row.paid_at), "any")
    locked = lock_for(tx, {wish.place}, {campaign.id: pots})
    transfers = write(tx, plan(tx, locked, [wish], neighbours), "reoffer")
    return transfers + capture(tx, [donation_id])
