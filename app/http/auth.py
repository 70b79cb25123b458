"""Authentication: a donor with their donation's token, a program with an API token, a manager with a session."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from flask import request, session

from app.current import deps, settings
from app.http import rate_limit
from app.http.network import network_of
from campaigns import rights
from campaigns.network import second_factor
from campaigns.network.models import Manager
from campaigns.network.people import caller_of
from campaigns.network.roles import Caller, Permission
from campaigns.network.sessions import (
    Idle,
    end_session_of,
    manager_of_session,
    session_id_of,
    start_session,
)
from campaigns.network.tokens import account_of_token, caller_of_token
from kernel.db import Tx
from kernel.errors import Forbidden
from kernel.ids import same

SESSION_KEY = "manager_session"  # holds the token of a server-side session
GUESSES = 60  # wrong manager tokens per minute and address
_MOST_TOKEN = 200  # characters


def bearer() -> str:
    """Return the token of the Authorization header. Raises Forbidden `token_missing`."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token.strip():
        raise Forbidden("token_missing")
    return token.strip()[:_MOST_TOKEN]


def may_see_donation(donation_id: UUID, token: str) -> bool:
    """Return whether this token opens this donation. Compares in constant time, without a lookup."""
    return same(deps().keys.token(str(donation_id)), token[:_MOST_TOKEN])


def require_donor(donation_id: UUID) -> None:
    """Require the donation's token as bearer token.

    Raises Forbidden `token_missing` or `token_invalid`, also for a donation that does not exist.
    """
    if not may_see_donation(donation_id, bearer()):
        raise Forbidden("token_invalid")


def sign_in(tx: Tx, manager: Manager, *, awaits_code: bool = False) -> str:
    """Start a session for a manager and end the browser's previous one; return the token for `remember`. With
    `awaits_code` the session waits for the second factor and opens nothing until then."""
    sign_out(tx)
    return start_session(tx, manager, awaits_code=awaits_code, idle=_idle())


def needs_second_factor(manager: Manager) -> bool:
    """Return whether this installation requires a second factor of the manager."""
    return second_factor.is_required(manager, installation_requires=settings().second_factor_required)


def waiting_manager(tx: Tx) -> Manager | None:
    """Return the manager who typed their password in this browser but has not yet given the second factor."""
    token = _session_token()
    return manager_of_session(tx, token, awaits_code=True) if token else None


def remember(token: str) -> None:
    """Store the session token in the browser's signed cookie. Drops the cookie's previous content."""
    session.clear()
    session[SESSION_KEY] = token
    session.permanent = True


def sign_out(tx: Tx) -> None:
    """End this browser's session on the server, so that a copy of its cookie opens nothing."""
    if token := _session_token():
        end_session_of(tx, token)


def forget() -> None:
    """Empty the session cookie."""
    session.clear()


def _idle() -> Idle:
    own = settings()
    return Idle(timedelta(seconds=own.session_idle_s), timedelta(seconds=own.session_idle_sensitive_s))


def _session_token() -> str:
    token = session.get(SESSION_KEY)
    return token if isinstance(token, str) else ""


def own_session(tx: Tx) -> int | None:
    """Return the id of this browser's session."""
    return session_id_of(tx, _session_token())


def session_caller(tx: Tx) -> Caller | None:
    """Return the manager of this session. None without one, or if the manager must first set up a second factor,
    because their role may have changed since they signed in."""
    token = _session_token()
    manager = manager_of_session(tx, token, idle=_idle()) if token else None
    if manager is None or (needs_second_factor(manager) and not second_factor.is_set_up(manager)):
        return None
    return caller_of(manager)


def require_manager(tx: Tx, *permissions: Permission) -> Caller:
    """Return the calling program or manager, who must have one of these permissions.

    Raises Forbidden `token_missing`, `token_invalid`, `not_permitted`, `rate_limited` or `origin_foreign`. A
    session authorises changes only from our own pages, so that a form of another site cannot use it.
    """
    if "Authorization" not in request.headers and (manager := session_caller(tx)) is not None:
        _require_own_page()
    else:
        manager = caller_of_token(tx, bearer())
    if manager is None:
        rate_limit.hit("token_guess", network_of(request.remote_addr or ""), GUESSES, 60)
        raise Forbidden("token_invalid")
    require_any(manager, permissions)
    return manager


def account(tx: Tx) -> tuple[str, str] | None:
    """Return the calling account as the audit trail names it (`manager:7`, `token:3`), and its name."""
    if "Authorization" in request.headers:
        return account_of_token(tx, bearer())
    token = _session_token()
    manager = manager_of_session(tx, token, idle=_idle()) if token else None
    return (f"manager:{manager.id}", manager.login) if manager else None


def optional_manager(tx: Tx) -> Caller | None:
    """Return the manager who calls a public address, or None.

    A donor's token is not an error here; it just does not show more. Raises Forbidden `token_missing` (401) for
    an Authorization header without a bearer token.
    """
    return caller_of_token(tx, bearer()) if "Authorization" in request.headers else session_caller(tx)


def has_still(tx: Tx, caller: Caller) -> bool:
    """Return whether the token or session of this request still gives the rights with which it began."""
    current = optional_manager(tx)
    return current is not None and rights.widened(tx, current) == caller


def require_any(caller: Caller, permissions: Sequence[Permission]) -> None:
    """Require one of these permissions. Raises Forbidden `not_permitted`."""
    if not any(caller.may(permission) for permission in permissions):
        raise Forbidden("not_permitted")


def _require_own_page() -> None:
    if request.method in ("GET", "HEAD"):
        return
    origin = request.headers.get("Origin")
    own = {request.host_url.rstrip("/"), deps().public_url}
    if origin not in own:
        raise Forbidden("origin_foreign")
