"""Wrap again, in batches, with the current FIELD_KEY what was wrapped with the previous one. The data stays the
same."""

import base64
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import tuple_
from sqlmodel import col, select

from campaigns.approvals.models import Approval
from campaigns.approvals.partner_acts import MAPPING_ACT
from campaigns.approvals.partner_acts import context_of as context_of_change
from campaigns.donations.donors.person_keys import context_of
from campaigns.imports.runs import context_of as context_of_import
from campaigns.network.replies import StoredReply
from campaigns.network.replies import context_of as context_of_reply
from campaigns.network.second_factor import context_of as context_of_manager
from campaigns.payouts.payees import context_of as context_of_payee
from kernel.db import Database, Tx
from kernel.keys import Keys
from payments.bills.bill_accounts import context_of as context_of_bills
from payments.inbox.message_keys import context_of as context_of_day
from payments.mappings.partner_mappings import context_of as context_of_mapping
from payments.outgoing import context_of as context_of_subscriber
from payments.partners.partner_secrets import context_of as context_of_partner

BATCH = 1_000


class _Wrapped(NamedTuple):
    """A column wrapped with FIELD_KEY. `key` is the column that identifies a row. `context` computes what the value
    is bound to, from the column `of` (default: the key)."""

    table: str
    key: str
    column: str
    context: Callable[[Any], str]
    is_text: bool = False
    has_key_id: bool = False
    of: str = ""


_WRAPPED = (
    _Wrapped("person_key", "donation_id", "wrapped", context_of, has_key_id=True),
    _Wrapped("message_key", "day", "wrapped", context_of_day, has_key_id=True),
    _Wrapped("partner_secret", "id", "sealed_secret", context_of_partner, is_text=True, of="partner"),
    _Wrapped("partner_mapping", "partner", "sealed_keys", context_of_mapping, is_text=True),
    _Wrapped("bill_account", "partner", "sealed_key", context_of_bills, is_text=True),
    _Wrapped("partner_subscription", "id", "sealed_secret", context_of_subscriber, is_text=True, of="partner"),
    _Wrapped("manager", "id", "totp_sealed", context_of_manager, is_text=True),
    _Wrapped("payee_account", "id", "sealed", context_of_payee, is_text=True, of="organisation_code"),
    _Wrapped("import_file", "run_id", "sealed", context_of_import),
)


def rewrap(db: Database, keys: Keys) -> int:
    """Wrap everything with the current key and return how many rows there were. Safe to repeat and to interrupt.

    Raises ValueError for a value that neither key opens.
    """
    with db.transaction() as tx:  # read by earlier versions only
        tx.run("UPDATE partner SET sealed_secret = '' WHERE sealed_secret <> ''")
    done = sum(_rewrap_all(db, keys, wrapped) for wrapped in _WRAPPED)
    return done + _rewrap_replies(db, keys) + _rewrap_approvals(db, keys)


def _rewrap_all(db: Database, keys: Keys, wrapped: _Wrapped) -> int:
    done, last = 0, None
    while True:
        with db.transaction() as tx:
            rows = _batch(tx, keys, wrapped, last)
            for row in rows:
                _rewrap(tx, keys, wrapped, row)
        if not rows:
            return done
        done, last = done + len(rows), rows[-1].key


def _rewrap_replies(db: Database, keys: Keys) -> int:
    """Wrap the replies stored for repeated requests, which are identified by two columns."""
    done, last = 0, ("", "")
    while True:
        with db.transaction() as tx:
            replies = tx.all(
                select(StoredReply)
                .where(tuple_(col(StoredReply.owner), col(StoredReply.key)) > last)
                .order_by(col(StoredReply.owner), col(StoredReply.key))
                .limit(BATCH)
                .with_for_update()
            )
            for reply in replies:
                context = context_of_reply(reply.owner, reply.key)
                reply.sealed = keys.wrap(keys.unwrap(bytes(reply.sealed), context), context)
        if not replies:
            return done
        done, last = done + len(replies), (replies[-1].owner, replies[-1].key)


def _rewrap_approvals(db: Database, keys: Keys) -> int:
    """Wrap the changes of mappings that wait, or waited, for a second person. There are few."""
    with db.transaction() as tx:
        query = select(Approval).where(Approval.act == MAPPING_ACT).order_by(col(Approval.id))
        approvals = tx.all(query.with_for_update())
        for approval in approvals:
            context = context_of_change(approval.subject)
            plain = keys.unwrap_text(approval.arguments["sealed"], context)
            approval.arguments = {**approval.arguments, "sealed": keys.wrap_text(plain, context)}
    return len(approvals)


def _batch(tx: Tx, keys: Keys, wrapped: _Wrapped, after: Any) -> Sequence[Any]:
    conditions = [f"{wrapped.column} IS NOT NULL"]
    conditions += [f"{wrapped.key} > :after"] if after is not None else []
    conditions += ["key_id <> :key_id"] if wrapped.has_key_id else []
    values = {"after": after} if after is not None else {}
    values |= {"key_id": keys.key_id} if wrapped.has_key_id else {}
    return tx.rows(
        f"""SELECT {wrapped.key} AS key, {wrapped.of or wrapped.key} AS bound_to, {wrapped.column} AS value
              FROM {wrapped.table} WHERE {" AND ".join(conditions)}
             ORDER BY {wrapped.key} LIMIT {BATCH} FOR UPDATE""",
        **values,
    )


def _rewrap(tx: Tx, keys: Keys, wrapped: _Wrapped, row: Any) -> None:
    context = wrapped.context(row.bound_to)
    sealed = base64.b64decode(row.value) if wrapped.is_text else bytes(row.value)
    anew = keys.wrap(keys.unwrap(sealed, context), context)
    key_id = ", key_id = :key_id" if wrapped.has_key_id else ""
    values = {"key_id": keys.key_id} if wrapped.has_key_id else {}
    tx.run(
        f"UPDATE {wrapped.table} SET {wrapped.column} = :value{key_id} WHERE {wrapped.key} = :key",
        value=base64.b64encode(anew).decode() if wrapped.is_text else anew,
        key=row.key,
        **values,
    )
