"""Seal what earlier versions stored in clear, one batch of rows per transaction, while donors keep giving.

Each step finds its rows through an index of the remaining ones, so that a step with nothing to do costs nothing.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from campaigns.dependencies import Dependencies
from campaigns.donations.donors.contact import Donor, NewContact, instrument_key, seal_personal, unseal_personal
from campaigns.donations.donors.index_names import index_names
from campaigns.donations.donors.person_keys import SEALED_MARK, NewPerson, context_of, make_person_keys, seal_text
from campaigns.donations.donors.person_models import DonationContact
from campaigns.donations.models import UNSEALED, Donation
from kernel.bulk import insert_rows, unnest, update_rows
from kernel.db import Tx
from kernel.keys import CONTENT_MARK, Cipher, Keys
from payments.inbox.message_keys import NOTHING, sealing_key
from payments.inbox.sealed_messages import keyed_content, seal_messages
from payments.messages import content_hash
from payments.models import InboxConflict, InboxEvent

BATCH = 500
ALLOW_CHANGE = "SELECT set_config('beishan.privacy', 'on', true)"  # allow changes of messages in this transaction


def seal_stored(deps: Dependencies) -> int:
    """Seal one batch of each kind of row and return how many rows there were; 0 when none is left."""
    done = 0
    for step in (_move_contacts, _seal_donations, _seal_events, _seal_conflicts, _seal_words, index_names):
        with deps.db.transaction() as tx:
            done += step(tx, deps.keys)
    return done


class _OldContact(NamedTuple):
    donation_id: UUID
    donor_key: str
    wrapped_key: bytes
    sealed: bytes
    message: str


def _move_contacts(tx: Tx, keys: Keys) -> int:
    """Give contacts a key in the table of person keys, and seal the message of the donation with the contact."""
    rows = tx.rows_as(
        _OldContact,
        """SELECT c.donation_id, d.donor_key, c.wrapped_key, c.sealed, d.message
             FROM donation_contact c JOIN donation d ON d.id = c.donation_id
            WHERE c.wrapped_key IS NOT NULL ORDER BY c.donation_id LIMIT :most FOR UPDATE OF d, c SKIP LOCKED""",
        most=BATCH,
    )
    contacts = [_contact(keys, row) for row in rows]
    made = make_person_keys(tx, keys, [new.person(keys) for new in contacts]) if rows else []
    sealed = [seal_personal(key, new.donation_id, new.personal()) for key, new in zip(made, contacts, strict=True)]
    ids = [row.donation_id for row in rows]
    update_rows(
        tx,
        DonationContact,
        "donation_id",
        {"donation_id": ids, "sealed": sealed, "wrapped_key": None, "donor_key": None},
    )
    update_rows(tx, Donation, "id", {"id": ids, "message": ""})
    return len(rows)


def _contact(keys: Keys, row: _OldContact) -> NewContact:
    key = keys.unwrap(bytes(row.wrapped_key), context_of(row.donation_id))
    personal = unseal_personal(key, row.donation_id, bytes(row.sealed))
    donor = Donor(personal.get("name"), personal.get("email"), personal.get("phone"))
    return NewContact(row.donation_id, row.donor_key, donor, row.message)


class _OldDonation(NamedTuple):
    id: UUID
    donor_key: str
    message: str
    request_hash: str
    instrument: str | None
    has_contact: bool


def _seal_donations(tx: Tx, keys: Keys) -> int:
    """Seal messages of donations without a contact, and key the hashes of requests and instruments."""
    rows = tx.rows_as(
        _OldDonation,
        f"""SELECT id, donor_key, message, request_hash, instrument,
                   EXISTS (SELECT FROM donation_contact c WHERE c.donation_id = d.id) AS has_contact
              FROM donation d WHERE ({UNSEALED}) ORDER BY id LIMIT :most FOR UPDATE SKIP LOCKED""",
        most=BATCH,
    )
    rows = [row for row in rows if not (row.message and row.has_contact)]  # moved by the previous step
    worded = [row for row in rows if row.message]
    made = make_person_keys(tx, keys, [NewPerson(row.id, row.donor_key) for row in worded]) if worded else []
    pairs = zip(made, worded, strict=True)
    sealed = [seal_personal(key, row.id, {"message": row.message}) for key, row in pairs]
    insert_rows(tx, DonationContact, {"donation_id": [row.id for row in worded], "sealed": sealed})
    instruments = [_keyed_instrument(keys, row.instrument) for row in rows]
    update_rows(
        tx,
        Donation,
        "id",
        {
            "id": [row.id for row in rows],
            "request_hash": [_keyed(keys, row.request_hash) for row in rows],
            "instrument": instruments,
            "message": "",
        },
    )
    _watch_keyed(tx, [row.instrument for row in rows], instruments)
    return len(rows)


def _keyed(keys: Keys, hash_: str) -> str:
    return hash_ if hash_.startswith(CONTENT_MARK) else keys.content(hash_)


def _keyed_instrument(keys: Keys, instrument: str | None) -> str | None:
    if instrument is None or _is_keyed(instrument):
        return instrument
    return instrument_key(keys, instrument)


def _is_keyed(instrument: str) -> bool:
    number = instrument.rpartition(":")[2]
    return len(number) == 32 and set(number) <= set("0123456789abcdef")


def _watch_keyed(tx: Tx, old: Sequence[str | None], new: Sequence[str | None]) -> None:
    """Update the watch list to the keyed hashes."""
    changed = {before: after for before, after in zip(old, new, strict=True) if before != after}
    if changed:
        tx.run(
            """UPDATE watch w SET key = u.new FROM unnest(CAST(:old AS text[]), CAST(:new AS text[])) AS u(old, new)
                WHERE w.kind = 'instrument' AND w.key = u.old""",
            old=list(changed),
            new=list(changed.values()),
        )


def _seal_events(tx: Tx, keys: Keys) -> int:
    return _seal_messages(tx, keys, InboxEvent)


def _seal_conflicts(tx: Tx, keys: Keys) -> int:
    return _seal_messages(tx, keys, InboxConflict)


def _seal_messages(tx: Tx, keys: Keys, model: type[InboxEvent] | type[InboxConflict]) -> int:
    """Seal the personal parts of messages with today's key, and compute their hashes again with a key."""
    rows = tx.rows(
        f"""SELECT id, source, event_id, body, body_hash FROM {model.__tablename__}
             WHERE sealed_by IS NULL ORDER BY id LIMIT :most FOR UPDATE SKIP LOCKED""",
        most=BATCH,
    )
    if not rows:
        return 0
    key_id, key = sealing_key(tx, keys)
    sealed = seal_messages(Cipher(key), rows)
    tx.scalar(ALLOW_CHANGE)
    names = ("id", "body", "body_hash", "sealed", "sealed_by")
    tx.run(
        f"""UPDATE {model.__tablename__} e SET body = u.body, body_hash = u.body_hash, sealed = u.sealed,
                   sealed_by = u.sealed_by
              FROM {unnest(model, *names)} WHERE e.id = u.id""",
        id=[row.id for row in rows],
        body=[part.body for part in sealed],
        body_hash=[keyed_content(keys, row.body_hash and content_hash(row.body)) for row in rows],
        sealed=[part.sealed for part in sealed],
        sealed_by=[NOTHING if part.sealed is None else key_id for part in sealed],
    )
    return len(rows)


def _seal_words(tx: Tx, keys: Keys) -> int:
    """Seal what donors wrote to staff: reasons of refund requests, and appeals."""
    return sum(
        _seal_column(tx, keys, table, column)
        for table, column in (("refund_request", "reason"), ("screening_case", "appeal"))
    )


def _seal_column(tx: Tx, keys: Keys, table: str, column: str) -> int:
    rows: Sequence[Any] = tx.rows(
        f"""SELECT id, donation_id, {column} AS words FROM {table}
             WHERE {column} <> '' AND left({column}, :length) <> :mark ORDER BY id LIMIT :most""",
        length=len(SEALED_MARK),
        mark=SEALED_MARK,
        most=BATCH,
    )
    for row in rows:
        donation = tx.get(Donation, row.donation_id, lock=True)
        assert donation is not None
        words = seal_text(tx, keys, donation, row.words)
        tx.run(f"UPDATE {table} SET {column} = :words WHERE id = :id", words=words, id=row.id)
    return len(rows)
