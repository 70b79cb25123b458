"""Store the name keys (`name_key`) of donations that an earlier version stored without one."""

from typing import NamedTuple
from uuid import UUID

from campaigns.donations.donors.contact import unseal_personal
from campaigns.donations.donors.name_key import name_key
from campaigns.donations.donors.person_keys import context_of
from campaigns.donations.donors.person_models import PersonKey
from kernel.bulk import update_rows
from kernel.db import Tx
from kernel.keys import Keys

BATCH = 500


class _Sealed(NamedTuple):
    donation_id: UUID
    wrapped: bytes
    sealed: bytes | None


def index_names(tx: Tx, keys: Keys) -> int:
    """Store the name keys of one batch, and return how many donations were processed. Names that are only in
    partners' messages, which are not kept for ever, get no key."""
    rows = tx.rows_as(
        _Sealed,
        """SELECT k.donation_id, k.wrapped, c.sealed
             FROM person_key k
             LEFT JOIN donation_contact c ON c.donation_id = k.donation_id AND c.wrapped_key IS NULL
            WHERE k.name_key IS NULL ORDER BY k.donation_id LIMIT :most FOR UPDATE OF k SKIP LOCKED""",
        most=BATCH,
    )
    values = {
        "donation_id": [row.donation_id for row in rows],
        "name_key": [name_key(keys, _name(keys, row)) for row in rows],
    }
    update_rows(tx, PersonKey, "donation_id", values)
    return len(rows)


def _name(keys: Keys, row: _Sealed) -> str:
    if row.sealed is None:
        return ""
    key = keys.unwrap(bytes(row.wrapped), context_of(row.donation_id))
    return unseal_personal(key, row.donation_id, bytes(row.sealed)).get("name", "")
