"""Changes of accounts that API and console make alike: nobody gives, or takes over, more than they have."""

from typing import Any

from app.current import deps
from app.duties import perform
from app.http import access, scope
from campaigns import rights
from campaigns.approvals.desk import Place
from campaigns.network import accounts, links, people, second_factor
from campaigns.network.links import NewLink
from campaigns.network.models import Manager
from campaigns.network.roles import Role, require_no_more
from kernel.db import Tx
from kernel.errors import Conflict, Forbidden


def target(tx: Tx, user_id: int) -> Manager:
    """Return an account that may do no more than the caller: who changes another one could take it over.

    Raises NotFound `manager_unknown`, Forbidden `role_beyond_own`.
    """
    manager = people.find_manager(tx, user_id)
    require_no_more(access.caller(), manager.role)
    return manager


def refuse_new_admin(role: str) -> None:
    """Refuse a new account with all rights where that takes two persons: it gets another role first; this one is
    asked for then. Raises Conflict `second_person_needed`."""
    if role == Role.ADMIN and deps().second_person.needed:
        raise Conflict("second_person_needed")


def set_rights(tx: Tx, user_id: int, role: str, branch: str | None) -> Any:
    """Give an account another role and branch; return the Approval where making an administrator waits for one.

    Raises as `target`, `campaigns.network.accounts.set_role`, and Forbidden `not_permitted` outside the own branch.
    """
    manager = target(tx, user_id)
    require_no_more(access.caller(), role)
    scope.require_node(tx, branch)
    if role != Role.ADMIN:
        return accounts.set_role(tx, manager.login, role, branch, access.actor())
    place = Place(rights.lineage_of(tx, branch or ""))
    return perform(tx, "person.admin", user_id, place=place, branch=branch, login=manager.login)


def invite(tx: Tx, role: str, branch: str | None, name: str = "") -> NewLink:
    """Make a link by which somebody makes an account within the caller's branch.

    Raises Conflict `second_person_needed`, Forbidden `not_permitted` and `role_beyond_own`, Invalid
    `manager_invalid`.
    """
    require_no_more(access.caller(), role)
    refuse_new_admin(role)
    scope.require_node(tx, branch)
    return links.invite(tx, access.caller(), role, branch, name)


def reset_second_factor(tx: Tx, user_id: int) -> None:
    """Take the second factor off another account. Raises Forbidden `second_factor_own`."""
    target(tx, user_id)
    if access.caller().manager_id == user_id:
        raise Forbidden("second_factor_own")
    second_factor.reset(tx, user_id, access.actor())
