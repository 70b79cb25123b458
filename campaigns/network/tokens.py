"""Tokens of programs for the manager API. A token is shown once; only its hash is stored."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import or_
from sqlmodel import col, select

from campaigns.audit import record_audit
from campaigns.network.models import ApiToken, Manager
from campaigns.network.organisations import find, within
from campaigns.network.people import rights_faults
from campaigns.network.roles import PERMISSIONS, Caller, permissions_of
from campaigns.network.secret_tokens import new_token, token_hash
from kernel.db import Tx
from kernel.errors import Fault, Invalid, NotFound, fault
from kernel.text import text_fault

PREFIX = "bs_"  # lets scanners and people recognise a leaked one
MOST_LABEL = 100
_USED_EVERY = timedelta(minutes=1)  # so that calls rarely write


class TokenRow(NamedTuple):
    """The visible part of a token: everything but the token itself. `scopes`: its permissions, None for all of its
    role; `owner`: the login of the account with which it ends."""

    id: int
    role: str
    branch_code: str | None
    label: str
    scopes: list[str] | None
    created_at: datetime
    created_by: str
    owner: str | None
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None
    waits: bool


class TokenTerms(NamedTuple):
    """The limits of a token besides its role and branch: its permissions (None: all of the role), its end (None:
    until it is revoked), and the account with which it ends (None: with none). As long as it `waits`, it opens
    nothing until a second person activates it."""

    scopes: Sequence[str] | None = None
    expires_at: datetime | None = None
    owner_id: int | None = None
    waits: bool = False


def create_token(
    tx: Tx,
    role: str,
    label: str,
    actor: str = "command line",
    branch_code: str | None = None,
    terms: TokenTerms = TokenTerms(),
) -> str:
    """Create a token and return it in clear, which happens only now. Raises Invalid `token_terms_invalid` with
    every wrong field."""
    faults = rights_faults(tx, role, branch_code) | _faults(tx, role, label, terms)
    if faults:
        raise Invalid("token_terms_invalid", fields=faults)
    token = new_token(PREFIX)
    scopes = None if terms.scopes is None else sorted(set(terms.scopes))
    row = tx.add(
        ApiToken(
            token_hash=token_hash(token),
            role=role,
            branch_code=branch_code,
            label=label,
            scopes=scopes,
            created_at=tx.now,
            created_by=actor,
            owner_id=terms.owner_id,
            expires_at=terms.expires_at,
            waits=terms.waits,
        )
    )
    rights = {"role": role, "branch_code": branch_code, "scopes": scopes}
    until = terms.expires_at.isoformat() if terms.expires_at else None
    record_audit(tx, actor, "token.create", f"token:{row.id}", **rights, label=label, expires_at=until)
    return token


def _faults(tx: Tx, role: str, label: str, terms: TokenTerms) -> dict[str, Fault]:
    faults: dict[str, Fault] = {}
    if refused := text_fault(label, MOST_LABEL):
        faults["label"] = refused
    options = PERMISSIONS.get(role, frozenset())
    if terms.scopes is not None and not (terms.scopes and set(terms.scopes) <= options):
        faults["scopes"] = fault("not_one_of", options=sorted(options))
    if terms.expires_at is not None and terms.expires_at <= tx.now:
        faults["expires_at"] = fault("in_the_past")
    return faults


def caller_of_token(tx: Tx, token: str) -> Caller | None:
    """Return the caller that a token stands for; None if it is unknown or has ended.

    Read from the database at every request, so a revoked token is refused from the next request on.
    """
    row = _valid(tx, token)
    if row is None:
        return None
    _note_use(tx, row)
    return _caller(row)


def callers_labelled(tx: Tx, label: str) -> list[Caller]:
    """Return the callers of all tokens with this label that have not ended."""
    return [_caller(row) for row in tx.all(_not_ended(tx).where(ApiToken.label == label))]


def _caller(row: ApiToken) -> Caller:
    scopes = None if row.scopes is None else tuple(row.scopes)
    owner = f"manager:{row.owner_id}" if row.owner_id else f"token:{row.id}"
    return Caller(f"token:{row.label}", row.role, row.branch_code, owner, scopes, row.owner_id)


def account_of_token(tx: Tx, token: str) -> tuple[str, str] | None:
    """Return a token's name in the audit trail (`token:3`) and its caller's name; None if it opens nothing."""
    row = _valid(tx, token)
    return (f"token:{row.id}", f"token:{row.label}") if row else None


def _valid(tx: Tx, token: str) -> ApiToken | None:
    """Return the row of a token that has not ended."""
    return tx.first(_not_ended(tx).where(ApiToken.token_hash == token_hash(token)))


def _not_ended(tx: Tx) -> Any:
    """Return the query of tokens that have neither ended nor been revoked, and whose account is not disabled."""
    ends = col(ApiToken.expires_at)
    return (
        select(ApiToken)
        .join(Manager, col(Manager.id) == ApiToken.owner_id, isouter=True)
        .where(
            col(ApiToken.revoked_at).is_(None),
            col(ApiToken.waits).is_(False),
            or_(ends.is_(None), ends > tx.now),
            col(Manager.disabled_at).is_(None),
        )
    )


def _note_use(tx: Tx, row: ApiToken) -> None:
    """Record the last use of a token, to the minute. Only one of several simultaneous calls writes."""
    due = tx.now - _USED_EVERY
    if row.last_used_at is not None and row.last_used_at > due:
        return
    used = col(ApiToken.last_used_at)
    query = select(ApiToken).where(ApiToken.id == row.id, or_(used.is_(None), used <= due))
    if (free := tx.first(query.with_for_update(skip_locked=True, key_share=True))) is not None:
        free.last_used_at = tx.now


def list_tokens(tx: Tx, branch: str | None = None) -> list[TokenRow]:
    """Return the tokens of a branch (None: all), newest first."""
    query = select(ApiToken, Manager.login).join(Manager, col(Manager.id) == ApiToken.owner_id, isouter=True)
    if branch is not None:
        query = query.where(within(col(ApiToken.branch_code), branch))
    return [_row(token, owner) for token, owner in tx.all(query.order_by(col(ApiToken.id).desc()))]


def show_token(tx: Tx, token_id: int) -> TokenRow:
    """Return the visible part of a token. Raises NotFound `token_unknown`."""
    return _shown(tx, _find(tx, token_id))


def show_new_token(tx: Tx, token: str) -> TokenRow:
    """Return the visible part of a token that was just created."""
    row = tx.first(select(ApiToken).where(ApiToken.token_hash == token_hash(token)))
    assert row is not None
    return _shown(tx, row)


def _shown(tx: Tx, row: ApiToken) -> TokenRow:
    owner = tx.get(Manager, row.owner_id) if row.owner_id else None
    return _row(row, owner.login if owner else None)


def _row(token: ApiToken, owner: str | None) -> TokenRow:
    return TokenRow(
        token.id or 0,
        token.role,
        token.branch_code,
        token.label,
        token.scopes,
        token.created_at,
        token.created_by,
        owner,
        token.expires_at,
        token.last_used_at,
        token.revoked_at,
        token.waits,
    )


def _find(tx: Tx, token_id: int, *, lock: bool = False) -> ApiToken:
    row = tx.get(ApiToken, token_id, lock=lock)
    if row is None:
        raise NotFound("token_unknown")
    return row


def revoke_token(tx: Tx, token_id: int, actor: str) -> None:
    """Revoke a token permanently. Idempotent. Raises NotFound `token_unknown`."""
    row = _find(tx, token_id, lock=True)
    if row.revoked_at is None:
        _revoke(tx, row, actor)


def activate_token(tx: Tx, token_id: int, actor: str) -> None:
    """Activate a token that waited for a second person. Idempotent. Raises NotFound `token_unknown`."""
    row = _find(tx, token_id, lock=True)
    if row.waits:
        row.waits = False
        record_audit(tx, actor, "token.activate", f"token:{token_id}", label=row.label)


def end_tokens(tx: Tx, owner: Manager, actor: str, *, beyond: bool = False) -> int:
    """Revoke the tokens of an account permanently; with `beyond`, only those that exceed its rights. Return how
    many."""
    query = select(ApiToken).where(ApiToken.owner_id == owner.id, col(ApiToken.revoked_at).is_(None))
    tokens = tx.all(query.order_by(col(ApiToken.id)).with_for_update(key_share=True))
    ending = [token for token in tokens if not beyond or _is_beyond(tx, token, owner)]
    for token in ending:
        _revoke(tx, token, actor)
    return len(ending)


def _is_beyond(tx: Tx, token: ApiToken, owner: Manager) -> bool:
    if not permissions_of(token.role, token.scopes) <= permissions_of(owner.role):
        return True
    branch = owner.branch_code
    return branch is not None and (token.branch_code is None or branch not in find(tx, token.branch_code).lineage)


def _revoke(tx: Tx, row: ApiToken, actor: str) -> None:
    row.revoked_at = tx.now
    record_audit(tx, actor, "token.revoke", f"token:{row.id}", label=row.label)
