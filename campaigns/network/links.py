"""Links by which people choose the login and password of their account: invitations, and links to a new password.

A link holds a random token and works once, within a week. Only its hash is stored. Its creator determined what it
opens.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import or_
from sqlmodel import col, func, select

from campaigns.audit import record_audit, record_each
from campaigns.network.models import AccountLink, LinkKind, Manager, Organisation
from campaigns.network.organisations import within
from campaigns.network.people import name_faults, rights_faults
from campaigns.network.roles import Caller
from campaigns.network.secret_tokens import new_token, token_hash
from kernel.db import Tx
from kernel.errors import Invalid, NotFound
from kernel.ids import MOST_ID
from kernel.paging import Page
from kernel.text import is_storable

LASTS = timedelta(days=7)
PREFIX = "al_"
MOST_WORDS = 60  # characters of a search


class NewLink(NamedTuple):
    """A link that was just created, with its token, which is shown only now."""

    id: int
    token: str
    expires_at: datetime


class Invited(NamedTuple):
    """A person to invite."""

    role: str
    branch_code: str | None
    name: str


def invite(tx: Tx, caller: Caller, role: str, branch_code: str | None, name: str = "") -> NewLink:
    """Create a link by which a person creates an account with this role and branch.

    Raises Invalid `manager_invalid` with every wrong field.
    """
    if faults := rights_faults(tx, role, branch_code) | name_faults(name):
        raise Invalid("manager_invalid", fields=faults)
    link = _make(tx, caller, LinkKind.INVITATION, role, branch_code, name=name.strip())
    record_audit(tx, caller.name, "invitation.create", f"invitation:{link.id}", role=role, branch_code=branch_code)
    return link


def invite_all(tx: Tx, caller: Caller, invited: Iterable[Invited]) -> list[NewLink]:
    """Create such a link for each person of a list whose roles and branches were checked, with few statements."""
    made = [
        _new(tx, caller, LinkKind.INVITATION, role, branch, name=name.strip()) for role, branch, name in invited
    ]
    links = tx.add_all(link for link, _token in made)
    details = {f"invitation:{link.id}": {"role": link.role, "branch_code": link.branch_code} for link in links}
    record_each(tx, caller.name, "invitation.create", details)
    return [NewLink(link.id or 0, token, link.expires_at) for link, token in made]


def link_to_password(tx: Tx, caller: Caller, manager: Manager) -> NewLink:
    """Create a link by which a manager chooses a new password, and end their earlier links.

    Until it is used, the old password remains valid. Raises NotFound `manager_unknown` when the account is
    disabled.
    """
    if manager.disabled_at is not None:
        raise NotFound("manager_unknown")
    assert manager.id is not None
    end_links(tx, manager.id)
    link = _make(tx, caller, LinkKind.PASSWORD, manager.role, manager.branch_code, manager_id=manager.id)
    record_audit(tx, caller.name, "manager.password_link", f"manager:{manager.id}", link_id=link.id)
    return link


def _make(tx: Tx, caller: Caller, kind: LinkKind, role: str, branch_code: str | None, **other: Any) -> NewLink:
    link, token = _new(tx, caller, kind, role, branch_code, **other)
    return NewLink(tx.add(link).id or 0, token, link.expires_at)


def _new(
    tx: Tx,
    caller: Caller,
    kind: LinkKind,
    role: str,
    branch_code: str | None,
    *,
    name: str = "",
    manager_id: int | None = None,
) -> tuple[AccountLink, str]:
    token = new_token(PREFIX)
    link = AccountLink(
        kind=kind,
        token_hash=token_hash(token),
        role=role,
        branch_code=branch_code,
        name=name,
        manager_id=manager_id,
        created_by=caller.name,
        creator_id=caller.manager_id,
        created_at=tx.now,
        expires_at=tx.now + LASTS,
    )
    return link, token


def find_link(tx: Tx, token: str, *, lock: bool = False) -> AccountLink:
    """Return the open link with this token. Raises NotFound `link_unknown`, also for a used one."""
    query = select(AccountLink).where(AccountLink.token_hash == token_hash(token), *_is_open(tx))
    link = tx.first(query.with_for_update(key_share=True) if lock else query)
    if link is None:
        raise NotFound("link_unknown")
    return link


def end_links(tx: Tx, manager_id: int, *, made_too: bool = False) -> int:
    """End the open links to an account; with `made_too`, also those that its owner created for others. Return how
    many."""
    theirs = col(AccountLink.manager_id) == manager_id
    if made_too:
        theirs = or_(theirs, col(AccountLink.creator_id) == manager_id)
    query = select(AccountLink).where(theirs, *_is_open(tx)).order_by(col(AccountLink.id))
    links = tx.all(query.with_for_update(key_share=True))
    for link in links:
        link.ended_at = tx.now
    return len(links)


def list_invitations(tx: Tx, branch: str | None = None) -> list[AccountLink]:
    """Return the open invitations of a branch (None: all), newest first."""
    return tx.all(_invitations(tx, branch).order_by(col(AccountLink.id).desc()))


def search_invitations(tx: Tx, branch: str | None, words: str, page: Page) -> tuple[list[AccountLink], int]:
    """Return a page of the open invitations of a branch (None: all), newest first, and their number.

    `words` are searched in the name of the person and of the node; '' matches any.
    """
    if not is_storable(words):
        return [], 0
    wanted = _invitations(tx, branch)
    if words := words.strip()[:MOST_WORDS]:
        columns = col(AccountLink.name), col(Organisation.name)
        contains = or_(*(column.icontains(words, autoescape=True) for column in columns))
        wanted = wanted.join(Organisation, isouter=True).where(contains)
    rows = tx.all(wanted.order_by(col(AccountLink.id).desc()).offset(page.offset).limit(page.size))
    return rows, _count(tx, wanted)


def count_invitations(tx: Tx, branch: str | None) -> int:
    """Return the number of open invitations of a branch (None: all)."""
    return _count(tx, _invitations(tx, branch))


def _count(tx: Tx, query: Any) -> int:
    return int(tx.all(query.with_only_columns(func.count(col(AccountLink.id))))[0])


def _invitations(tx: Tx, branch: str | None) -> Any:
    query = select(AccountLink).where(AccountLink.kind == LinkKind.INVITATION, *_is_open(tx))
    return query if branch is None else query.where(within(col(AccountLink.branch_code), branch))


def revoke_invitation(tx: Tx, link_id: int, actor: str) -> None:
    """Revoke an invitation that has not been accepted. Raises NotFound `invitation_unknown`."""
    if not 0 < link_id <= MOST_ID:
        raise NotFound("invitation_unknown")
    query = select(AccountLink).where(
        AccountLink.id == link_id, AccountLink.kind == LinkKind.INVITATION, *_is_open(tx)
    )
    link = tx.first(query.with_for_update(key_share=True))
    if link is None:
        raise NotFound("invitation_unknown")
    link.ended_at = tx.now
    record_audit(tx, actor, "invitation.revoke", f"invitation:{link_id}")


def _is_open(tx: Tx) -> tuple[bool, ...]:
    ended, used = col(AccountLink.ended_at).is_(None), col(AccountLink.used_at).is_(None)
    return ended, used, AccountLink.expires_at > tx.now  # type: ignore[return-value]
