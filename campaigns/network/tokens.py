"""Keys of programs to the manager API. A token is shown once; only its hash is kept."""

import hashlib
import secrets
from datetime import datetime
from typing import NamedTuple

from campaigns.audit import record_audit
from campaigns.network.models import ApiToken
from campaigns.network.roles import PERMISSIONS, Caller, Role
from kernel.db import Tx
from kernel.errors import Invalid, NotFound
from kernel.text import text_fault

PREFIX = "bs_"  # lets scanners and people recognise a leaked one
_BYTES = 32
MOST_LABEL = 100


class TokenRow(NamedTuple):
    """What may be shown of a token."""

    id: int
    role: str
    label: str
    created_at: datetime
    revoked_at: datetime | None


def _hash(token: str) -> str:
    # Not a password: 32 random bytes cannot be guessed, so the hash need not be slow nor keyed.
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def create_token(tx: Tx, role: str, label: str, actor: str = "command line") -> str:
    """A new token, answered in clear this one time. Raises Invalid `token_invalid` with every wrong field."""
    wrong = {}
    if role not in PERMISSIONS:
        wrong["role"] = "must be one of " + ", ".join(Role)
    if reason := text_fault(label, MOST_LABEL):
        wrong["label"] = reason
    if wrong:
        raise Invalid("token_invalid", fields=wrong)
    token = PREFIX + secrets.token_urlsafe(_BYTES)
    row = tx.add(ApiToken(token_hash=_hash(token), role=role, label=label, created_at=tx.now))
    record_audit(tx, actor, "token.create", f"token:{row.id}", role=role, label=label)
    return token


def caller_of_token(tx: Tx, token: str) -> Caller | None:
    """The caller behind a token; None when it was never given out or has been revoked."""
    row = tx.row(
        "SELECT role, label FROM api_token WHERE token_hash = :hash AND revoked_at IS NULL", hash=_hash(token)
    )
    return Caller(f"token:{row.label}", row.role) if row else None


def list_tokens(tx: Tx) -> list[TokenRow]:
    """All tokens, the newest first."""
    rows = tx.rows("SELECT id, role, label, created_at, revoked_at FROM api_token ORDER BY id DESC")
    return [TokenRow(*row) for row in rows]


def revoke_token(tx: Tx, token_id: int, actor: str) -> None:
    """End a token for good; again without effect. Raises NotFound `token_unknown`."""
    row = tx.get(ApiToken, token_id, lock=True)
    if row is None:
        raise NotFound("token_unknown")
    if row.revoked_at is not None:
        return
    row.revoked_at = tx.now
    tx.session.flush()
    record_audit(tx, actor, "token.revoke", f"token:{token_id}", label=row.label)
