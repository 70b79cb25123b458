"""Changes of accounts of the console: switched off and on, another password, another role. They hold from the next
request on: rights are read at every request, and sessions end with the password that began them."""

from typing import NamedTuple

from sqlmodel import select

from campaigns.audit import changed, record_audit
from campaigns.network.models import Manager
from campaigns.network.people import hashed, normal_login, password_fault, rights_faults
from campaigns.network.sessions import end_sessions
from kernel.db import Tx
from kernel.errors import Invalid, NotFound
from kernel.text import is_storable


class Account(NamedTuple):
    """What may be shown of an account."""

    login: str
    role: str
    branch_code: str | None
    is_on: bool


def list_accounts(tx: Tx) -> list[Account]:
    """Return all accounts, by login."""
    rows = tx.all(select(Manager).order_by(Manager.login))
    return [Account(row.login, row.role, row.branch_code, row.disabled_at is None) for row in rows]


def find_by_login(tx: Tx, login: str, *, lock: bool = False) -> Manager:
    """Return the manager with this login. Raises NotFound `manager_unknown`."""
    query = select(Manager).where(Manager.login == normal_login(login))
    manager = tx.first(query.with_for_update(key_share=True) if lock else query) if is_storable(login) else None
    if manager is None:
        raise NotFound("manager_unknown")
    return manager


def disable(tx: Tx, login: str, actor: str) -> int:
    """Switch an account off and end its sessions; return how many were open. Idempotent."""
    manager = find_by_login(tx, login, lock=True)
    assert manager.id is not None
    if manager.disabled_at is not None:
        return 0
    manager.disabled_at = tx.now
    ended = end_sessions(tx, manager.id)
    record_audit(tx, actor, "manager.disable", f"manager:{manager.id}", sessions=ended)
    return ended


def enable(tx: Tx, login: str, actor: str) -> None:
    """Switch an account on again. Idempotent. Its old sessions stay ended."""
    manager = find_by_login(tx, login, lock=True)
    if manager.disabled_at is None:
        return
    manager.disabled_at = None
    record_audit(tx, actor, "manager.enable", f"manager:{manager.id}")


def set_password(tx: Tx, login: str, password: str, actor: str) -> int:
    """Give an account another password and end its sessions; return how many were open.

    Raises Invalid `manager_invalid`.
    """
    name = find_by_login(tx, login).login
    if refused := password_fault(name, password):
        raise Invalid("manager_invalid", fields={"password": refused})
    password_hash = hashed(password)  # slow: before the lock
    manager = find_by_login(tx, login, lock=True)
    assert manager.id is not None
    manager.password_hash = password_hash
    ended = end_sessions(tx, manager.id)
    record_audit(tx, actor, "manager.password", f"manager:{manager.id}", sessions=ended)
    return ended


def set_role(tx: Tx, login: str, role: str, branch_code: str | None, actor: str) -> None:
    """Give an account another role and branch (None: the whole network).

    Raises Invalid `manager_invalid` with every wrong field.
    """
    if faults := rights_faults(tx, role, branch_code):
        raise Invalid("manager_invalid", fields=faults)
    manager = find_by_login(tx, login, lock=True)
    before = {"role": manager.role, "branch_code": manager.branch_code}
    manager.role, manager.branch_code = role, branch_code
    after = {"role": role, "branch_code": branch_code}
    record_audit(tx, actor, "manager.role", f"manager:{manager.id}", **changed(before, after))
