"""Delete personal data that is no longer needed: the personal parts of old raw messages, and the last traces of
erased donors once their campaign has published its result."""

from datetime import timedelta

from campaigns.dependencies import Dependencies
from campaigns.donations.donors.erased import is_erased_key
from campaigns.donations.donors.rekey import CLOSED
from campaigns.privacy.erase import forget_devices, rename, unlinked_key
from campaigns.privacy.own_codes import DAY
from campaigns.privacy.seal_stored import ALLOW_CHANGE, BATCH
from kernel.bulk import unnest
from kernel.db import Tx
from kernel.keys import Cipher, Keys
from payments.inbox.message_keys import sealing_key
from payments.inbox.sealed_messages import opened, seal_messages
from payments.models import InboxEvent


def forget_messages(deps: Dependencies) -> int:
    """Delete the keys of messages older than `message_days`, and return how many days' keys were deleted.

    The clear parts stay, for repetitions and `check-books`. Messages that still wait for a decision are first
    sealed again with today's key.
    """
    with deps.db.transaction() as tx:
        before = tx.now.date() - timedelta(days=deps.message_days)
        old = [row.id for row in tx.rows("SELECT id FROM message_key WHERE day < :before", before=before)]
    if not old:
        return 0
    while True:
        with deps.db.transaction() as tx:
            if not _seal_undecided_anew(tx, deps.keys, old):
                return tx.run("DELETE FROM message_key WHERE id = ANY(:ids)", ids=old)


def _seal_undecided_anew(tx: Tx, keys: Keys, old: list[int]) -> int:
    rows = tx.rows(
        """SELECT e.id, e.source, e.event_id, e.body, e.sealed, e.sealed_by
             FROM inbox_work w JOIN inbox_event e ON e.id = w.inbox_id
            WHERE w.state IN ('new', 'waiting', 'flagged') AND e.sealed_by = ANY(:old)
            ORDER BY e.id LIMIT :most FOR UPDATE OF e""",
        old=old,
        most=BATCH,
    )
    if not rows:
        return 0
    key_id, key = sealing_key(tx, keys)
    bodies = zip(rows, opened(tx, keys, rows), strict=True)
    sealed = seal_messages(Cipher(key), [row._replace(body=body) for row, body in bodies])
    tx.scalar(ALLOW_CHANGE)
    tx.run(
        f"""UPDATE inbox_event e SET sealed = u.sealed, sealed_by = :key
              FROM {unnest(InboxEvent, "id", "sealed")} WHERE e.id = u.id""",
        id=[row.id for row in rows],
        sealed=[part.sealed for part in sealed],
        key=key_id,
    )
    return len(rows)


def forget_codes(deps: Dependencies) -> int:
    """Delete the codes of donors that are older than a day, and return how many there were."""
    with deps.db.transaction() as tx:
        return tx.run("DELETE FROM donor_code WHERE created_at < :before", before=tx.now - DAY)


def unlink_erased(deps: Dependencies) -> int:
    """Give erased donors of campaigns that have published their result keys that nobody can compute, and forget
    their browsers and instruments. Return how many donors there were."""
    with deps.db.transaction() as tx:
        campaigns = tx.rows(
            """SELECT id FROM campaign WHERE phase = ANY(:closed)
                  AND id IN (SELECT campaign_id FROM erased_donor) ORDER BY id FOR NO KEY UPDATE""",
            closed=[str(phase) for phase in CLOSED],
        )
        return sum(_unlink(tx, campaign.id) for campaign in campaigns)


def _unlink(tx: Tx, campaign_id: int) -> int:
    donors = tx.rows("DELETE FROM erased_donor WHERE campaign_id = :id RETURNING donor_key", id=campaign_id)
    for donor in donors:
        assert is_erased_key(donor.donor_key)
        rename(tx, campaign_id, donor.donor_key, unlinked_key(donor.donor_key))
    erased = tx.rows(
        "SELECT id FROM donation WHERE campaign_id = :id AND erased_at IS NOT NULL ORDER BY id", id=campaign_id
    )
    forget_devices(tx, [row.id for row in erased])
    return len(donors)
