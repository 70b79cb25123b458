"""Find the stored messages about a person's donations, and erase their personal parts."""

from collections.abc import Sequence
from typing import NamedTuple

import orjson
from sqlmodel import col, select

from campaigns.dependencies import Dependencies
from campaigns.donations.donors.contact import partner_donor_key
from campaigns.donations.models import Donation
from campaigns.privacy.person import Person
from campaigns.privacy.seal_stored import ALLOW_CHANGE
from kernel.db import Tx
from kernel.keys import Keys
from payments.inbox.message_keys import NOTHING
from payments.inbox.personal_parts import kept_of, split
from payments.inbox.sealed_messages import opened
from payments.partners.partner_events import PAID, PARTNER_PREFIX, fact_of

OVERLAP = 10_000  # ids: transactions do not commit in the order in which they take ids
_TABLES = ("inbox_event", "inbox_conflict")
# A partner's messages name its order; the provider's name our donation or its payment. There is no index, because
# the query is rare and every message would pay for it.
_SPEAK_OF = """
       (source, body #>> '{data,donation_id}') IN (
           SELECT * FROM unnest(CAST(:sources AS text[]), CAST(:orders AS text[])))
    OR (source = 'stripe' AND (body #>> '{data,object,metadata,donation_id}' = ANY(:ids)
                               OR body #>> '{data,object,id}' = ANY(:payments)
                               OR body #>> '{data,object,payment_intent}' = ANY(:payments)
                               OR body #>> '{data,object,payment_intent,id}' = ANY(:payments)))"""


class PersonsMessages(NamedTuple):
    """Message ids, by table."""

    events: Sequence[int]
    conflicts: Sequence[int]


def messages_of(tx: Tx, keys: Keys, person: Person) -> PersonsMessages:
    """Find the messages about a person's donations, and waiting messages of partners that name the person as
    donor."""
    values = _names(tx.all(select(Donation).where(col(Donation.id).in_(person.donations))))
    events, conflicts = (
        [row.id for row in tx.rows(f"SELECT id FROM {table} WHERE {_SPEAK_OF} ORDER BY id", **values)]
        for table in _TABLES
    )
    return PersonsMessages(sorted({*events, *_waiting(tx, keys, person)}), conflicts)


def _names(donations: Sequence[Donation]) -> dict[str, list[str]]:
    """Return the identifiers by which messages name these donations, as parameters of `_SPEAK_OF`."""
    partners = [row for row in donations if row.provider.startswith(PARTNER_PREFIX)]
    return {
        "sources": [row.provider for row in partners],
        "orders": [row.payment_reference or "" for row in partners],
        "ids": [str(row.id) for row in donations],
        "payments": [name for row in donations for name in (row.payment_intent, row.payment_reference) if name],
    }


def erase_late(deps: Dependencies) -> int:
    """Erase the personal parts of messages about erased donations that arrived after the erasure, and return how
    many there were. Each process checks all messages once, then only new ones."""
    memory = deps.db.memory
    with deps.db.transaction() as tx:
        erased = erased_donations(tx)
        if not erased:
            return 0
        late, newest = [], {}
        for table in _TABLES:
            newest[table] = tx.scalar(f"SELECT coalesce(max(id), 0) FROM {table}")
            rows = tx.rows(
                f"SELECT id FROM {table} WHERE id > :seen AND sealed IS NOT NULL AND ({_SPEAK_OF}) ORDER BY id",
                seen=memory.get(("late", table), 0) - OVERLAP,
                **_names(erased),
            )
            late.append([row.id for row in rows])
        count = erase_messages(tx, PersonsMessages(*late))
    memory.update({("late", table): seen for table, seen in newest.items()})
    return count


def erased_donations(tx: Tx) -> Sequence[Donation]:
    """Return the donations of erased donors. They are few, which the planner does not know without statistics."""
    with tx.by_key():
        return tx.all(select(Donation).where(col(Donation.erased_at).is_not(None)))


def _waiting(tx: Tx, keys: Keys, person: Person) -> list[int]:
    """Return the messages of partners that have produced no donation yet and whose donor is this person."""
    if not person.donor_keys:
        return []
    rows = tx.rows(
        r"""SELECT e.id, e.source, e.event_id, e.body, e.sealed, e.sealed_by
              FROM inbox_work w JOIN inbox_event e ON e.id = w.inbox_id
             WHERE w.state IN ('new', 'waiting', 'flagged') AND e.source LIKE 'partner\:%'
               AND e.body ->> 'type' = :paid""",
        paid=PAID,
    )
    bodies = zip(rows, opened(tx, keys, rows), strict=True)
    facts = [(row.id, fact_of(row.source.removeprefix(PARTNER_PREFIX), body)) for row, body in bodies]
    return [id_ for id_, fact in facts if fact.donor and partner_donor_key(keys, fact) in person.donor_keys]


def erase_messages(tx: Tx, messages: PersonsMessages) -> int:
    """Erase the personal parts of messages. What the engine relies on stays, and so does the id, by which a
    repetition is recognised."""
    tx.scalar(ALLOW_CHANGE)
    return sum(_erase(tx, table, ids) for table, ids in zip(_TABLES, messages, strict=True))


def _erase(tx: Tx, table: str, ids: Sequence[int]) -> int:
    rows = tx.rows(
        f"SELECT id, source, body FROM {table} WHERE id = ANY(:ids) ORDER BY id FOR UPDATE", ids=list(ids)
    )
    for row in rows:
        clear, _ = split(row.body, kept_of(row.source))
        tx.run(
            f"""UPDATE {table} SET body = CAST(:body AS jsonb), body_hash = '', sealed = NULL, sealed_by = :nothing
                 WHERE id = :id""",
            body=orjson.dumps(clear).decode(),
            nothing=NOTHING,
            id=row.id,
        )
    return len(rows)
