"""Count paid donations for screening as they arrive: by device, and by place, amount and time.

Each donation is counted once: `counted_gift` has a row for every counted donation, written in the same transaction
as the counts. The caller holds the lock on the mark, so no other transaction counts at the same time.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from uuid import UUID

from kernel.db import Tx

SLOT_S = 5  # donations within one slot are counted together; every window has whole slots
ANY_AMOUNT = 0  # the amount under which donations of all amounts are counted

# The places of a donation `d` at which it can be part of a burst.
_PLACES = """(VALUES ('project', CAST(d.project_id AS text)), ('team', nullif(d.team, '')),
                     ('source', CASE WHEN d.channel <> 'partner' THEN nullif(d.source_code, '') END)
             ) AS p(kind, place)"""


def changes_of(gifts: str) -> str:
    """Return the SQL for how counted donations `g(donation_id, donations, newcomers)` change the counts, by place,
    amount and time."""
    return f"""
        SELECT d.campaign_id, p.kind, p.place, a.amount_minor,
               date_bin('{SLOT_S} seconds', d.paid_at, TIMESTAMPTZ 'epoch') AS slot_at,
               sum(g.donations) AS donations, sum(g.newcomers) AS newcomers
          FROM {gifts} JOIN donation d ON d.id = g.donation_id
         CROSS JOIN LATERAL {_PLACES}
         CROSS JOIN LATERAL (VALUES (d.amount_minor), ({ANY_AMOUNT})) AS a(amount_minor)
         WHERE p.place IS NOT NULL
         GROUP BY 1, 2, 3, 4, 5"""


# Rows are written in key order, so that the pages of an index are written sequentially.
_DEVICES = """
    INSERT INTO device_gift (campaign_id, device_key, donation_id)
    SELECT campaign_id, device_key, id FROM donation
     WHERE id = ANY(:ids) AND device_key IS NOT NULL AND paid_at IS NOT NULL ORDER BY 1, 2, 3
    ON CONFLICT DO NOTHING"""

_GIFTS = """
    INSERT INTO counted_gift (donation_id, newcomer)
    SELECT d.id, coalesce(n.donations <= 1, false)
      FROM donation d LEFT JOIN campaign_donor n ON n.campaign_id = d.campaign_id AND n.donor_key = d.donor_key
     WHERE d.id = ANY(:ids) AND d.paid_at IS NOT NULL ORDER BY d.id
    ON CONFLICT DO NOTHING RETURNING donation_id, newcomer"""

_NEW_GIFTS = """(SELECT u.donation_id, 1 AS donations, CAST(u.newcomer AS int) AS newcomers
               FROM unnest(CAST(:ids AS uuid[]), CAST(:newcomers AS boolean[])) AS u(donation_id, newcomer)) AS g"""
_ADDED = f"""
    INSERT INTO burst_count AS kept (campaign_id, kind, place, amount_minor, slot_at, donations, newcomers)
    {changes_of(_NEW_GIFTS)} ORDER BY 1, 2, 3, 4, 5
    ON CONFLICT (campaign_id, kind, place, amount_minor, slot_at)
    DO UPDATE SET donations = kept.donations + excluded.donations,
                  newcomers = kept.newcomers + excluded.newcomers"""

# `+ 0` forces the index on the donor key: without statistics, donor key and campaign seem equally selective.
_TURNED = f"""
    WITH turned AS (
        UPDATE counted_gift g SET newcomer = NOT g.newcomer
          FROM (SELECT DISTINCT campaign_id, donor_key FROM donation WHERE id = ANY(:ids)) AS k
          JOIN donation d ON d.donor_key = k.donor_key AND d.campaign_id + 0 = k.campaign_id
          LEFT JOIN campaign_donor n ON n.campaign_id = k.campaign_id AND n.donor_key = k.donor_key
         WHERE g.donation_id = d.id AND g.newcomer <> coalesce(n.donations <= 1, false)
     RETURNING g.donation_id, 0 AS donations, CASE WHEN g.newcomer THEN 1 ELSE -1 END AS newcomers)
    UPDATE burst_count kept SET newcomers = kept.newcomers + c.newcomers FROM ({changes_of("turned AS g")}) AS c
     WHERE (kept.campaign_id, kept.kind, kept.place, kept.amount_minor, kept.slot_at)
         = (c.campaign_id, c.kind, c.place, c.amount_minor, c.slot_at)"""


_COUNTED = """(SELECT donation_id, 1 AS donations, CAST(newcomer AS int) AS newcomers FROM counted_gift
               WHERE donation_id = :id) AS g"""
_TAKEN = f"""
    WITH c AS ({changes_of(_COUNTED)}),
    emptied AS (
        DELETE FROM burst_count k USING c
         WHERE (k.campaign_id, k.kind, k.place, k.amount_minor, k.slot_at, k.donations)
             = (c.campaign_id, c.kind, c.place, c.amount_minor, c.slot_at, c.donations))
    UPDATE burst_count k SET donations = k.donations - c.donations, newcomers = k.newcomers - c.newcomers FROM c
     WHERE (k.campaign_id, k.kind, k.place, k.amount_minor, k.slot_at)
         = (c.campaign_id, c.kind, c.place, c.amount_minor, c.slot_at) AND k.donations > c.donations"""


@contextmanager
def count_elsewhere(tx: Tx, donation_id: UUID) -> Iterator[None]:
    """Move the counts of a donation whose project changes within the block. The mark is locked."""
    counted = tx.rows("SELECT newcomer FROM counted_gift WHERE donation_id = :id", id=donation_id)
    tx.run(_TAKEN, id=donation_id)
    yield
    tx.run(_ADDED, ids=[donation_id] * len(counted), newcomers=[row.newcomer for row in counted])


def count_payments(tx: Tx, ids: Collection[UUID]) -> None:
    """Count paid donations that are not counted yet. The mark is locked."""
    if not ids:
        return
    donations = sorted(ids)
    tx.run(_DEVICES, ids=donations)
    added = tx.rows(_GIFTS, ids=donations)
    tx.run(_ADDED, ids=[row.donation_id for row in added], newcomers=[row.newcomer for row in added])
    # Earlier donations of these donors no longer count as newcomers' donations.
    if known := [row.donation_id for row in added if not row.newcomer]:
        tx.run(_TURNED, ids=known)


def count_again(tx: Tx, ids: Collection[UUID]) -> None:
    """Update the counts for donations about which something became known. A refund can make their donor a newcomer
    again, and another key of the donor can end that. The mark is locked."""
    if not ids:
        return
    count_payments(tx, ids)
    tx.run(_TURNED, ids=sorted(ids))
