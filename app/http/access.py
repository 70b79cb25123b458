"""Access declarations of routes. Every view declares who may call it with one decorator of this module, which
enforces it.

    @blueprint.post("/pots")
    @access.managers(Permission.POTS_WRITE)
    def create() -> Any: ...

Put the declaration directly below the route. The application does not start with an undeclared route (`check`);
`docs/access.md` lists all routes (`flask --app wsgi routes-access`).
"""

from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from functools import partial, wraps
from typing import Any, NamedTuple, TypeVar, cast

from flask import Flask, current_app, g, redirect, request, url_for
from werkzeug.routing import Rule

from app.current import deps
from app.http import auth, donor_cookie, repeats, scope
from app.http.scope import Where
from campaigns import rights
from campaigns.network.roles import Caller, Permission, require
from campaigns.network.tokens import PREFIX as MANAGER_TOKEN
from kernel.db import Tx
from kernel.errors import NotFound

View = TypeVar("View", bound=Callable[..., Any])

SIGN_IN = "console.sign_in"  # the endpoint to which a browser without a session is redirected


class Audience(StrEnum):
    """Who may call a route, as `docs/access.md` words it."""

    PUBLIC = "everybody"
    MONITORING = "everybody who reaches the server; close it to the public at the proxy"
    DONOR = "the donor, with the donation's token as bearer token"
    DONOR_LINK = "the donor, with the donation's token in the form, its cookie, or a link that is exchanged for it"
    DONOR_OR_READER = "the donor, with the donation's token as bearer token; or a manager"
    MANAGER = "a manager, with an API token or a session"
    SIGNED_IN = "a manager, with a session"
    SIGNATURE = "the platform that signed the body"


class Access(NamedTuple):
    """The access declaration of a view. One of `permissions` is required; empty for callers without a role.
    `where`: whose resources a manager may reach. `resource`: the route argument that decides; default: the most
    specific."""

    audience: Audience
    permissions: tuple[Permission, ...] = ()
    where: Where = Where.RESOURCE
    resource: str | None = None

    def __str__(self) -> str:
        needed = " or ".join(f"`{permission}`" for permission in self.permissions)
        return f"{self.audience}; needs {needed}; {self.where}" if needed else str(self.audience)

    def require(self, tx: Tx, caller: Caller, arguments: Mapping[str, Any], *, acting: bool) -> None:
        """Require that the caller may see (`acting`: change) the resource that this view reaches."""
        scope.require(
            tx, caller, self.where, self.resource or scope.resource_of(arguments), arguments, acting=acting
        )

    @property
    def acts(self) -> bool:
        return Permission.READ not in self.permissions


# Views of libraries: the static files and the API description.
_LIBRARY_VIEWS = {"static": Access(Audience.PUBLIC), "api-docs.openapi_json": Access(Audience.PUBLIC)}


def public(view: View) -> View:
    """Let everyone call this view. It may show more to managers if it calls `auth.optional_manager`."""
    return _declare(view, Access(Audience.PUBLIC))


def monitoring(view: View) -> View:
    """Let everyone who reaches the server call this view: health checks and metrics contain no personal data."""
    return _declare(view, Access(Audience.MONITORING))


def signature(view: View) -> View:
    """Let a platform call this view. The view verifies the signature, which covers the whole body."""
    return _declare(view, Access(Audience.SIGNATURE))


def donor(view: View) -> View:
    """Require the token of the donation in the address as a bearer token."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        auth.require_donor(kwargs["donation_id"])
        return view(*args, **kwargs)

    return _declare(guarded, Access(Audience.DONOR))  # type: ignore[return-value]


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

    return _declare(guarded, Access(Audience.DONOR_LINK))  # type: ignore[return-value]


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
    return _declare(guarded, reader)  # type: ignore[return-value]


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

        return _declare(guarded, access)  # type: ignore[return-value]

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

        return _declare(guarded, access)  # type: ignore[return-value]

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


def opens(endpoint: str, holder: rights.Holder | None = None) -> bool:
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


def check(app: Flask) -> None:
    """Refuse to start if a route does not declare who may call it or whose resources it reaches."""
    undeclared = {rule.endpoint for rule in app.url_map.iter_rules() if not _is_declared(app, rule)}
    if undeclared:
        names = ", ".join(sorted(undeclared))
        raise RuntimeError(f"views that do not declare who may call them, or whose resources they reach: {names}")


def _is_declared(app: Flask, rule: Rule) -> bool:
    access = access_of(app, rule.endpoint)
    if access is None or not access.permissions or access.where not in (Where.RESOURCE, Where.FROM_BELOW):
        return access is not None
    return access.resource in rule.arguments or (
        access.resource is None and scope.resource_of(rule.arguments) is not None
    )


def access_of(app: Flask, endpoint: str) -> Access | None:
    """Return the access declaration of an endpoint's view."""
    return declared(app.view_functions.get(endpoint)) or _LIBRARY_VIEWS.get(endpoint)


def declared(view: object) -> Access | None:
    """Return the access declaration of a view."""
    access: Access | None = getattr(view, "access", None)
    return access


def table(app: Flask) -> Iterator[tuple[str, str, Access | None]]:
    """Yield methods, route and access declaration of every route, sorted by address."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: (rule.rule, sorted(rule.methods or ()))):
        methods = " ".join(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))
        yield methods, rule.rule, access_of(app, rule.endpoint)


def _declare(view: View, access: Access) -> View:
    view.access = access  # type: ignore[attr-defined]
    return view
