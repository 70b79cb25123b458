"""Find accounts of the console by name, role, place and state."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, func, or_
from sqlmodel import col, select

from campaigns.network.models import Manager, ManagerSession, Organisation
from campaigns.network.organisations import within
from kernel.db import Tx
from kernel.paging import Page
from kernel.text import is_storable

MOST_WORDS = 60  # characters


class AccountState(StrEnum):
    """Whether anyone can sign in with an account."""

    ON = "on"
    NO_PASSWORD = "no_password"  # noqa: S105 - a state: its owner has not used their link yet
    OFF = "off"


@dataclass(frozen=True, slots=True)
class AccountQuery:
    """The filters of an account search; '' and None match any. `words` are searched in login, name and name of the
    node."""

    words: str = ""
    role: str = ""
    state: str = ""
    branch: str | None = None


class AccountRow(NamedTuple):
    """An account in a list; `signed_in_at`: when its newest session began."""

    id: int
    login: str
    name: str
    role: str
    branch_code: str | None
    branch_name: str | None
    state: AccountState
    second_factor: bool
    signed_in_at: datetime | None


def search(tx: Tx, query: AccountQuery, page: Page) -> tuple[list[AccountRow], int]:
    """Return a page of the matching accounts, by login, and how many match."""
    if not is_storable(query.words):
        return [], 0
    wanted = _conditions(query)
    joined = select(func.count()).select_from(Manager).join(Organisation, isouter=True).where(*wanted)
    total = tx.all(joined)[0]
    newest = (
        select(func.max(ManagerSession.created_at))
        .where(ManagerSession.manager_id == Manager.id, col(ManagerSession.awaits_code).is_(False))
        .scalar_subquery()
    )
    rows = select(Manager, Organisation.name, newest).join(Organisation, isouter=True).where(*wanted)
    listed = tx.all(rows.order_by(Manager.login).offset(page.offset).limit(page.size))
    return [_row(manager, branch, signed_in_at) for manager, branch, signed_in_at in listed], total


def state_of(manager: Manager) -> AccountState:
    """Return whether anyone can sign in with an account."""
    if manager.disabled_at is not None:
        return AccountState.OFF
    return AccountState.ON if manager.password_hash else AccountState.NO_PASSWORD


def _conditions(query: AccountQuery) -> list[ColumnElement[bool]]:
    conditions: list[Any] = []
    if words := query.words.strip()[:MOST_WORDS]:
        columns = (col(Manager.login), col(Manager.name), col(Organisation.name))
        conditions.append(or_(*(column.icontains(words, autoescape=True) for column in columns)))
    if query.role:
        conditions.append(Manager.role == query.role)
    if query.branch is not None:
        conditions.append(within(col(Manager.branch_code), query.branch))
    off, waiting = col(Manager.disabled_at).is_not(None), Manager.password_hash == ""
    states = {
        AccountState.OFF: (off,),
        AccountState.NO_PASSWORD: (~off, waiting),
        AccountState.ON: (~off, Manager.password_hash != ""),
    }
    if query.state in states:
        conditions += states[AccountState(query.state)]
    return conditions


def _row(manager: Manager, branch_name: str | None, signed_in_at: datetime | None) -> AccountRow:
    assert manager.id is not None
    return AccountRow(
        manager.id,
        manager.login,
        manager.name,
        manager.role,
        manager.branch_code,
        branch_name,
        state_of(manager),
        manager.totp_since is not None,
        signed_in_at,
    )
