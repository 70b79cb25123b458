"""Donors' contacts: recognised by keyed hash, stored sealed, shown only with consent."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

import orjson
from sqlmodel import select

from campaigns.donations.donors.identity import (
    Identity,
    contact_identity,
    email_identity,
    partner_identity,
    phone_identity,
    plain_email,
)
from campaigns.donations.donors.name_key import name_key
from campaigns.donations.donors.opened import note_opened
from campaigns.donations.donors.person_keys import NewPerson, context_of, new_person_keys, person_key
from campaigns.donations.donors.person_models import DonationContact
from campaigns.donations.donors.tribute import Tribute
from campaigns.donations.models import Donation
from kernel.bulk import Rows, insert_together
from kernel.db import Tx
from kernel.errors import Fault, Invalid, fault
from kernel.keys import Keys, seal, seal_each, unseal
from payments.partners.partner_events import OFFLINE, PartnerFact

MOST_NAME = 80  # characters


@dataclass(frozen=True, slots=True)
class Donor:
    """What donors state about themselves. All of it is optional."""

    name: str | None = None
    email: str | None = None
    phone: str | None = None
    anonymous: bool = False
    publish_name: bool = False

    @property
    def publishes(self) -> bool:
        """Whether the donor agrees to publish their name."""
        return self.publish_name and not self.anonymous

    def contact(self) -> dict[str, str]:
        """Return the personal fields that are not empty; the e-mail address as a mail server takes it."""
        email = plain_email(self.email) if self.email else None
        personal = {"name": self.name, "email": email, "phone": self.phone}
        return {name: value for name, value in personal.items() if value}

    def identity(self) -> Identity | None:
        """Return the donor's identity: the phone number, else the e-mail address, else None."""
        by_phone = phone_identity(self.phone) if self.phone else None
        return by_phone or (email_identity(self.email) if self.email else None)


def contact_faults(donor: Donor) -> dict[str, Fault]:
    """Return the faults of the contact: field -> fault."""
    faults: dict[str, Fault] = {}
    if donor.email and email_identity(donor.email) is None:
        faults["donor.email"] = fault("not_an_email")
    if donor.phone and phone_identity(donor.phone) is None:
        faults["donor.phone"] = fault("not_a_phone")
    if donor.name and len(donor.name) > MOST_NAME:
        faults["donor.name"] = fault("too_long", most=MOST_NAME)
    return faults


def donor_key(keys: Keys, donor: Donor, donation_id: UUID, visitor: str | None) -> str:
    """Return the donor key whose caps a donation counts against: of the phone, else the e-mail, else the visitor's
    signed cookie, else the donation itself. The typed name never counts. The first letter shows which of these
    it is."""
    identity = donor.identity()
    if identity is not None:
        return identity_key(keys, identity)
    if visitor:
        return visitor_key(keys, visitor)
    return own_key(keys, donation_id)


def own_key(keys: Keys, donation_id: UUID) -> str:
    """Return the key of a donor of whom only this donation is known."""
    return "d:" + keys.lookup("donation", str(donation_id))


def visitor_key(keys: Keys, visitor: str) -> str:
    """Return the key of a donor known only by their signed cookie."""
    return "v:" + keys.lookup("visitor", visitor)


def identity_key(keys: Keys, identity: Identity) -> str:
    """Return the key of a donor known by phone number or e-mail address."""
    return ("p:" if identity.kind == "phone" else "m:") + keys.lookup(identity.kind, identity.hashed_text)


def partner_donor_key(keys: Keys, fact: PartnerFact) -> str:
    """Return the donor key whose caps a partner's donation counts against.

    It is the key of the platform's own donor id. If that is an e-mail address or phone number, it is the same donor
    as on our pages. In a file of offline donations every phone number counts; a reference that stands in for the
    donor is never read as one.
    """
    if fact.partner == OFFLINE:
        identity = contact_identity(fact.donor) if fact.donor != fact.their_id else None
    else:
        identity = partner_identity(fact.donor)
    if identity is not None:
        return identity_key(keys, identity)
    if not fact.donor:  # the message is older than the retention of its personal part
        return own_key(keys, fact.donation_id)
    return platform_key(keys, fact)


def platform_key(keys: Keys, fact: PartnerFact) -> str:
    """Return the key of a donor known only by a platform's own id."""
    return "u:" + keys.lookup("partner", fact.partner, fact.donor)


def device_key(keys: Keys, visitor: str | None) -> str | None:
    """Return the key by which screening recognises a browser, whatever contact was entered. None without a
    cookie."""
    return keys.lookup("device", visitor) if visitor else None


def network_key(keys: Keys, network: str, *, anonymous: bool) -> str:
    """Return the key of an address. `anonymous`: for donations from there without contact and browser."""
    return ("a:" if anonymous else "n:") + keys.lookup("network", network)


def instrument_key(keys: Keys, instrument: str | None) -> str | None:
    """Return the key by which screening recognises a payment instrument (`card:<hash>`). It is hashed because a
    wallet's number identifies a person."""
    if instrument is None:
        return None
    kind, _, number = instrument.partition(":")
    return f"{kind}:{keys.lookup('instrument', kind, number)}"


class NewContact(NamedTuple):
    """The donor of a donation that is being stored, and what they wrote."""

    donation_id: UUID
    donor_key: str
    donor: Donor
    message: str = ""
    tribute: Tribute | None = None
    language: str = "zh"  # in which we write to them

    def personal(self) -> dict[str, str]:
        """Return all fields to seal that are not empty."""
        written = {"message": self.message} if self.message else {}
        spoken = {"language": self.language} if self.donor.email and self.language != "zh" else {}
        return self.donor.contact() | written | spoken | (self.tribute.personal() if self.tribute else {})

    def person(self, keys: Keys) -> NewPerson:
        """Return the person whose key seals the contact, with the key of their name, and the key of their e-mail
        address if they are known by something else."""
        email = email_identity(self.donor.email) if self.donor.email else None
        key = identity_key(keys, email) if email else None
        email_key = key if key != self.donor_key else None
        return NewPerson(self.donation_id, self.donor_key, email_key, name_key(keys, self.donor.name or ""))


def store_contacts(tx: Tx, keys: Keys, contacts: Sequence[NewContact]) -> None:
    """Store the contacts of new donations, each sealed with its own key."""
    insert_together(tx, contact_rows(keys, contacts))


def contact_rows(keys: Keys, contacts: Sequence[NewContact]) -> list[Rows]:
    """Return the rows of new donations' contacts, and of the keys that seal them."""
    people = [(new, personal) for new in contacts if (personal := new.personal())]
    made = new_person_keys(keys, [new.person(keys) for new, _ in people])
    sealed = seal_each(made.keys, [orjson.dumps(personal) for _, personal in people], made.contexts)
    values = {
        "donation_id": [new.donation_id for new, _ in people],
        "sealed": sealed,
    }
    return [made.rows, Rows(DonationContact, values)]


def seal_personal(key: bytes, donation_id: UUID, personal: dict[str, str]) -> bytes:
    """Seal the personal data of a donor."""
    return seal(key, orjson.dumps(personal), context_of(donation_id).encode())


def read_contact(tx: Tx, keys: Keys, donation_id: UUID) -> dict[str, str]:
    """Return the personal data of a donation's donor (such as `name`, `email`, `phone`, `message`, `tribute_kind`,
    `tribute_name`); empty if they left none or were erased."""
    row = tx.get(DonationContact, donation_id)
    if row is None:
        return {}
    if row.wrapped_key is not None:  # stored by an earlier version
        key: bytes | None = keys.unwrap(row.wrapped_key, context_of(donation_id))
    else:
        key = person_key(tx, keys, donation_id)
    return {} if key is None else unseal_personal(key, donation_id, row.sealed)


def message_of(tx: Tx, keys: Keys, donation_id: UUID) -> str:
    """Return the message of a donation; "" if there is none or its donor was erased."""
    unsealed = tx.first(select(Donation.message).where(Donation.id == donation_id))  # stored by an earlier version
    return unsealed or read_contact(tx, keys, donation_id).get("message", "")


def unseal_personal(key: bytes, donation_id: UUID, sealed: bytes) -> dict[str, str]:
    """Open what `seal_personal` sealed for this donation. Raises ValueError."""
    note_opened(donation_id)
    personal: dict[str, str] = json.loads(unseal(key, sealed, context_of(donation_id).encode()))
    return personal


def require_valid_contact(donor: Donor) -> None:
    """Check a donor's contact. Raises Invalid `donor_invalid` that names every wrong field."""
    if faults := contact_faults(donor):
        raise Invalid("donor_invalid", fields=faults)
