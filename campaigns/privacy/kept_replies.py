"""Replies kept for a repetition that contain personal data: sealed with the keys of the people they are about, so
that an erasure makes them unreadable, in backups too. Afterwards a repetition is refused: it still has no second
effect."""

from collections.abc import Collection
from uuid import UUID

from campaigns.donations.donors.person_keys import common_key
from campaigns.network.replies import Reply, RequestKey, context_of
from kernel.db import Tx
from kernel.errors import Conflict
from kernel.keys import Keys, seal, unseal


def sealed_reply(tx: Tx, keys: Keys, request: RequestKey, reply: Reply, people: Collection[UUID]) -> Reply:
    """Seal the body of a reply with the keys of the donations whose data it contains. Nothing of the body is kept
    if one of them has been erased meanwhile."""
    if not people:
        return reply
    key = common_key(tx, keys, people)
    body = seal(key, reply.body, _context(request)) if key else b""
    return reply._replace(body=body, people=tuple(sorted(people)))


def opened_reply(tx: Tx, keys: Keys, request: RequestKey, reply: Reply) -> Reply:
    """Open the body of a stored reply. Raises Conflict `idempotency_reply_erased` after an erasure."""
    if not reply.people:
        return reply
    key = common_key(tx, keys, reply.people) if reply.body else None
    if key is None:
        raise Conflict("idempotency_reply_erased")
    return reply._replace(body=unseal(key, reply.body, _context(request)), people=())


def _context(request: RequestKey) -> bytes:
    return context_of(request.owner, request.key).encode()
