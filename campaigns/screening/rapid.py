"""The number and sum of a donor's paid donations within a time span around a donation, matched or not."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from campaigns.donations.donors.identity import is_own_key
from campaigns.donations.models import Donation
from campaigns.screening.observed import PaidGift, RapidGiving, most_within
from campaigns.screening.subject import ScreeningSubject
from campaigns.screening.thresholds import Thresholds
from kernel.bulk import unnest
from kernel.db import Tx

MOST_GIFTS = 2_000  # most donations loaded per donor, newest first; our default
MOST_MATCHED = 1_000


class _Row(NamedTuple):
    donor_key: str
    campaign_id: int
    donation_id: UUID
    paid_at: datetime
    amount_minor: int


def load_rapid(tx: Tx, subjects: Sequence[ScreeningSubject], thresholds: Thresholds) -> dict[UUID, RapidGiving]:
    """Return the giving around each subject whose donor may be above a threshold."""
    donors = {(subject.donor_key, subject.campaign_id) for subject in subjects if not is_own_key(subject.donor_key)}
    if not donors:
        return {}
    keys = sorted(donors)
    gifts: dict[tuple[str, int], list[PaidGift]] = defaultdict(list)
    # `+ 0` forces the index on the donor key: without statistics, donor key and campaign seem equally selective.
    for row in tx.rows_as(
        _Row,
        f"""SELECT u.donor_key, u.campaign_id, g.*
              FROM {unnest(Donation, "donor_key", "campaign_id")}
              JOIN campaign_donor k USING (campaign_id, donor_key)
             CROSS JOIN LATERAL (
                   SELECT id AS donation_id, paid_at, amount_minor FROM donation
                    WHERE donor_key = u.donor_key AND campaign_id + 0 = u.campaign_id AND paid_at IS NOT NULL
                    ORDER BY pledged_at DESC LIMIT :most) AS g
             WHERE k.donations >= 2 ORDER BY g.paid_at, g.donation_id""",
        donor_key=[key for key, _ in keys],
        campaign_id=[campaign_id for _, campaign_id in keys],
        most=MOST_GIFTS,
    ):
        gifts[row.donor_key, row.campaign_id].append(PaidGift(row.donation_id, row.paid_at, row.amount_minor))
    within = timedelta(seconds=thresholds.rapid_within_s)
    return {
        subject.id: most_within(gifts[subject.donor_key, subject.campaign_id], subject.paid_at, within)
        for subject in subjects
        if (subject.donor_key, subject.campaign_id) in gifts
    }


def matched_of_rapid_donors(tx: Tx, donation_ids: Iterable[UUID], thresholds: Iterable[Thresholds]) -> set[UUID]:
    """Return the matched donations of these donations' donors where a threshold may be passed. A donation that a
    cap left without match gets no case, but the donor's earlier matched ones do.

    If fewer than `rapid_count` donations sum up to `rapid_minor`, at least one of them is no smaller than
    `rapid_minor` divided by `rapid_count`.
    """
    limits = list(thresholds)
    if not limits:
        return set()
    rows = tx.rows(
        """WITH donor AS (
               SELECT DISTINCT d.donor_key, d.campaign_id FROM donation d
                 JOIN campaign_donor k USING (campaign_id, donor_key)
                WHERE d.id = ANY(:ids) AND d.paid_at IS NOT NULL AND left(d.donor_key, 2) <> 'd\\:'
                  AND (k.donations >= :count OR d.amount_minor >= :large))
           SELECT DISTINCT r.donation_id FROM donor
            CROSS JOIN LATERAL (
                  SELECT donation_id FROM reservation
                   WHERE donor_key = donor.donor_key AND state = 'captured' AND live_minor > 0
                   ORDER BY id DESC LIMIT :most) AS r""",
        ids=list(donation_ids),
        count=min(limit.rapid_count for limit in limits),
        large=min(limit.rapid_minor // limit.rapid_count for limit in limits),
        most=MOST_MATCHED,
    )
    return {row.donation_id for row in rows}
