"""Changes of accounts that API and console share. No caller grants, or takes over, more rights than they have."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from app.current import deps
from app.duties import perform
from app.http import access, scope
from campaigns.approval_places import follow_subjects
from campaigns.approvals.acts import MAKE_ADMIN
from campaigns.approvals.models import Approval
from campaigns.network import accounts, links, people, tokens
from campaigns.network.accounts import Ended
from campaigns.network.links import NewLink
from campaigns.network.models import Manager
from campaigns.network.roles import gives_rights, require_no_more
from campaigns.network.tokens import TokenRow, TokenTerms
from kernel.db import Tx
from kernel.errors import Conflict, Forbidden


def target(tx: Tx, user_id: int) -> Manager:
    """Return an account with no more rights than the caller, because changing an account can mean taking it over.

    Raises NotFound `manager_unknown`, Forbidden `role_beyond_own`.
    """
    manager = people.find_manager(tx, user_id)
    require_no_more(access.caller(), manager.role)
    return manager


def refuse_new_admin(role: str) -> None:
    """Refuse to create an account with all rights where that needs two people. Raises Conflict
    `second_person_needed`.

    The account gets another role first; the role with all rights is then requested for it.
    """
    if gives_rights(role) and deps().second_person.needed:
        raise Conflict("second_person_needed")


def set_rights(tx: Tx, user_id: int, role: str, branch: str | None) -> Any:
    """Change the role and branch of an account; return the Approval if making an administrator waits for one.

    Raises as `target`, `campaigns.network.accounts.set_role`, and Forbidden `not_permitted` outside the caller's
    branch.
    """
    manager = target(tx, user_id)
    require_no_more(access.caller(), role)
    scope.require_node(tx, branch)
    if not gives_rights(role):
        accounts.set_role(tx, manager.login, role, branch, access.actor())
        follow_subjects(tx)
        return None
    return perform(tx, MAKE_ADMIN, user_id, branch=branch, login=manager.login)


def invite(tx: Tx, role: str, branch: str | None, name: str = "") -> NewLink:
    """Create an invitation link for an account within the caller's branch.

    Raises Conflict `second_person_needed`, Forbidden `not_permitted` and `role_beyond_own`, Invalid
    `manager_invalid`.
    """
    require_no_more(access.caller(), role)
    refuse_new_admin(role)
    scope.require_node(tx, branch)
    return links.invite(tx, access.caller(), role, branch, name)


def invite_all(tx: Tx, invited: Sequence[links.Invited]) -> list[NewLink]:
    """Create an invitation link for each person of a list whose branches were checked. Raises as `invite`."""
    for role in {person.role for person in invited}:
        require_no_more(access.caller(), role)
        refuse_new_admin(role)
    return links.invite_all(tx, access.caller(), invited)


def link_to_password(tx: Tx, user_id: int) -> NewLink:
    """Create a link with which the owner of another account chooses a new password. One's own is changed with the
    old password, so that a stolen session or token does not take the account over.

    Raises Forbidden `password_link_own`, and as `target` and `links.link_to_password`.
    """
    manager = target(tx, user_id)
    if access.caller().manager_id == user_id:
        raise Forbidden("password_link_own")
    return links.link_to_password(tx, access.caller(), manager)


def disable(tx: Tx, user_id: int, reason: str = "") -> Ended:
    """Disable the account of somebody else; whoever disabled their own could not undo it. Idempotent.

    Raises Conflict `account_own`, and as `target` and `accounts.disable`.
    """
    manager = target(tx, user_id)
    if access.caller().manager_id == user_id:
        raise Conflict("account_own")
    return accounts.disable(tx, manager.login, access.actor(), reason)


def reset_second_factor(tx: Tx, user_id: int) -> Any:
    """Remove the second factor of another account; return the Approval if that waits for one.

    Raises Forbidden `second_factor_own`, and as `target`.
    """
    login = target(tx, user_id).login
    if access.caller().manager_id == user_id:
        raise Forbidden("second_factor_own")
    return perform(tx, "person.second_factor", user_id, login=login)


class NewToken(NamedTuple):
    """A new token in clear, shown once, with its row and the Approval that it waits for, if any."""

    token: str
    row: TokenRow
    approval: Approval | None


def create_token(tx: Tx, role: str, label: str, branch: str | None, terms: TokenTerms) -> NewToken:
    """Create a token within the caller's branch, which ends with the caller's account.

    A token that can grant rights to others opens nothing until a second person approves it, where acts need one.
    Raises Forbidden `not_permitted` and `role_beyond_own`, Invalid `token_terms_invalid`.
    """
    caller = access.caller()
    require_no_more(caller, role, terms.scopes)
    scope.require_node(tx, branch)
    waits = gives_rights(role, terms.scopes) and deps().second_person.needed
    own = terms._replace(owner_id=caller.manager_id, waits=waits)
    token = tokens.create_token(tx, role, label, caller.name, branch, own)
    row = tokens.show_new_token(tx, token)
    approval = perform(tx, "token.activate", row.id, label=row.label) if waits else None
    return NewToken(token, row, approval)
