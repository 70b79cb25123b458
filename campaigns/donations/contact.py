"""Who gave: recognised by keyed hash, kept sealed, shown only with consent."""

import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

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


def sealed_contact(keys: Keys, donor: Donor, donation_id: UUID) -> tuple[bytes, bytes] | None:
    """(wrapped key, sealed contact), or None when there is nothing personal to keep."""
    contact = donor.contact()
    if not contact:
        return None
    key = os.urandom(32)
    context = str(donation_id)
    plain = json.dumps(contact, ensure_ascii=False).encode()
    return keys.wrap(key, context), seal(key, plain, context.encode())


def store_contacts(tx: Tx, keys: Keys, donors: Sequence[tuple[UUID, str, Donor]]) -> None:
    """Keep the contacts of new donations (donation id, donor key, donor), sealed."""
    rows = [(id_, key, *sealed) for id_, key, donor in donors if (sealed := sealed_contact(keys, donor, id_))]
    if rows:
        tx.run(
            """INSERT INTO donation_contact (donation_id, donor_key, wrapped_key, sealed)
               SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:donors AS text[]),
                                    CAST(:wrapped AS bytea[]), CAST(:sealed AS bytea[]))""",
            ids=[row[0] for row in rows],
            donors=[row[1] for row in rows],
            wrapped=[rf"\x{row[2].hex()}" for row in rows],
            sealed=[rf"\x{row[3].hex()}" for row in rows],
        )


def read_contact(tx: Tx, keys: Keys, donation_id: UUID) -> dict[str, str]:
    """What a donor told; empty when nothing was told or the donor was erased."""
    row = tx.row("SELECT wrapped_key, sealed FROM donation_contact WHERE donation_id = :id", id=donation_id)
    if row is None or row.wrapped_key is None:
        return {}
    key = keys.unwrap(bytes(row.wrapped_key), str(donation_id))
    contact: dict[str, str] = json.loads(unseal(key, bytes(row.sealed), str(donation_id).encode()))
    return contact


def require_valid_contact(donor: Donor) -> None:
    """Raises Invalid `donor_invalid` that names every wrong field."""
    if wrong := contact_faults(donor):
        raise Invalid("donor_invalid", fields=wrong)
