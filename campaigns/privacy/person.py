"""Find a person: the keys by which they are recognised, and their donations that are not erased."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from campaigns.donations.donors.contact import identity_key
from campaigns.donations.donors.erased import DonorIn, erased_key
from campaigns.donations.donors.identity import contact_identity, is_own_key, is_visitor_key
from campaigns.donations.donors.person_models import PersonKey
from campaigns.donations.models import Donation
from kernel.db import Tx
from kernel.errors import Invalid, NotFound, fault
from kernel.keys import Keys


class Person(NamedTuple):
    """A person: the keys by which they are recognised, and their donations in id order."""

    donor_keys: Sequence[str]
    donations: Sequence[UUID]


def person_by_contact(tx: Tx, keys: Keys, contact: str) -> Person:
    """Return the person with this phone number or e-mail address, including an e-mail address left beside a phone
    number. Raises Invalid `contact_invalid`, NotFound `donor_unknown`."""
    identity = contact_identity(contact)
    if identity is None:
        raise Invalid("contact_invalid", fields={"contact": fault("contact_required")})
    return person_by_key(tx, keys, identity_key(keys, identity))


def person_by_key(tx: Tx, keys: Keys, key: str) -> Person:
    """Return the person with this hash of a phone number or e-mail address. Raises NotFound `donor_unknown`."""
    campaigns = tx.rows("SELECT DISTINCT campaign_id AS id FROM erased_donor")
    again = [erased_key(keys, DonorIn(campaign.id, key)) for campaign in campaigns]  # after an erasure
    return _person(tx, [key, *again], key)


def person_of_donation(tx: Tx, donation_id: UUID) -> Person:
    """Return the donor of a donation. If they are known only by a browser, or not at all, return this donation
    alone, because others may share the browser. Raises NotFound `donation_unknown` and `donor_unknown`."""
    donation = tx.get(Donation, donation_id)
    if donation is None:
        raise NotFound("donation_unknown")
    if is_visitor_key(donation.donor_key) or is_own_key(donation.donor_key):
        return alone(tx, donation_id)
    return _person(tx, [donation.donor_key], "")


def alone(tx: Tx, donation_id: UUID) -> Person:
    """Return the person of one donation without their other donations, which is all that the holder of its token
    may act for. Raises NotFound `donor_unknown` if it is erased and they have written nothing since."""
    donation = tx.get(Donation, donation_id)
    if donation is None or (donation.erased_at is not None and tx.get(PersonKey, donation_id) is None):
        raise NotFound("donor_unknown")
    return Person((), [donation_id])


def _person(tx: Tx, donor_keys: Sequence[str], email_key: str) -> Person:
    rows = tx.rows(
        """SELECT id FROM donation d
            WHERE (erased_at IS NULL OR EXISTS (SELECT FROM person_key k WHERE k.donation_id = d.id))
              AND id IN (SELECT id FROM donation WHERE donor_key = ANY(:keys)
                          UNION ALL SELECT donation_id FROM person_key WHERE email_key = :email)
            ORDER BY id""",
        keys=list(donor_keys),
        email=email_key,
    )
    if not rows:
        raise NotFound("donor_unknown")
    return Person(donor_keys, [row.id for row in rows])
