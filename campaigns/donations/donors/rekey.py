"""Recompute donor keys after a change in how contacts are normalised, so that each donor has one key (ADR 11).

Keys are hashes of sealed contacts, which SQL cannot read. Hence this is a command and not a migration. Idempotent:
a second run processes what the first left over. Books and amounts do not change.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple
from uuid import UUID

from sqlmodel import select

from campaigns.audit import record_audit
from campaigns.dependencies import Dependencies
from campaigns.donations.donors.contact import Donor, donor_key, partner_donor_key, platform_key, unseal_personal
from campaigns.donations.donors.person_keys import context_of
from campaigns.lifecycle.phases import Phase
from kernel.db import Tx
from kernel.keys import Keys
from matching.merge_donors import merge_donors
from payments.inbox.sealed_messages import opened
from payments.models import Partner
from payments.partners.partner_events import PAID, fact_of

BATCH = 500
# Figures that these campaigns have published (numbers of donors, decisions by donor) stay as published.
CLOSED = (Phase.NOTICE, Phase.RELEASED, Phase.ARCHIVED, Phase.CANCELLED)

NewKeys = Mapping[str, str]  # old key -> new key


class Rekeyed(NamedTuple):
    """How many donor keys (each counted once per campaign) were changed, and how many were kept because of a
    cap."""

    changed: int
    kept: int


class _Contact(NamedTuple):
    donation_id: UUID
    donor_key: str
    wrapped: bytes
    sealed: bytes


def rekey_donors(deps: Dependencies, actor: str, follow: Callable[[Tx, NewKeys], None]) -> Rekeyed:
    """Recompute keys in batches, each in a transaction. `follow` updates other data that refers to donors by key.

    A donor's old keys in a campaign are merged only as far as the caps per donor allow (see
    `matching/merge_donors.py`), and never in campaigns that have published their result. Run it only when every
    server runs this version, because an older one would go on using the old keys.
    """
    changed = kept = 0
    for new_keys in _all_new_keys(deps):
        with deps.db.transaction() as tx:
            batch = _rekey(tx, new_keys)
            follow(tx, new_keys)
            changed, kept = changed + batch.changed, kept + batch.kept
    with deps.db.transaction() as tx:
        record_audit(tx, actor, "donors.rekey", "donors", changed=changed, kept=kept)
    return Rekeyed(changed, kept)


def _all_new_keys(deps: Dependencies) -> Iterator[NewKeys]:
    """Yield the keys that change, one batch of contacts or messages at a time."""
    last = UUID(int=0)
    while True:
        with deps.db.transaction() as tx:
            contacts = _contacts_after(tx, last)
        if not contacts:
            break
        last = contacts[-1].donation_id
        if new_keys := _changed(deps.keys, contacts):
            yield new_keys
    message_id = 0
    while True:
        with deps.db.transaction() as tx:
            message_id, new_keys = _changed_by_partners(tx, deps.keys, message_id)
        if not message_id:
            break
        if new_keys:
            yield new_keys


def _contacts_after(tx: Tx, donation_id: UUID) -> list[_Contact]:
    return tx.rows_as(
        _Contact,
        """SELECT k.donation_id, k.donor_key, k.wrapped, c.sealed
             FROM person_key k JOIN donation_contact c ON c.donation_id = k.donation_id
            WHERE k.donation_id > :after AND left(k.donor_key, 2) IN ('p\\:', 'm\\:')
            ORDER BY k.donation_id LIMIT :most""",
        after=donation_id,
        most=BATCH,
    )


def _changed(keys: Keys, contacts: list[_Contact]) -> NewKeys:
    """Return the keys that change. A contact that is no longer a valid number or address keeps its key."""
    new_keys = {}
    for contact in contacts:
        key = keys.unwrap(bytes(contact.wrapped), context_of(contact.donation_id))
        personal = unseal_personal(key, contact.donation_id, bytes(contact.sealed))
        donor = Donor(email=personal.get("email"), phone=personal.get("phone"))
        new = donor_key(keys, donor, contact.donation_id, None)
        if new != contact.donor_key and new[:2] == contact.donor_key[:2]:
            new_keys[contact.donor_key] = new
    return new_keys


def _changed_by_partners(tx: Tx, keys: Keys, after: int) -> tuple[int, NewKeys]:
    """Return the id of the last message of a batch (0: there are no more) and the changed keys of its donors, who
    are identified by what the platform or the file reported."""
    rows = tx.rows(
        """SELECT id, source, event_id, body, sealed, sealed_by FROM inbox_event
            WHERE id > :after AND source = ANY(:sources) AND body ->> 'type' = :paid
            ORDER BY id LIMIT :most""",
        after=after,
        sources=[f"partner:{name}" for name in tx.all(select(Partner.name))],
        paid=PAID,
        most=BATCH,
    )
    bodies = opened(tx, keys, rows)
    facts = [
        fact_of(row.source.removeprefix("partner:"), body)
        for row, body in zip(rows, bodies, strict=True)
        if "donor" in body["data"]
    ]
    new_keys = {}
    for fact in facts:
        old, new = platform_key(keys, fact), partner_donor_key(keys, fact)
        if old != new:
            new_keys[old] = new
    return (rows[-1].id if rows else 0), new_keys


def _rekey(tx: Tx, new_keys: NewKeys) -> Rekeyed:
    """Change donor keys in all campaigns that are not in `CLOSED`."""
    campaigns = tx.rows(
        """SELECT id FROM campaign
            WHERE phase <> ALL(:closed)
              AND id IN (SELECT campaign_id FROM donation WHERE donor_key = ANY(:keys))
            ORDER BY id FOR NO KEY UPDATE""",
        closed=[str(phase) for phase in CLOSED],
        keys=list(new_keys),
    )
    changed = kept = 0
    for campaign in campaigns:
        present = _keys_in(tx, campaign.id, new_keys)
        merged = merge_donors(tx, campaign.id, present)
        rename_donors(tx, campaign.id, {old: new_keys[old] for old in merged})
        changed, kept = changed + len(merged), kept + len(present) - len(merged)
    return Rekeyed(changed, kept)


def _keys_in(tx: Tx, campaign_id: int, new_keys: NewKeys) -> NewKeys:
    rows = tx.rows(
        "SELECT DISTINCT donor_key FROM donation WHERE campaign_id = :campaign AND donor_key = ANY(:keys)",
        campaign=campaign_id,
        keys=list(new_keys),
    )
    return {row.donor_key: new_keys[row.donor_key] for row in rows}


_RENAMES = (
    # Person keys first, because they are found through the donation.
    """UPDATE person_key k SET donor_key = u.new
         FROM unnest(CAST(:old AS text[]), CAST(:new AS text[])) AS u(old, new), donation d
        WHERE d.donor_key = u.old AND d.campaign_id = :campaign AND k.donation_id = d.id""",
    """UPDATE donation d SET donor_key = u.new
         FROM unnest(CAST(:old AS text[]), CAST(:new AS text[])) AS u(old, new)
        WHERE d.donor_key = u.old AND d.campaign_id = :campaign""",
    """WITH gone AS (
           DELETE FROM campaign_donor c USING unnest(CAST(:old AS text[]), CAST(:new AS text[])) AS u(old, new)
            WHERE c.campaign_id = :campaign AND c.donor_key = u.old RETURNING u.new, c.donations)
       INSERT INTO campaign_donor AS kept (campaign_id, donor_key, donations)
       SELECT :campaign, new, sum(donations) FROM gone GROUP BY new
       ON CONFLICT (campaign_id, donor_key) DO UPDATE SET donations = kept.donations + excluded.donations""",
)


def rename_donors(tx: Tx, campaign_id: int, new_keys: NewKeys) -> None:
    """Change the donor keys (old -> new) of a campaign, which must be locked exclusively."""
    if not new_keys:
        return
    for statement in _RENAMES:
        tx.run(statement, campaign=campaign_id, old=list(new_keys), new=list(new_keys.values()))
    tx.run(
        """UPDATE campaign_tally SET donors = (SELECT count(*) FROM campaign_donor
                                                WHERE campaign_id = :campaign AND donations > 0)
            WHERE campaign_id = :campaign""",
        campaign=campaign_id,
    )
