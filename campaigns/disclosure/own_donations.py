"""The donations made from one browser, so that their donor finds them again without a link.

They are found by the keyed hash of the browser's cookie: unpaid ones by their index, paid ones by the index that
screening keeps (`device_gift`), and those of donors known by nothing else by their donor key. Donations taken at a
station are left out, because many people share its browser.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlmodel import col, select

from campaigns.donations.donors.contact import device_key, visitor_key
from campaigns.donations.models import Donation
from campaigns.donations.states import WAITING, Status
from campaigns.donations.view import DonationView, donation_views
from kernel.db import Tx
from kernel.keys import Keys

MOST_SHOWN = 50

_OWN = """
    SELECT d.id, d.status, d.pledged_at FROM donation d
     WHERE d.channel <> 'station' AND d.erased_at IS NULL AND d.id IN (
           SELECT id FROM donation WHERE device_key = :device AND status IN ('pending', 'paying')
           UNION ALL
           SELECT id FROM donation WHERE donor_key = :visitor AND device_key = :device
           UNION ALL
           SELECT g.donation_id FROM campaign c CROSS JOIN LATERAL (
                  SELECT donation_id FROM device_gift
                   WHERE campaign_id = c.id AND device_key = :device) g)
     ORDER BY d.status IN ('pending', 'paying') DESC, d.pledged_at DESC, d.id LIMIT :most"""


class OwnDonations(NamedTuple):
    """The donations of a browser, newest first. `open` ones wait for their payment and still hold match; `past`
    ones do not."""

    open: list[DonationView]
    past: list[DonationView]


def own_donations(tx: Tx, keys: Keys, visitor: str) -> OwnDonations:
    """Return the newest `MOST_SHOWN` donations of the browser whose signed cookie contains `visitor`."""
    device = device_key(keys, visitor)
    ids: list[UUID] = [
        row.id for row in tx.rows(_OWN, device=device, visitor=visitor_key(keys, visitor), most=MOST_SHOWN)
    ]
    return sorted_views(tx, ids)


def replacement_of(tx: Tx, keys: Keys, visitor: str, replaced_at: datetime) -> UUID | None:
    """Return the donation of a browser that replaced another at that time; None if it is not among those that
    `own_donations` shows."""
    own = own_donations(tx, keys, visitor)
    # One transaction ends the old donation and creates the new one, and has one time.
    return next((view.id for view in (*own.open, *own.past) if view.pledged_at == replaced_at), None)


def person_donations(tx: Tx, donation_ids: Sequence[UUID]) -> OwnDonations:
    """Return the newest `MOST_SHOWN` of a person's donations."""
    newest = (
        select(Donation.id)
        .where(col(Donation.id).in_(donation_ids))
        .order_by(col(Donation.status).in_(WAITING).desc(), col(Donation.pledged_at).desc(), col(Donation.id))
        .limit(MOST_SHOWN)
    )
    return sorted_views(tx, tx.all(newest))


def sorted_views(tx: Tx, ids: Sequence[UUID]) -> OwnDonations:
    """Return donations in the order of their ids, separated into those that wait for a payment and the others."""
    views = donation_views(tx, ids)
    shown = [views[id_] for id_ in ids if id_ in views]
    return OwnDonations(
        [view for view in shown if view.status in WAITING],
        [view for view in shown if Status(view.status) not in WAITING],
    )
