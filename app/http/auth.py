"""Who is calling: a donor with his donation's token, a program with an API token, a manager with a session."""

from uuid import UUID

from flask import request, session

from app.current import deps
from app.http import rate_limit
from campaigns.network.people import Caller, Permission, caller_of, find_manager, require, who
from kernel.db import Tx
from kernel.errors import Forbidden, NotFound
from kernel.ids import same

SESSION_KEY = "manager_id"
GUESSES = 60  # wrong manager tokens a minute and address (ours)
_MOST_TOKEN = 200  # characters


def bearer() -> str:
    """The token of the Authorization header. Raises Forbidden `token_missing`."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token.strip():
        raise Forbidden("token_missing")
    return token.strip()[:_MOST_TOKEN]


def may_see_donation(donation_id: UUID, token: str) -> bool:
    """Does this token open this donation? Compared in constant time; nothing is looked up."""
    return same(deps().keys.token(str(donation_id)), token[:_MOST_TOKEN])


def require_donor(donation_id: UUID) -> None:
    """Raises Forbidden `token_missing` or `token_invalid`: whether the donation exists is not told."""
    if not may_see_donation(donation_id, bearer()):
        raise Forbidden("token_invalid")


def sign_in(manager_id: int) -> None:
    """Remember in the browser's signed cookie who signed in; what was in the session before is dropped."""
    session.clear()
    session[SESSION_KEY] = manager_id
    session.permanent = True


def sign_out() -> None:
    session.clear()


def signed_in(tx: Tx) -> Caller | None:
    """The manager whose session this is; None for everyone else."""
    manager_id = session.get(SESSION_KEY)
    if not isinstance(manager_id, int):
        return None
    try:
        return caller_of(find_manager(tx, manager_id))
    except NotFound:
        return None


def caller(tx: Tx, *permissions: Permission) -> Caller:
    """The program or manager who asks, if he may do one of these.

    Raises Forbidden `token_missing`, `token_invalid`, `not_permitted` or `rate_limited`. A session counts
    only for requests of our own pages: another site's form must not act with it.
    """
    if "Authorization" not in request.headers and (found := signed_in(tx)) is not None:
        _require_own_page()
    else:
        found = who(tx, bearer())
    if found is None:
        rate_limit.hit("token_guess", request.remote_addr or "", GUESSES, 60)
        raise Forbidden("token_invalid")
    require(found, next((one for one in permissions if found.may(one)), permissions[0]))
    return found


def _require_own_page() -> None:
    if request.method in ("GET", "HEAD"):
        return
    origin = request.headers.get("Origin")
    ours = {request.host_url.rstrip("/"), deps().public_url}
    if origin not in ours:
        raise Forbidden("origin_foreign")
