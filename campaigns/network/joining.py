"""What the recipient of a link does: see what it opens, then choose login and password, once."""

from typing import NamedTuple

from campaigns.audit import record_audit
from campaigns.network.accounts import find_by_login, store_password
from campaigns.network.links import find_link
from campaigns.network.models import AccountLink, Manager
from campaigns.network.people import find_manager, login_faults, store_manager
from kernel.db import Tx
from kernel.errors import Invalid


class Opened(NamedTuple):
    """What a link opens. `login` is fixed where the account exists already (a new password)."""

    kind: str
    role: str
    branch_code: str | None
    name: str
    login: str


def opened(tx: Tx, token: str) -> Opened:
    """Return what a link opens. Raises NotFound `link_unknown`."""
    return _opened(tx, find_link(tx, token))


def _opened(tx: Tx, link: AccountLink) -> Opened:
    login = find_manager(tx, link.manager_id).login if link.manager_id else ""
    return Opened(link.kind, link.role, link.branch_code, link.name, login)


def require_choosable(tx: Tx, token: str, login: str, password: str, name: str = "") -> None:
    """Check a person's choice before the password is hashed, which is expensive.

    Raises NotFound `link_unknown`, Invalid `manager_invalid` with every wrong field.
    """
    link = opened(tx, token)
    if faults := login_faults(link.login or login, password, name):
        raise Invalid("manager_invalid", fields=faults)


def join(tx: Tx, token: str, login: str, password_hash: str, name: str = "") -> str:
    """Use a link: create the account, or set its password; return the login. Call `require_choosable` first.

    Raises NotFound `link_unknown`, Conflict `login_used`.
    """
    known = opened(tx, token)
    if known.login:
        find_by_login(tx, known.login, lock=True)  # everywhere, accounts are locked before their links
    link = find_link(tx, token, lock=True)
    if link.manager_id is None:
        rights = (link.role, f"invitation:{link.id}", link.branch_code)
        manager = store_manager(tx, login, password_hash, *rights, name or link.name)
        _use(tx, link, manager)
        return manager.login
    _use(tx, link, find_manager(tx, link.manager_id))
    store_password(tx, known.login, password_hash, known.login)
    return known.login


def _use(tx: Tx, link: AccountLink, manager: Manager) -> None:
    link.used_at, link.manager_id = tx.now, manager.id
    record_audit(tx, manager.login, "link.use", f"manager:{manager.id}", link_id=link.id, kind=link.kind)
