"""A donor's unpaid donations, whose reserved match counts against the donor's caps.

They are found by their live reservations, which have an index by donor.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from campaigns.dependencies import Dependencies
from campaigns.donations.commands import CreateDonation
from campaigns.donations.donors import contact
from campaigns.donations.explain import Explanation
from campaigns.donations.models import Donation
from kernel.db import Tx

DONOR_CAPS = frozenset({"donor_minor", "donor_day_minor"})


class OwnUnpaid(NamedTuple):
    """An unpaid donation with reserved match, in fen. `same_browser`: it was created with the visitor's own cookie.
    A visitor who only types another person's phone number learns no more than that the donation exists."""

    donation_id: UUID
    project_name: str
    amount_minor: int
    reserved_minor: int
    until: datetime
    same_browser: bool


@dataclass(frozen=True, slots=True)
class OwnUnpaidSum:
    """How many other unpaid donations a donor has, and the match reserved for them, in fen."""

    count: int
    own_unpaid_minor: int


def own_unpaid(tx: Tx, deps: Dependencies, campaign_id: int, command: CreateDonation) -> list[OwnUnpaid]:
    """Return the donor's other unpaid donations that have reserved match, oldest first, without those that the
    command replaces. Empty if the command repeats a stored donation, because nothing is decided any more."""
    keys = {contact.donor_key(deps.keys, command.donor, command.id, command.visitor)}
    if command.visitor:
        keys.add(contact.visitor_key(deps.keys, command.visitor))
    return tx.rows_as(
        OwnUnpaid,
        """SELECT d.id AS donation_id, p.name AS project_name, d.amount_minor,
                  CAST(sum(r.live_minor) AS bigint) AS reserved_minor, d.match_until AS until,
                  coalesce(d.device_key = CAST(:device AS text), false) AS same_browser
             FROM reservation r JOIN donation d ON d.id = r.donation_id JOIN project p ON p.id = d.project_id
            WHERE r.donor_key = ANY(:keys) AND r.state = 'reserved' AND d.campaign_id = :campaign
              AND d.status IN ('pending', 'paying') AND NOT d.id = ANY(CAST(:replaced AS uuid[]))
              AND NOT EXISTS (SELECT FROM donation WHERE id = :command)
            GROUP BY d.id, p.name ORDER BY d.pledged_at, d.id""",
        keys=sorted(keys),
        device=contact.device_key(deps.keys, command.visitor),
        campaign=campaign_id,
        replaced=[replaced.id for replaced in command.replaces],
        command=command.id,
    )


def typed_before(tx: Tx, deps: Dependencies, donation_id: UUID, visitor: str | None) -> dict[str, str]:
    """Return what the donor entered for a donation, by form field, to prefill the donation that replaces it.

    The caller has checked its token. A link may have been passed on, so only the donor's own browser sees the
    contact.
    """
    donation = tx.get(Donation, donation_id)
    if donation is None:
        return {}
    typed = {"team": donation.team, "channel": donation.channel, "source": donation.source_code}
    device = contact.device_key(deps.keys, visitor)
    if device is None or donation.device_key != device:
        return typed
    shown = {"publish_name": "1" if donation.publish_name else "", "message": donation.message}  # see the model
    return typed | shown | contact.read_contact(tx, deps.keys, donation_id)


def cut_by_donor_cap(explanation: Explanation) -> bool:
    """Return whether a cap per donor cut the match of this donation."""
    return any(
        cap.by in DONOR_CAPS for decision in explanation.decisions for pot in decision.pots for cap in pot.cuts
    )


def own_unpaid_sum(tx: Tx, explanation: Explanation) -> OwnUnpaidSum:
    """Return how much of their caps the donor's other unpaid donations use, if a cap cut this donation; else
    zero."""
    if not cut_by_donor_cap(explanation):
        return OwnUnpaidSum(0, 0)
    return tx.rows_as(
        OwnUnpaidSum,
        """SELECT count(DISTINCT d.id) AS count, CAST(coalesce(sum(r.live_minor), 0) AS bigint) AS own_unpaid_minor
             FROM donation this
             JOIN reservation r ON r.donor_key = this.donor_key AND r.state = 'reserved'
             JOIN donation d ON d.id = r.donation_id AND d.campaign_id = this.campaign_id
            WHERE this.id = :id AND d.id <> this.id AND d.status IN ('pending', 'paying')""",
        id=explanation.donation_id,
    )[0]
