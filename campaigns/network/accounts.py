"""Changes of console accounts: disable and enable, set a password, a name or a role.

They take effect from the next request on, because rights are read at every request and a new password ends all
sessions.
"""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import or_
from sqlmodel import col, select

from campaigns.audit import changed, record_audit
from campaigns.network.links import end_links
from campaigns.network.models import Manager
from campaigns.network.organisations import root, within
from campaigns.network.people import hashed, name_faults, normal_login, password_fault, rights_faults
from campaigns.network.roles import Role
from campaigns.network.sessions import end_sessions
from campaigns.network.tokens import end_tokens
from campaigns.reasons import require_storable_reason
from kernel.db import Tx
from kernel.errors import Conflict, Invalid, NotFound
from kernel.text import is_storable


class Account(NamedTuple):
    """The visible part of an account. `is_on`: not disabled; `has_password`: someone can sign in with it;
    `second_factor`: a second factor is set up."""

    id: int
    login: str
    name: str
    role: str
    branch_code: str | None
    is_on: bool
    has_password: bool
    second_factor: bool
    created_at: datetime


def account_of(manager: Manager) -> Account:
    """Return the visible part of a manager's account."""
    assert manager.id is not None
    return Account(
        manager.id,
        manager.login,
        manager.name,
        manager.role,
        manager.branch_code,
        is_on=manager.disabled_at is None,
        has_password=bool(manager.password_hash),
        second_factor=manager.totp_since is not None,
        created_at=manager.created_at,
    )


def list_accounts(tx: Tx, branch: str | None = None) -> list[Account]:
    """Return the accounts of a branch (None: all), by login."""
    query = select(Manager).order_by(Manager.login)
    if branch is not None:
        query = query.where(within(col(Manager.branch_code), branch))
    return [account_of(manager) for manager in tx.all(query)]


def find_by_login(tx: Tx, login: str, *, lock: bool = False) -> Manager:
    """Return the manager with this login. Raises NotFound `manager_unknown`."""
    query = select(Manager).where(Manager.login == normal_login(login))
    if lock:
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    manager = tx.first(query) if is_storable(login) else None
    if manager is None:
        raise NotFound("manager_unknown")
    return manager


class Ended(NamedTuple):
    """How many sessions, tokens and links ended with an account."""

    sessions: int = 0
    tokens: int = 0
    links: int = 0


def disable(tx: Tx, login: str, actor: str, reason: str = "") -> Ended:
    """Disable an account and end its sessions, tokens and links. Idempotent.

    Raises Conflict `last_admin`, Invalid `reason_invalid`.
    """
    require_storable_reason(reason)
    admins = _federation_admins(tx)
    manager = find_by_login(tx, login, lock=True)
    assert manager.id is not None
    if manager.disabled_at is not None:
        return Ended()
    _keep_an_admin(admins, manager)
    manager.disabled_at = tx.now
    sessions = end_sessions(tx, manager.id)
    tokens = end_tokens(tx, manager, actor)
    links = end_links(tx, manager.id, made_too=True)
    detail = {"sessions": sessions, **_counted(tokens), **({"reason": reason} if reason else {})}
    record_audit(tx, actor, "manager.disable", f"manager:{manager.id}", **detail)
    return Ended(sessions, tokens, links)


def enable(tx: Tx, login: str, actor: str) -> None:
    """Enable an account again. Idempotent. Its old sessions, tokens and links stay ended."""
    manager = find_by_login(tx, login, lock=True)
    if manager.disabled_at is None:
        return
    manager.disabled_at = None
    record_audit(tx, actor, "manager.enable", f"manager:{manager.id}")


def end_all_sessions(tx: Tx, login: str, actor: str) -> int:
    """End all sessions of an account; return how many were open."""
    manager = find_by_login(tx, login, lock=True)
    assert manager.id is not None
    ended = end_sessions(tx, manager.id)
    record_audit(tx, actor, "manager.sessions_end", f"manager:{manager.id}", sessions=ended)
    return ended


def set_password(tx: Tx, login: str, password: str, actor: str) -> int:
    """Set a new password and end the account's sessions; return how many were open.

    Raises Invalid `manager_invalid`.
    """
    name = find_by_login(tx, login).login
    if refused := password_fault(name, password):
        raise Invalid("manager_invalid", fields={"password": refused})
    return store_password(tx, login, hashed(password), actor)  # slow: before the lock


def store_password(tx: Tx, login: str, password_hash: str, actor: str) -> int:
    """Store the hash of a new password, and end the account's sessions and links; return how many sessions were
    open."""
    manager = find_by_login(tx, login, lock=True)
    assert manager.id is not None
    manager.password_hash, manager.password_until = password_hash, None
    ended = end_sessions(tx, manager.id)
    end_links(tx, manager.id)
    record_audit(tx, actor, "manager.password", f"manager:{manager.id}", sessions=ended)
    return ended


def set_role(tx: Tx, login: str, role: str, branch_code: str | None, actor: str) -> None:
    """Change the role and branch of an account (None: the whole network). Tokens that exceed the new rights are
    revoked.

    Raises Invalid `manager_invalid` with every wrong field, Conflict `last_admin`.
    """
    if faults := rights_faults(tx, role, branch_code):
        raise Invalid("manager_invalid", fields=faults)
    admins = _federation_admins(tx)
    manager = find_by_login(tx, login, lock=True)
    before = {"role": manager.role, "branch_code": manager.branch_code}
    after = {"role": role, "branch_code": branch_code}
    if before == after:
        return
    if role != Role.ADMIN or branch_code not in (None, root(tx)):
        _keep_an_admin(admins, manager)
    manager.role, manager.branch_code = role, branch_code
    tokens = end_tokens(tx, manager, actor, beyond=True)
    record_audit(tx, actor, "manager.role", f"manager:{manager.id}", **changed(before, after), **_counted(tokens))


def rename(tx: Tx, login: str, name: str, actor: str) -> None:
    """Change the display name of a manager. Raises Invalid `manager_invalid`."""
    if faults := name_faults(name):
        raise Invalid("manager_invalid", fields=faults)
    manager = find_by_login(tx, login, lock=True)
    if manager.name != name.strip():
        manager.name = name.strip()
        record_audit(tx, actor, "manager.name", f"manager:{manager.id}")


def _counted(tokens: int) -> dict[str, int]:
    return {"tokens_ended": tokens} if tokens else {}


def _federation_admins(tx: Tx) -> list[int]:
    """Lock the administrators of the whole network who can sign in, and return their ids.

    Lock them before any other manager, so that of two administrators who disable each other at the same moment one
    remains.
    """
    whole = or_(col(Manager.branch_code).is_(None), col(Manager.branch_code) == root(tx))
    able = (col(Manager.disabled_at).is_(None), Manager.password_hash != "", Manager.role == Role.ADMIN)
    query = select(Manager).where(whole, *able).order_by(col(Manager.id))
    return [admin.id or 0 for admin in tx.all(query.with_for_update(key_share=True))]


def _keep_an_admin(admins: list[int], manager: Manager) -> None:
    if admins == [manager.id]:
        raise Conflict("last_admin")
