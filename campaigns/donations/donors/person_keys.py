"""The keys of people: one per donation, wrapped with FIELD_KEY (see `PersonKey`). Deleting the row makes everything
sealed with the key unreadable."""

from collections.abc import Collection, Sequence
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID

from sqlmodel import col, select

from campaigns.donations.donors.name_key import NAMELESS
from campaigns.donations.donors.opened import note_opened
from campaigns.donations.donors.person_models import PersonKey
from campaigns.donations.models import Donation
from kernel.bulk import Rows, insert_together
from kernel.db import Tx
from kernel.keys import Keys, random_each, seal, unseal

SEALED_MARK = "sealed:"  # prefix of a sealed text; earlier versions stored texts in clear
_KEY = 32  # bytes, AES-256


class NewPerson(NamedTuple):
    """The person behind a donation that gets a key."""

    donation_id: UUID
    donor_key: str
    email_key: str | None = None
    name_key: str = NAMELESS


class MadeKeys(NamedTuple):
    """New keys in the order of their people, the context that each is bound to, and the rows to store."""

    keys: list[bytes]
    contexts: list[bytes]
    rows: Rows


def make_person_keys(tx: Tx, keys: Keys, people: Sequence[NewPerson]) -> list[bytes]:
    """Create and store a key for each donation, which must have none; return the keys in order."""
    made = new_person_keys(keys, people)
    insert_together(tx, [made.rows])
    return made.keys


def new_person_keys(keys: Keys, people: Sequence[NewPerson]) -> MadeKeys:
    """Create a key for each donation."""
    made = random_each(len(people), _KEY)
    contexts = [context_of(person.donation_id).encode() for person in people]
    values = {
        "donation_id": [person.donation_id for person in people],
        "donor_key": [person.donor_key for person in people],
        "email_key": [person.email_key for person in people],
        "name_key": [person.name_key for person in people],
        "wrapped": keys.wrap_each(made, contexts),
        "key_id": keys.key_id,
    }
    return MadeKeys(made, contexts, Rows(PersonKey, values))


def person_key(tx: Tx, keys: Keys, donation_id: UUID) -> bytes | None:
    """Return the key of a donation's person; None if there is none or they were erased."""
    row = tx.get(PersonKey, donation_id)
    return None if row is None else keys.unwrap(row.wrapped, context_of(donation_id))


def common_key(tx: Tx, keys: Keys, donation_ids: Collection[UUID]) -> bytes | None:
    """Return a key that exists as long as the keys of all these donations do; None once one of them is erased."""
    query = (
        select(PersonKey).where(col(PersonKey.donation_id).in_(donation_ids)).order_by(col(PersonKey.donation_id))
    )
    rows = tx.all(query)
    if len(rows) < len(set(donation_ids)):
        return None
    return sha256(b"".join(keys.unwrap(row.wrapped, context_of(row.donation_id)) for row in rows)).digest()


def context_of(donation_id: UUID) -> str:
    """Return the context to which a key and the data sealed with it are bound."""
    return str(donation_id)


def seal_text(tx: Tx, keys: Keys, donation: Donation, text: str) -> str:
    """Seal what a donor wrote about their locked donation, and return it in the form to store."""
    key = person_key(tx, keys, donation.id)
    if key is None:
        key = make_person_keys(tx, keys, [NewPerson(donation.id, donation.donor_key)])[0]
    return SEALED_MARK + seal(key, text.encode(), _text_context(donation.id)).hex()


def open_text(tx: Tx, keys: Keys, donation_id: UUID, stored: str) -> str:
    """Return a text sealed by `seal_text`; "" if the person was erased."""
    if not stored.startswith(SEALED_MARK):
        return stored
    sealed = bytes.fromhex(stored.removeprefix(SEALED_MARK))
    key = person_key(tx, keys, donation_id) if sealed else None
    if key is None:
        return ""
    note_opened(donation_id)
    return unseal(key, sealed, _text_context(donation_id)).decode()


def _text_context(donation_id: UUID) -> bytes:
    return f"{donation_id}:text".encode()
