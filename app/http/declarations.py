"""What a view declares: who may call it, with which permission, and whose resources it reaches.

`app.http.access` declares and enforces it; the application does not start with an undeclared route (`check`).
`docs/access.md` lists all routes (`flask --app wsgi routes-access`).
"""

from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from typing import Any, NamedTuple, TypeVar

from flask import Flask
from werkzeug.routing import Rule

from app.http import scope
from app.http.scope import Where
from campaigns.network.roles import Caller, Permission
from kernel.db import Tx

View = TypeVar("View", bound=Callable[..., Any])


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


def declare(view: View, access: Access) -> View:
    """Make this the access declaration of a view."""
    view.access = access  # type: ignore[attr-defined]
    return view
