"""Who gave: recognised by keyed hash, kept sealed, shown only with consent."""

import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from campaigns.donations.models import DonationContact
from kernel.bulk import insert_rows
from kernel.db import Tx
from kernel.errors import Invalid
from kernel.keys import Keys, seal, unseal

_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}\.[^@\s.]{2,}")
_PHONE = re.compile(r"\+?[0-9]{6,15}")


@dataclass(frozen=True, slots=True)
class Donor:
    """What a donor tells of himself; none of it is needed to give."""

    name: str | None = None
    email: str | None = None
    phone: str | None = None
    anonymous: bool = False
    publish_name: bool = False

    def contact(self) -> dict[str, str]:
        """The personal part, without what was left empty."""
        told = {"name": self.name, "email": self.email, "phone": self.phone}
        return {name: value for name, value in told.items() if value}


def contact_faults(donor: Donor) -> dict[str, str]:
    """What cannot be an address or number: field -> reason."""
    wrong = {}
    if donor.email and not _EMAIL.fullmatch(donor.email):
        wrong["donor.email"] = "is not an e-mail address"
    if donor.phone and not _PHONE.fullmatch(_digits(donor.phone)):
        wrong["donor.phone"] = "is not a phone number"
    if donor.name and len(donor.name) > 80:
        wrong["donor.name"] = "is longer than 80 characters"
    return wrong


def _digits(phone: str) -> str:
    number = re.sub(r"[\s()-]", "", phone)
    return number.removeprefix("+86") if len(number) == 14 else number


def donor_key(keys: Keys, donor: Donor, donation_id: UUID, visitor: str | None) -> str:
    """Whose caps a donation counts against: phone, else e-mail, else the visitor's signed cookie, else nobody
    else's. The typed name never counts. The letter in front says which of these it is."""
    if donor.phone:
        return "p:" + keys.lookup("phone", _digits(donor.phone))
    if donor.email:
        return "m:" + keys.lookup("email", donor.email.strip().lower())
    if visitor:
        return "v:" + keys.lookup("visitor", visitor)
    return "d:" + keys.lookup("donation", str(donation_id))


def device_key(keys: Keys, visitor: str | None) -> str | None:
    """By which screening knows a browser again, whatever contact was left; never the cookie. None without one."""
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
    if wrong := contact_faults(donor):
        raise Invalid("donor_invalid", fields=wrong)
