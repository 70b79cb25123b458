"""Console accounts and invitations, for administrators."""

from typing import Any

from flask_smorest.pagination import PaginationParameters

from app.accounts import disable as disable_other
from app.accounts import invite as invitation
from app.accounts import link_to_password as new_password_link
from app.accounts import refuse_new_admin, set_rights, target
from app.accounts import reset_second_factor as clear_second_factor
from app.api.base import make_blueprint, page_of
from app.api.people.user_schemas import (
    AccountLinkOut,
    EndedOut,
    InvitationIn,
    InvitationOut,
    NewInvitationOut,
    NewUserOut,
    SessionOut,
    UserIn,
    UserOut,
    UserPatch,
)
from app.api.reason_schemas import OptionalReasonIn
from app.api.second_person import may_wait, waiting
from app.current import deps
from app.http import access, scope
from app.http.addresses import join_url
from app.http.off_loop import off_loop
from app.http.scope import Where
from campaigns.network import accounts, links, people, sessions
from campaigns.network.roles import Permission, require_no_more
from kernel.db import Tx

blueprint = make_blueprint("users", "People who sign in to the console, and invitations to them.")
_PEOPLE = Permission.PEOPLE_WRITE


def _view(tx: Tx, user_id: int) -> accounts.Account:
    return accounts.account_of(people.find_manager(tx, user_id))


@blueprint.get("/users")
@access.managers(_PEOPLE, where=Where.LISTED)
@blueprint.response(200, UserOut(many=True))
@blueprint.paginate()
def list_users(pagination_parameters: PaginationParameters) -> Any:
    """List the accounts of the caller's branch, by login."""
    with deps().db.transaction() as tx:
        rows = accounts.list_accounts(tx, scope.branch())
    pagination_parameters.item_count = len(rows)
    return page_of(pagination_parameters).slice(rows)


@blueprint.post("/users")
@access.managers(_PEOPLE, where=Where.NAMED)
@blueprint.arguments(UserIn)
@blueprint.response(201, NewUserOut)
def create(body: dict[str, Any]) -> Any:
    """Create an account. Without a `password`, its owner chooses one with `link`, which works once within a
    week."""
    caller, branch = access.caller(), body.get("branch", scope.branch())
    require_no_more(caller, body["role"])
    refuse_new_admin(body["role"])
    login, role, name = body["login"], body["role"], body.get("name", "")
    with deps().db.transaction() as tx:
        scope.require_node(tx, branch)
        people.require_manager(tx, login, body.get("password"), role, branch, name)
    password_hash = off_loop(people.hashed, body["password"]) if "password" in body else ""
    with deps().db.transaction() as tx:
        manager = people.store_manager(tx, login, password_hash, role, caller.name, branch, name)
        link = None if password_hash else links.link_to_password(tx, caller, manager)
        shown = accounts.account_of(manager)._asdict()
    return shown | ({"link": join_url(link.token), "link_expires_at": link.expires_at} if link else {})


@blueprint.get("/users/<id:user_id>")
@access.managers(_PEOPLE)
@blueprint.response(200, UserOut)
def show(user_id: int) -> Any:
    with deps().db.transaction() as tx:
        return _view(tx, user_id)


@blueprint.patch("/users/<id:user_id>")
@access.managers(_PEOPLE)
@blueprint.arguments(UserPatch)
@blueprint.response(200, UserOut)
@may_wait(blueprint)
def change(body: dict[str, Any], user_id: int) -> Any:
    """Change role, branch or name, from the account's next request on. Omitted fields stay.

    If making an administrator must wait for a second person, no part of the change is made.
    """
    with deps().db.transaction() as tx:
        manager = target(tx, user_id)
        if "role" in body or "branch" in body:
            role, branch = body.get("role", manager.role), body.get("branch", manager.branch_code)
            if response := waiting(tx, set_rights(tx, user_id, role, branch)):
                return response
        if "name" in body:
            accounts.rename(tx, manager.login, body["name"], access.actor())
        return _view(tx, user_id)


@blueprint.post("/users/<id:user_id>/disable")
@access.managers(_PEOPLE)
@blueprint.arguments(OptionalReasonIn)
@blueprint.response(200, UserOut)
def disable(body: dict[str, Any], user_id: int) -> Any:
    """Disable an account. Its sessions, tokens and links end at once. Idempotent. A manager cannot do this to their
    own account."""
    with deps().db.transaction() as tx:
        disable_other(tx, user_id, body["reason"])
        return _view(tx, user_id)


@blueprint.post("/users/<id:user_id>/enable")
@access.managers(_PEOPLE)
@blueprint.response(200, UserOut)
def enable(user_id: int) -> Any:
    """Enable an account again. What ended stays ended. Idempotent."""
    with deps().db.transaction() as tx:
        accounts.enable(tx, target(tx, user_id).login, access.actor())
        return _view(tx, user_id)


@blueprint.get("/users/<id:user_id>/sessions")
@access.managers(_PEOPLE)
@blueprint.response(200, SessionOut(many=True))
def list_sessions(user_id: int) -> Any:
    """List the open sessions of an account, newest first."""
    with deps().db.transaction() as tx:
        return sessions.list_sessions(tx, user_id)


@blueprint.post("/users/<id:user_id>/sessions/end")
@access.managers(_PEOPLE)
@blueprint.response(200, EndedOut)
def end_sessions(user_id: int) -> Any:
    """End all sessions of an account."""
    with deps().db.transaction() as tx:
        return {"ended": accounts.end_all_sessions(tx, target(tx, user_id).login, access.actor())}


@blueprint.post("/users/<id:user_id>/password-links")
@access.managers(_PEOPLE)
@blueprint.response(201, AccountLinkOut)
def link_to_password(user_id: int) -> Any:
    """Create a link with which the account's owner chooses another password, once within a week. Earlier links end.
    The password stays until the link is used. A manager cannot do this for themselves."""
    with deps().db.transaction() as tx:
        link = new_password_link(tx, user_id)
    return {"link": join_url(link.token), "expires_at": link.expires_at}


@blueprint.post("/users/<id:user_id>/second-factor/reset")
@access.managers(_PEOPLE)
@blueprint.response(200, UserOut)
@may_wait(blueprint)
def reset_second_factor(user_id: int) -> Any:
    """Remove the second factor of an account whose owner lost it, and end its sessions. A manager cannot do this
    for themselves. Verify first that the request comes from the owner."""
    with deps().db.transaction() as tx:
        if response := waiting(tx, clear_second_factor(tx, user_id)):
            return response
        return _view(tx, user_id)


@blueprint.get("/invitations")
@access.managers(_PEOPLE, where=Where.LISTED)
@blueprint.response(200, InvitationOut(many=True))
@blueprint.paginate()
def list_invitations(pagination_parameters: PaginationParameters) -> Any:
    """List the open invitations of the caller's branch, newest first."""
    with deps().db.transaction() as tx:
        page = page_of(pagination_parameters)
        rows, pagination_parameters.item_count = links.search_invitations(tx, scope.branch(), "", page)
    return rows


@blueprint.post("/invitations")
@access.managers(_PEOPLE, where=Where.NAMED)
@blueprint.arguments(InvitationIn)
@blueprint.response(201, NewInvitationOut)
def invite(body: dict[str, Any]) -> Any:
    """Create a link with which a person creates an account with this role and branch, once within a week."""
    branch = body.get("branch", scope.branch())
    with deps().db.transaction() as tx:
        link = invitation(tx, body["role"], branch, body.get("name", ""))
    rights = {"role": body["role"], "branch_code": branch, "name": body.get("name", "")}
    return {**rights, "id": link.id, "link": join_url(link.token), "expires_at": link.expires_at}


@blueprint.post("/invitations/<id:invitation_id>/revoke")
@access.managers(_PEOPLE)
@blueprint.response(204)
def revoke_invitation(invitation_id: int) -> None:
    """End an invitation that has not been accepted."""
    with deps().db.transaction() as tx:
        links.revoke_invitation(tx, invitation_id, access.actor())
