"""Tokens of programs for the manager API. A token is shown once; only its hash is stored."""

import hashlib
import secrets
from datetime import datetime
from typing import NamedTuple

from sqlmodel import col, select

from campaigns.audit import record_audit
from campaigns.network.models import ApiToken
from campaigns.network.people import rights_faults
from campaigns.network.roles import Caller
from kernel.db import Tx
from kernel.errors import Invalid, NotFound
from kernel.ids import MOST_ID
from kernel.text import text_fault

PREFIX = "bs_"  # lets scanners and people recognise a leaked one
_BYTES = 32
MOST_LABEL = 100


class TokenRow(NamedTuple):
    """What may be shown of a token: everything but the token itself."""

    id: int
    role: str
    branch_code: str | None
    label: str
    created_at: datetime
    revoked_at: datetime | None


def _hash(token: str) -> str:
    # Not a password: 32 random bytes cannot be guessed, so the hash need not be slow nor keyed.
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def create_token(tx: Tx, role: str, label: str, actor: str = "command line", branch_code: str | None = None) -> str:
    """Create a token and return it in clear, this once. Raises Invalid `token_invalid` with every wrong field."""
    faults = rights_faults(tx, role, branch_code)
    if refused := text_fault(label, MOST_LABEL):
        faults["label"] = refused
    if faults:
        raise Invalid("token_invalid", fields=faults)
    token = PREFIX + secrets.token_urlsafe(_BYTES)
    row = tx.add(
        ApiToken(token_hash=_hash(token), role=role, branch_code=branch_code, label=label, created_at=tx.now)
    )
    record_audit(tx, actor, "token.create", f"token:{row.id}", role=role, branch_code=branch_code, label=label)
    return token


def caller_of_token(tx: Tx, token: str) -> Caller | None:
    """Return the caller that a token stands for, or None if it is unknown or revoked.

    Read from the database at every request: a revoked token is refused from the next request on.
    """
    query = select(ApiToken).where(ApiToken.token_hash == _hash(token), col(ApiToken.revoked_at).is_(None))
    row = tx.first(query)
    return Caller(f"token:{row.label}", row.role, row.branch_code, f"token:{row.id}") if row else None


def account_of_token(tx: Tx, token: str) -> tuple[str, str] | None:
    """Return a token as the audit trail names it (`token:3`), and its caller's name; None if it opens nothing."""
    query = select(ApiToken).where(ApiToken.token_hash == _hash(token), col(ApiToken.revoked_at).is_(None))
    row = tx.first(query)
    return (f"token:{row.id}", f"token:{row.label}") if row else None


def list_tokens(tx: Tx) -> list[TokenRow]:
    """Return all tokens, the newest first."""
    rows = tx.all(select(ApiToken).order_by(col(ApiToken.id).desc()))
    return [
        TokenRow(row.id or 0, row.role, row.branch_code, row.label, row.created_at, row.revoked_at) for row in rows
    ]


def revoke_token(tx: Tx, token_id: int, actor: str) -> None:
    """Revoke a token for good. Idempotent. Raises NotFound `token_unknown`."""
    row = tx.get(ApiToken, token_id, lock=True) if 0 < token_id <= MOST_ID else None
    if row is None:
        raise NotFound("token_unknown")
    if row.revoked_at is not None:
        return
    row.revoked_at = tx.now
    tx.add(row)
    record_audit(tx, actor, "token.revoke", f"token:{token_id}", label=row.label)
