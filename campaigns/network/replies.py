"""Replies to requests that may be sent again, kept so that a repetition has no second effect.

The caller names a request by a key. The reply is stored in the transaction of the effect, so after a crash either
both exist or neither. While a request runs, its transaction locks the key; no crash can leave such a lock behind.
"""

from datetime import datetime, timedelta
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, Column, Index, LargeBinary, Uuid, tuple_
from sqlmodel import Field, SQLModel, col, delete, func, select

from kernel.db import Tx, moment
from kernel.errors import Conflict
from kernel.keys import Keys

KEPT = timedelta(days=3)  # our default: long enough for a weekend, when nobody notices a failed program
_LONGEST_S = 900  # no request takes longer; proxies and programs would have given up
_PAGE = 10_000  # rows deleted in one statement


class StoredReply(SQLModel, table=True):
    """The reply to a request of an account. `fingerprint` is a keyed hash of the request, whose body may name a
    person. The body is sealed, as it may contain something that is shown only once. `people` are the donations
    whose personal data it contains, if any; their keys seal it too."""

    __tablename__ = "stored_reply"
    __table_args__ = (Index("stored_reply_stored_at", "stored_at"),)
    owner: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    fingerprint: str
    status: int
    location: str
    content_type: str
    sealed: bytes = Field(sa_type=LargeBinary)
    people: list[UUID] = Field(
        default_factory=list, sa_column=Column(ARRAY(Uuid), nullable=False, server_default="{}")
    )
    stored_at: datetime = Field(sa_column=moment())


class RequestKey(NamedTuple):
    """A request that may be sent again: its account, its key, and the fingerprint of its content."""

    owner: str
    key: str
    fingerprint: str


class Reply(NamedTuple):
    """The reply that a caller received. With `people`, the body is sealed with their keys."""

    status: int
    location: str
    content_type: str
    body: bytes
    people: tuple[UUID, ...] = ()


def claim(tx: Tx, keys: Keys, request: RequestKey, *, wait: bool) -> Reply | None:
    """Return the earlier reply to this request; None for a new request, which then holds its key until the
    transaction ends.

    Raises Conflict `idempotency_key_reused` when the key was used for another request and, without `wait`,
    `idempotency_key_in_progress` while the first request runs.
    """
    lock = _lock_number(request)
    if wait:
        tx.first(select(func.pg_advisory_xact_lock(lock)))
    elif not tx.first(select(func.pg_try_advisory_xact_lock(lock))):
        raise Conflict("idempotency_key_in_progress")
    stored = tx.get(StoredReply, (request.owner, request.key))
    if stored is None:
        return None
    # Earlier versions stored the fingerprint itself.
    if stored.fingerprint not in (keys.content(request.fingerprint), request.fingerprint):
        raise Conflict("idempotency_key_reused")
    body = keys.unwrap(stored.sealed, context_of(request.owner, request.key))
    return Reply(stored.status, stored.location, stored.content_type, body, tuple(stored.people))


def hold(tx: Tx) -> None:
    """Keep the claim of this transaction alive while a long request works in other transactions and this one is
    idle."""
    tx.first(select(func.set_config("idle_in_transaction_session_timeout", f"{_LONGEST_S}s", True)))


def remember(tx: Tx, keys: Keys, request: RequestKey, reply: Reply) -> None:
    """Store the reply to a claimed request."""
    sealed = keys.wrap(reply.body, context_of(request.owner, request.key))
    row = StoredReply(
        owner=request.owner,
        key=request.key,
        fingerprint=keys.content(request.fingerprint),
        status=reply.status,
        location=reply.location,
        content_type=reply.content_type,
        sealed=sealed,
        people=list(reply.people),
        stored_at=tx.now,
    )
    tx.add(row)


def forget(tx: Tx) -> int:
    """Delete a page of the replies whose retention is over; return how many."""
    old = select(StoredReply.owner, StoredReply.key).where(StoredReply.stored_at < tx.now - KEPT).limit(_PAGE)
    pair = tuple_(col(StoredReply.owner), col(StoredReply.key))
    statement = delete(StoredReply).where(pair.in_(old)).execution_options(synchronize_session=False)
    return int(tx.session.execute(statement).rowcount)  # type: ignore[attr-defined]


def _lock_number(request: RequestKey) -> int:
    digest = sha256(f"{request.owner}\x1f{request.key}".encode()).digest()
    return int.from_bytes(digest[:8], signed=True)


def context_of(owner: str, key: str) -> str:
    """Return the context to which the sealed body of a reply is bound."""
    return f"reply:{owner}:{key}"
