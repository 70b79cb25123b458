"""Access declarations of routes. Every view declares who may call it with one decorator of this module, which
enforces it.

    @blueprint.post("/pots")
    @access.managers(Permission.POTS_WRITE)
    def create() -> Any: ...

Put the declaration directly below the route. The application does not start with an undeclared route
(`app.http.declarations`).
"""

from collections.abc import Callable, Mapping
from functools import partial, wraps
from typing import Any, cast

from flask import current_app, g, redirect, request, url_for

from app.current import deps
from app.http import auth, donor_cookie, repeats, scope
from app.http.declarations import Access, Audience, View, access_of, declare
from app.http.scope import Where
from campaigns import holders, rights
from campaigns.network.roles import Caller, Permission, require
from campaigns.network.tokens import PREFIX as MANAGER_TOKEN
from kernel.errors import NotFound

SIGN_IN = "console.sign_in"  # the endpoint to which a browser without a session is redirected


def public(view: View) -> View:
    """Let everyone call this view. It may show more to managers if it calls `auth.optional_manager`."""
    return declare(view, Access(Audience.PUBLIC))


def monitoring(view: View) -> View:
    """Let everyone who reaches the server call this view: health checks and metrics contain no personal data."""
    return declare(view, Access(Audience.MONITORING))


def signature(view: View) -> View:
    """Let a platform call this view. The view verifies the signature, which covers the whole body."""
    return declare(view, Access(Audience.SIGNATURE))


def donor(view: View) -> View:
    """Require the token of the donation in the address as a bearer token."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        auth.require_donor(kwargs["donation_id"])
        return view(*args, **kwargs)

    return declare(guarded, Access(Audience.DONOR))  # type: ignore[return-value]


def donor_link(view: View) -> View:
    """Require the donation's token as `token` in the form (POST). A page (GET) requires the browser's cookie, for
    which a `token` in the query is exchanged, or a visit pass (`app/http/donor_cookie.py`).

    A wrong token and an unknown donation cannot be told apart: both raise NotFound `donation_unknown`.
    """

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        donation_id = kwargs["donation_id"]
        if request.method == "POST":
            allowed = auth.may_see_donation(donation_id, request.form.get("token", ""))
        elif (exchanged := donor_cookie.exchange(donation_id)) is not None:
            return exchanged
        else:
            allowed = donor_cookie.may_see(donation_id)
        if not allowed:
            raise NotFound("donation_unknown")
        return view(*args, **kwargs)

    return declare(guarded, Access(Audience.DONOR_LINK))  # type: ignore[return-value]


def donor_or_reader(view: View) -> View:
    """Require the token of the donation in the address, or a manager with read permission."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        g.as_manager = "Authorization" not in request.headers or auth.bearer().startswith(MANAGER_TOKEN)
        if g.as_manager:
            with deps().db.transaction() as tx:
                g.caller = rights.widened(tx, auth.require_manager(tx, Permission.READ))
                reader.require(tx, g.caller, kwargs, acting=False)
        else:
            auth.require_donor(kwargs["donation_id"])
        return view(*args, **kwargs)

    reader = Access(Audience.DONOR_OR_READER, (Permission.READ,))
    return declare(guarded, reader)  # type: ignore[return-value]


def managers(
    *permissions: Permission,
    where: Where = Where.RESOURCE,
    resource: str | None = None,
    own_transactions: bool = False,
    content: Callable[[], bytes] = repeats.whole_body,
    keeps_reply: bool = True,
) -> Callable[[View], View]:
    """Require a manager with one of these permissions who may reach the route's resource. Both are checked before
    the body is read, and again if it took long to arrive, because the token or session may have ended meanwhile. A
    change repeated with the same `Idempotency-Key` takes effect once.

    `own_transactions`: the view runs several transactions, so a crash can keep its effect and lose its reply; it
    must be safe to repeat. `content`: what two requests must share to be the same; default: the body.
    `keeps_reply`: False for a view that only reads and whose reply contains data that an erasure must make
    unreadable.
    """
    access = Access(Audience.MANAGER, permissions, where, resource)

    def admit(arguments: Mapping[str, Any]) -> None:
        with deps().db.transaction() as tx:
            g.caller = rights.widened(tx, auth.require_manager(tx, *permissions))
            access.require(tx, g.caller, arguments, acting=access.acts)

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            admit(kwargs)
            if repeats.arrived_slowly(content):
                admit(kwargs)
            call = partial(view, *args, **kwargs)
            return repeats.reply_once(call, apart=own_transactions, content=content, keep=keeps_reply)

        return declare(guarded, access)  # type: ignore[return-value]

    return decorate


def signed_in(
    *permissions: Permission, where: Where = Where.RESOURCE, resource: str | None = None
) -> Callable[[View], View]:
    """Require a session of a manager with one of these permissions; redirect browsers without one to sign in."""
    access = Access(Audience.SIGNED_IN, permissions, where, resource)
    return _console(access, acting=access.acts)


def signed_in_to_act(
    *permissions: Permission, where: Where = Where.RESOURCE, resource: str | None = None
) -> Callable[[View], View]:
    """Require a session of a manager with one of these permissions who may see the resource.

    For buttons. The view itself checks with `require_declared` that the resource may be changed and which of
    several permissions the action needs, and shows a refusal on the page that has the button.
    """
    return _console(Access(Audience.SIGNED_IN, permissions, where, resource), acting=False)


def _console(access: Access, *, acting: bool) -> Callable[[View], View]:
    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            with deps().db.transaction() as tx:
                caller = auth.session_caller(tx)
                if caller is None:
                    back = request.full_path if request.method == "GET" else None
                    return redirect(url_for(SIGN_IN, next=back), 303)
                g.caller = rights.widened(tx, caller)
                auth.require_any(g.caller, access.permissions)
                access.require(tx, g.caller, kwargs, acting=acting)
            return view(*args, **kwargs)

        return declare(guarded, access)  # type: ignore[return-value]

    return decorate


def require_declared(permission: Permission) -> None:
    """Require a permission that the view declares, for the resource in its address.

    Raises Forbidden `not_permitted`.
    """
    access = access_of(current_app, request.endpoint or "")
    assert access and permission in access.permissions, f"{request.endpoint} does not declare {permission}"
    require(g.caller, permission)
    require_changeable()


def require_changeable() -> None:
    """Require that the caller may change the resource in the address. Raises Forbidden `not_permitted`."""
    scope.require_holder(g.caller, g.get("holder"))


def opens(endpoint: str, holder: holders.Holder | None = None) -> bool:
    """Return whether the signed-in manager may open a console page or use a button, which is hidden otherwise.
    Checks the role and branch that the route declares against `holder`, by default the resource of the current
    page."""
    access = access_of(current_app, f"console.{endpoint}")
    assert access is not None, f"there is no route console.{endpoint}"
    manager: Caller = g.caller
    if not any(manager.may(permission) for permission in access.permissions):
        return False
    if access.where is Where.FEDERATION:
        return manager.branch_code is None
    holder = holder or g.get("holder")
    if holder is None or access.where not in (Where.RESOURCE, Where.FROM_BELOW) or rights.may_act(manager, holder):
        return True
    return access.where is Where.FROM_BELOW and not access.acts


def caller() -> Caller:
    """Return the manager who calls."""
    return cast(Caller, g.caller)


def actor() -> str:
    """Return the caller's name, for the audit trail."""
    caller: Caller = g.caller
    return caller.name
