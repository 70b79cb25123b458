"""Who may call a route. Every view declares it with one decorator of this module, and the decorator enforces it.

    @blueprint.post("/pots")
    @access.managers(Permission.POTS_WRITE)
    def create() -> Any: ...

The declaration stands directly below the route. An application with an undeclared route does not start
(`check`); `docs/access.md` lists all of them (`flask --app wsgi routes-access`).
"""

from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from functools import partial, wraps
from typing import Any, NamedTuple, TypeVar

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

SIGN_IN = "console.sign_in"  # the endpoint to which a browser without a session is sent


class Audience(StrEnum):
    """Who may call a route, in the words of `docs/access.md`."""

    PUBLIC = "everybody"
    MONITORING = "everybody who reaches the server; close it to the public at the proxy"
    DONOR = "the donor, with the donation's token as bearer token"
    DONOR_LINK = "the donor, with the donation's token in the form, its cookie, or a link that is exchanged for it"
    DONOR_OR_READER = "the donor, with the donation's token as bearer token; or a manager"
    MANAGER = "a manager, with an API token or a session"
    SIGNED_IN = "a manager, with a session"
    SIGNATURE = "the platform that signed the body"


class Access(NamedTuple):
    """The declaration of a view. One of the permissions is needed; none are listed for callers without a role.

    `where` says whose resources a manager reaches, `resource` which argument of the address decides (default: the
    most specific one)."""

    audience: Audience
    permissions: tuple[Permission, ...] = ()
    where: Where = Where.RESOURCE
    resource: str | None = None

    def __str__(self) -> str:
        needed = " or ".join(f"`{permission}`" for permission in self.permissions)
        return f"{self.audience}; needs {needed}; {self.where}" if needed else str(self.audience)

    def require(self, tx: Tx, caller: Caller, arguments: Mapping[str, Any], *, acting: bool) -> None:
        """Require that what this view reaches lies where the caller may see or change it."""
        scope.require(
            tx, caller, self.where, self.resource or scope.resource_of(arguments), arguments, acting=acting
        )

    @property
    def acts(self) -> bool:
        return Permission.READ not in self.permissions


# Views of libraries: the static files, and the description of the API.
_LIBRARY_VIEWS = {"static": Access(Audience.PUBLIC), "api-docs.openapi_json": Access(Audience.PUBLIC)}


def public(view: View) -> View:
    """Let everybody call this view. It may show more to managers, if it asks `auth.optional_manager`."""
    return _declare(view, Access(Audience.PUBLIC))


def monitoring(view: View) -> View:
    """Let everybody call this view who reaches the server: health checks and metrics hold nothing personal."""
    return _declare(view, Access(Audience.MONITORING))


def signature(view: View) -> View:
    """Let a platform call this view. The view verifies the signature, which covers the whole body."""
    return _declare(view, Access(Audience.SIGNATURE))


def donor(view: View) -> View:
    """Require the token of the donation in the address, as bearer token."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        auth.require_donor(kwargs["donation_id"])
        return view(*args, **kwargs)

    return _declare(guarded, Access(Audience.DONOR))  # type: ignore[return-value]


def donor_link(view: View) -> View:
    """Require the token of the donation as `token` in the form (POST); for a page (GET) the browser's cookie, for
    which a `token` in the query is exchanged, or a visit pass (`app/http/donor_cookie.py`).

    A wrong token and an unknown donation look alike: NotFound `donation_unknown`.
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
    """Require the token of the donation in the address, or a manager who may read."""

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
    """Require a manager with one of these permissions, and that what the route reaches is theirs. Both are checked
    before the body is read. A change that is sent again with its `Idempotency-Key` is not made again.

    `own_transactions`: the view has several, so that a crash can keep its effect and lose its reply; it must be
    harmless to repeat. `content`: what makes two requests to it the same; default: the body. `keeps_reply`: not for
    a view that only reads, and replies with what an erasure must make unreadable."""
    access = Access(Audience.MANAGER, permissions, where, resource)

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            with deps().db.transaction() as tx:
                g.caller = rights.widened(tx, auth.require_manager(tx, *permissions))
                access.require(tx, g.caller, kwargs, acting=access.acts)
            call = partial(view, *args, **kwargs)
            return repeats.reply_once(call, apart=own_transactions, content=content, keep=keeps_reply)

        return _declare(guarded, access)  # type: ignore[return-value]

    return decorate


def signed_in(
    *permissions: Permission, where: Where = Where.RESOURCE, resource: str | None = None
) -> Callable[[View], View]:
    """Require a session of a manager with one of these permissions; send browsers without one to the sign-in."""
    access = Access(Audience.SIGNED_IN, permissions, where, resource)
    return _console(access, acting=access.acts)


def signed_in_to_act(
    *permissions: Permission, where: Where = Where.RESOURCE, resource: str | None = None
) -> Callable[[View], View]:
    """Require a session of a manager with one of these permissions, and that the resource may be seen.

    For buttons: that it may be changed, and which of several permissions the act needs, is asked in the view
    (`require_declared`), which shows the refusal on the page where the button is.
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
    """Require that the resource in the address, which the caller may see, may be changed by them.

    Raises Forbidden `not_permitted`."""
    scope.require_holder(g.caller, g.get("holder"))


def opens(endpoint: str, holder: rights.Holder | None = None) -> bool:
    """Whether a page or button of the console is open to the signed-in manager: by the role and the branch that the
    route declares, for what `holder` holds, or what the page at hand is about. What is not, is not shown."""
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
    manager: Caller = g.caller
    return manager


def actor() -> str:
    """Return the caller's name, for the audit trail."""
    caller: Caller = g.caller
    return caller.name


def check(app: Flask) -> None:
    """Refuse to start with a route that does not declare who may call it, or whose resources it reaches."""
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
    """Return what the view of an endpoint declares."""
    return declared(app.view_functions.get(endpoint)) or _LIBRARY_VIEWS.get(endpoint)


def declared(view: object) -> Access | None:
    """Return what a view declares."""
    access: Access | None = getattr(view, "access", None)
    return access


def table(app: Flask) -> Iterator[tuple[str, str, Access | None]]:
    """Yield methods, route and declaration of every route, by address."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: (rule.rule, sorted(rule.methods or ()))):
        methods = " ".join(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))
        yield methods, rule.rule, access_of(app, rule.endpoint)


def _declare(view: View, access: Access) -> View:
    view.access = access  # type: ignore[attr-defined]
    return view
