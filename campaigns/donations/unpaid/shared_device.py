"""Devices that several donors share (a tablet at a stand, a family's phone). A person who leaves a contact is a
separate donor. Gifts without a contact count together, and the donor is shown when a contact would help."""

from collections.abc import Collection
from typing import NamedTuple

from campaigns.dependencies import Dependencies
from campaigns.donations.donors import contact
from campaigns.donations.donors.identity import is_visitor_key
from campaigns.donations.explain import Explanation
from campaigns.donations.models import Donation
from campaigns.donations.unpaid.own_unpaid import cut_by_donor_cap
from kernel.clock import local_day
from kernel.db import Tx
from matching.pot_state import load_pot_states


class _Used(NamedTuple):
    """The match from a pot that a device's gifts without contact use; fen."""

    pot_id: int
    ever_minor: int
    today_minor: int


def contact_would_help(tx: Tx, explanation: Explanation) -> bool:
    """Return whether a cap per donor cut the match of a gift without contact. Such gifts of a device count
    together."""
    if not cut_by_donor_cap(explanation):
        return False
    donation = tx.get(Donation, explanation.donation_id)
    return donation is not None and is_visitor_key(donation.donor_key)


def device_cap_used_up(
    tx: Tx, deps: Dependencies, campaign_id: int, pot_ids: Collection[int], visitor: str | None
) -> bool:
    """Return whether gifts without contact from this browser have used up a cap per donor of one of these pots."""
    if not visitor or not pot_ids:
        return False
    used = {
        row.pot_id: row
        for row in tx.rows_as(
            _Used,
            """SELECT pot_id, CAST(sum(live_minor) AS bigint) AS ever_minor,
                      CAST(coalesce(sum(live_minor) FILTER (WHERE day = :today), 0) AS bigint) AS today_minor
                 FROM reservation
                WHERE donor_key = :donor AND pot_id = ANY(:pots) AND state <> 'released' GROUP BY pot_id""",
            today=local_day(tx.now),
            donor=contact.visitor_key(deps.keys, visitor),
            pots=sorted(pot_ids),
        )
    }
    if not used:
        return False
    versions = {pot.pot_id: pot.version(tx.now) for pot in load_pot_states(tx, [campaign_id])}
    return any(
        version is not None
        and (
            _reached(use.ever_minor, version.rules.caps.donor_minor)
            or _reached(use.today_minor, version.rules.caps.donor_day_minor)
        )
        for pot_id, use in used.items()
        if (version := versions.get(pot_id)) is not None
    )


def _reached(used_minor: int, cap_minor: int | None) -> bool:
    return cap_minor is not None and used_minor >= cap_minor
