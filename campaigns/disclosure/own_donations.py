"""The donations that came from one browser: their donor finds them again without a link.

Found by the keyed hash of the browser's cookie: unpaid ones by their index, paid ones by the index that screening
keeps (`device_gift`), and those of donors who are known by nothing else by their donor key. Gifts taken at a
station are left out: many people share its browser.
"""

from collections.abc import Sequence
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
    """What a browser gave: `open` still holds match and waits for its payment, `past` does not. Newest first."""

    open: list[DonationView]
    past: list[DonationView]


def own_donations(tx: Tx, keys: Keys, visitor: str) -> OwnDonations:
    """Return the donations of the browser whose signed cookie says `visitor`, the newest `MOST_SHOWN`."""
    device = device_key(keys, visitor)
    ids: list[UUID] = [
        row.id for row in tx.rows(_OWN, device=device, visitor=visitor_key(keys, visitor), most=MOST_SHOWN)
    ]
    return sorted_views(tx, ids)


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
    """Return donations in the order of their ids, those that wait for a payment apart."""
    views = donation_views(tx, ids)
    shown = [views[id_] for id_ in ids if id_ in views]
    return OwnDonations(
        [view for view in shown if view.status in WAITING],
        [view for view in shown if Status(view.status) not in WAITING],
    )
