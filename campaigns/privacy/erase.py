"""Erase a person, so that their name, their words and their contact can no longer be read (ADR 21).

Donations, match, money and the log of consents stay, because the law requires accounts to be kept. They name no
person.
"""

import secrets
from collections.abc import Collection, Sequence
from typing import NamedTuple
from uuid import UUID

from sqlmodel import col, select

from campaigns.audit import DONOR, record_audit
from campaigns.dependencies import Dependencies
from campaigns.donations.donors.consent import withdraw_consent
from campaigns.donations.donors.erased import DonorIn, erased_key, is_erased_key
from campaigns.donations.donors.identity import is_own_key
from campaigns.donations.donors.person_keys import SEALED_MARK
from campaigns.donations.donors.rekey import CLOSED, rename_donors
from campaigns.donations.models import Donation
from campaigns.donations.states import WAITING
from campaigns.lifecycle.models import Campaign
from campaigns.privacy.messages import erase_messages, messages_of
from campaigns.privacy.person import Person
from campaigns.screening.rekey import follow_new_keys
from kernel.db import Tx
from kernel.errors import Conflict
from matching.merge_donors import merge_donors


class Erased(NamedTuple):
    """How many donations lost their personal data, and how many stored messages their personal part."""

    donations: int
    messages: int


def erase(deps: Dependencies, tx: Tx, person: Person, actor: str, how: str) -> Erased:
    """Erase a person. `how` is who requested it (`donor`, `manager`, `command`). Raises Conflict
    `erasure_awaits_payment` while one of the donations is being paid, because its donor must be reachable."""
    messages = messages_of(tx, deps.keys, person)
    donations = _locked(tx, person)
    for campaign_id in sorted({donation.campaign_id for donation in donations}):
        _rename(deps, tx, campaign_id, [row for row in donations if row.campaign_id == campaign_id])
    _erase_rows(tx, person.donations)
    for donation in donations:
        withdraw_consent(tx, donation.id, how)
    erased = erase_messages(tx, messages)
    ids = [str(id_) for id_ in person.donations]
    action = "donor.erase" if actor == DONOR else "donors.erase"
    record_audit(tx, actor, action, "donors", donations=ids, messages=erased, asked_by=how)
    return Erased(len(ids), erased)


def _locked(tx: Tx, person: Person) -> Sequence[Donation]:
    """Lock the campaigns of a person's donations, then the donations."""
    own = select(Donation.campaign_id).where(col(Donation.id).in_(person.donations))
    tx.all(
        select(Campaign).where(col(Campaign.id).in_(own)).order_by(col(Campaign.id)).with_for_update(key_share=True)
    )
    donations = tx.all(
        select(Donation)
        .where(col(Donation.id).in_(person.donations))
        .order_by(col(Donation.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if awaiting := [str(donation.id) for donation in donations if donation.status in WAITING]:
        raise Conflict("erasure_awaits_payment", donations=awaiting)
    return donations


def _rename(deps: Dependencies, tx: Tx, campaign_id: int, donations: Sequence[Donation]) -> None:
    """Give a person's donations of a campaign a key that cannot be traced to them. A key that another donation
    still uses is kept."""
    campaign = tx.get(Campaign, campaign_id)
    assert campaign is not None
    closed = campaign.phase in CLOSED
    for old in sorted({donation.donor_key for donation in donations}):
        if is_own_key(old):
            continue  # derived from the donation's id, not from a person
        ids = {donation.id for donation in donations if donation.donor_key == old}
        if _is_used_elsewhere(tx, campaign_id, old, ids):
            continue
        if not closed and not is_erased_key(old):
            new = erased_key(deps.keys, DonorIn(campaign_id, old))
            tx.run(
                """INSERT INTO erased_donor (campaign_id, donor_key, erased_at) VALUES (:campaign, :key, :now)
                   ON CONFLICT DO NOTHING""",
                campaign=campaign_id,
                key=new,
                now=tx.now,
            )
            rename(tx, campaign_id, old, new)
            follow_new_keys(tx, {old: new})
        elif closed:
            rename(tx, campaign_id, old, unlinked_key(old))
    if closed:
        forget_devices(tx, [donation.id for donation in donations])


def _is_used_elsewhere(tx: Tx, campaign_id: int, donor_key: str, ids: Collection[UUID]) -> bool:
    others = select(Donation.id).where(
        Donation.campaign_id == campaign_id,
        Donation.donor_key == donor_key,
        col(Donation.id).not_in(ids),
        col(Donation.erased_at).is_(None),
    )
    return tx.first(others) is not None


def unlinked_key(donor_key: str) -> str:
    """Return a random key, which nobody can compute, for a donor of a campaign that has published its result."""
    return f"{donor_key[:2]}erased-{secrets.token_hex(16)}"


def rename(tx: Tx, campaign_id: int, old: str, new: str) -> None:
    """Give a donor of a locked campaign another key wherever match is decided."""
    if merge_donors(tx, campaign_id, {old: new}):
        rename_donors(tx, campaign_id, {old: new})


def forget_devices(tx: Tx, donation_ids: Sequence[UUID]) -> None:
    """Forget the browsers and payment instruments of donations once no match depends on them."""
    tx.run(
        "UPDATE donation SET device_key = NULL, network_key = NULL, instrument = NULL WHERE id = ANY(:ids)",
        ids=list(donation_ids),
    )
    tx.run("DELETE FROM device_gift WHERE donation_id = ANY(:ids)", ids=list(donation_ids))


_STATEMENTS = (
    # Codes are kept for a day, under the key of the contact that they were sent to.
    """DELETE FROM donor_code WHERE donation_id = ANY(:ids) OR contact_key IN (
           SELECT unnest(ARRAY[donor_key, email_key]) FROM person_key WHERE donation_id = ANY(:ids))""",
    "DELETE FROM person_key WHERE donation_id = ANY(:ids)",
    "DELETE FROM donation_contact WHERE donation_id = ANY(:ids)",
    "DELETE FROM public_words WHERE donation_id = ANY(:ids)",
    "DELETE FROM minor_gift WHERE donation_id = ANY(:ids)",
    """UPDATE donation SET erased_at = :now, message = '', publish_name = false, request_hash = 'k\\:',
              payment_url = NULL, client_secret = NULL WHERE id = ANY(:ids)""",
    "UPDATE screening_case SET appeal = :words WHERE donation_id = ANY(:ids) AND appeal <> ''",
    # Earlier versions copied the words of a refund request into the refund.
    """UPDATE refund SET reason = concat(CAST(:request AS text), q.id) FROM refund_request q
        WHERE q.refund_id = refund.id AND q.donation_id = ANY(:ids)""",
    "UPDATE donor_question SET words = :words WHERE donation_id = ANY(:ids)",
    "UPDATE receipt_request SET payer = :words WHERE donation_id = ANY(:ids)",
    "UPDATE refund_request SET reason = :words WHERE donation_id = ANY(:ids)",
)


def _erase_rows(tx: Tx, donation_ids: Sequence[UUID]) -> None:
    values = {"ids": list(donation_ids), "now": tx.now, "words": SEALED_MARK, "request": "refund request "}
    for statement in _STATEMENTS:
        tx.run(statement, **{name: value for name, value in values.items() if f":{name}" in statement})
