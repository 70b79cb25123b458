"""The donor: recognised by keyed hash, stored sealed, shown only with consent."""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from campaigns.donations.identity import (
    Identity,
    contact_identity,
    email_identity,
    partner_identity,
    phone_identity,
)
from campaigns.donations.models import DonationContact
from kernel.bulk import insert_rows
from kernel.db import Tx
from kernel.errors import Fault, Invalid, fault
from kernel.keys import Keys, seal, unseal
from payments.partner_events import OFFLINE, PartnerFact

MOST_NAME = 80  # characters


@dataclass(frozen=True, slots=True)
class Donor:
    """What donors say of themselves; none of it is needed to donate."""

    name: str | None = None
    email: str | None = None
    phone: str | None = None
    anonymous: bool = False
    publish_name: bool = False

    def contact(self) -> dict[str, str]:
        """The personal part, without what was left empty."""
        personal = {"name": self.name, "email": self.email, "phone": self.phone}
        return {name: value for name, value in personal.items() if value}

    def identity(self) -> Identity | None:
        """By what the donor is known: the phone number, else the e-mail address, else nothing."""
        by_phone = phone_identity(self.phone) if self.phone else None
        return by_phone or (email_identity(self.email) if self.email else None)


def contact_faults(donor: Donor) -> dict[str, Fault]:
    """Return what cannot be an address or number: field -> fault."""
    faults: dict[str, Fault] = {}
    if donor.email and email_identity(donor.email) is None:
        faults["donor.email"] = fault("not_an_email")
    if donor.phone and phone_identity(donor.phone) is None:
        faults["donor.phone"] = fault("not_a_phone")
    if donor.name and len(donor.name) > MOST_NAME:
        faults["donor.name"] = fault("too_long", most=MOST_NAME)
    return faults


def donor_key(keys: Keys, donor: Donor, donation_id: UUID, visitor: str | None) -> str:
    """Return whose caps a donation counts against: phone, else e-mail, else the visitor's signed cookie, else its
    own. The typed name never counts. The letter in front says which of these it is."""
    identity = donor.identity()
    if identity is not None:
        return identity_key(keys, identity)
    if visitor:
        return visitor_key(keys, visitor)
    return "d:" + keys.lookup("donation", str(donation_id))


def visitor_key(keys: Keys, visitor: str) -> str:
    """Return the key of a donor who is known by their signed cookie only."""
    return "v:" + keys.lookup("visitor", visitor)


def identity_key(keys: Keys, identity: Identity) -> str:
    """Return the key of a donor who is known by phone number or e-mail address."""
    return ("p:" if identity.kind == "phone" else "m:") + keys.lookup(identity.kind, identity.hashed_text)


def partner_donor_key(keys: Keys, fact: PartnerFact) -> str:
    """Return whose caps a partner's donation counts against.

    The platform's own id of the donor, unless it is an e-mail address or a phone number: that is the same donor as
    on our pages. In a file of offline donations every phone number counts; a reference that stands in for the donor
    is never read as one.
    """
    if fact.partner == OFFLINE:
        identity = contact_identity(fact.donor) if fact.donor != fact.their_id else None
    else:
        identity = partner_identity(fact.donor)
    if identity is not None:
        return identity_key(keys, identity)
    return platform_key(keys, fact)


def platform_key(keys: Keys, fact: PartnerFact) -> str:
    """Return the key of a donor who is known by a platform's own id only."""
    return "u:" + keys.lookup("partner", fact.partner, fact.donor)


def device_key(keys: Keys, visitor: str | None) -> str | None:
    """Return the key by which screening recognises a browser, whatever contact was given. None without a cookie."""
    return keys.lookup("device", visitor) if visitor else None


class SealedContact(NamedTuple):
    """A contact sealed with a key of its own, and that key wrapped with the installation's."""

    wrapped_key: bytes
    sealed: bytes


def seal_contact(keys: Keys, donor: Donor, donation_id: UUID) -> SealedContact | None:
    """Seal the personal part; None when there is nothing personal to keep."""
    contact = donor.contact()
    if not contact:
        return None
    key = os.urandom(32)
    context = str(donation_id)
    plain = json.dumps(contact, ensure_ascii=False).encode()
    return SealedContact(keys.wrap(key, context), seal(key, plain, context.encode()))


class NewContact(NamedTuple):
    """The donor of a donation that is being stored."""

    donation_id: UUID
    donor_key: str
    donor: Donor


def store_contacts(tx: Tx, keys: Keys, contacts: Sequence[NewContact]) -> None:
    """Store the contacts of new donations, sealed."""
    sealed = [(new, seal_contact(keys, new.donor, new.donation_id)) for new in contacts]
    rows = [(new, contact) for new, contact in sealed if contact is not None]
    insert_rows(
        tx,
        DonationContact,
        {
            "donation_id": [new.donation_id for new, _ in rows],
            "donor_key": [new.donor_key for new, _ in rows],
            "wrapped_key": [_bytea(contact.wrapped_key) for _, contact in rows],
            "sealed": [_bytea(contact.sealed) for _, contact in rows],
        },
    )


def _bytea(value: bytes) -> str:
    """Return bytes in PostgreSQL's hexadecimal notation: lists of bytes would be bound element by element."""
    return rf"\x{value.hex()}"


def read_contact(tx: Tx, keys: Keys, donation_id: UUID) -> dict[str, str]:
    """Return the contact of a donation; empty when none was given or the donor was erased."""
    row = tx.get(DonationContact, donation_id)
    if row is None or row.wrapped_key is None:
        return {}
    return unseal_contact(keys, donation_id, SealedContact(row.wrapped_key, row.sealed))


def unseal_contact(keys: Keys, donation_id: UUID, contact: SealedContact) -> dict[str, str]:
    """Open what `seal_contact` sealed for this donation. Raises ValueError."""
    context = str(donation_id)
    key = keys.unwrap(contact.wrapped_key, context)
    personal: dict[str, str] = json.loads(unseal(key, contact.sealed, context.encode()))
    return personal


def require_valid_contact(donor: Donor) -> None:
    """Raises Invalid `donor_invalid` that names every wrong field."""
    if faults := contact_faults(donor):
        raise Invalid("donor_invalid", fields=faults)
