"""The blueprint of the JSON API: strict bodies, paging, and who may call."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flask import g, request
from flask_smorest import Api as SmorestApi
from flask_smorest import Blueprint as SmorestBlueprint
from marshmallow import Schema, fields
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import UnsupportedMediaType
from werkzeug.routing import BaseConverter

from app.current import deps
from app.http.auth import bearer, caller, require_donor
from campaigns.network.people import Caller, Permission, require
from campaigns.network.tokens import PREFIX as MANAGER_TOKEN
from kernel.strict_json import load_json

PREFIX = "/api/v1"
View = TypeVar("View", bound=Callable[..., Any])


class Problem(Schema):
    """RFC 9457, as application/problem+json; figures that belong to the code come as further members."""

    type = fields.String()
    title = fields.String()
    status = fields.Integer()
    code = fields.String(metadata={"description": "stable; what a program should look at"})
    detail = fields.String()
    request_id = fields.String()
    errors = fields.Dict(fields.String(), fields.String(), metadata={"description": "dotted field -> reason"})


class Api(SmorestApi):
    """flask-smorest with our own answers to errors (`app/http/errors.py`)."""

    ERROR_SCHEMA = Problem

    def _register_error_handlers(self) -> None:
        """None: one table in one place answers every error of the application."""


class StrictParser(FlaskParser):
    """Takes JSON only, and only JSON that every reader understands alike."""

    def _raw_load_json(self, req: Any) -> Any:
        if not req.is_json:
            raise UnsupportedMediaType("the body must be application/json")
        return load_json(req.get_data())


class Blueprint(SmorestBlueprint):
    ARGUMENTS_PARSER = StrictParser()
    DEFAULT_PAGINATION_PARAMETERS = {"page": 1, "page_size": 50, "max_page_size": 100}  # noqa: RUF012 - theirs


class IdConverter(BaseConverter):
    """A number that the database gave: what it cannot hold is no address of ours."""

    regex = r"[1-9][0-9]{0,17}"

    def to_python(self, value: str) -> int:
        return int(value)


def blueprint(name: str, description: str) -> Blueprint:
    return Blueprint(name, name, url_prefix=PREFIX, description=description)


def managers(*permissions: Permission) -> Callable[[View], View]:
    """Only for managers with one of these permissions, asked before the body is read; `actor()` is who calls."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            with deps().db.transaction() as tx:
                g.caller = caller(tx, *permissions)
                g.permission = permissions[0]
            return view(*args, **kwargs)

        _secured(guarded, "manager")
        return guarded  # type: ignore[return-value]

    return decorate


def donor(view: View) -> View:
    """Only with the token of the donation in the address."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        require_donor(kwargs["donation_id"])
        return view(*args, **kwargs)

    _secured(guarded, "donation")
    return guarded  # type: ignore[return-value]


def donor_or_reader(view: View) -> View:
    """With the token of the donation in the address, or a manager's who may read."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        g.as_manager = "Authorization" not in request.headers or bearer().startswith(MANAGER_TOKEN)
        if g.as_manager:
            with deps().db.transaction() as tx:
                g.caller = caller(tx, Permission.READ)
        else:
            require_donor(kwargs["donation_id"])
        return view(*args, **kwargs)

    _secured(guarded, "donation", "manager")
    return guarded  # type: ignore[return-value]


def _secured(view: Any, *schemes: str) -> None:
    """Say so in the description of the interface."""
    view._apidoc = {**getattr(view, "_apidoc", {})}
    view._apidoc["manual_doc"] = {**view._apidoc.get("manual_doc", {}), "security": [{one: []} for one in schemes]}


def actor() -> str:
    """The caller's name, for the audit trail."""
    who: Caller = g.caller
    return who.name


def within(lineage: Any, permission: Permission | None = None) -> None:
    """Raises Forbidden `not_permitted` when this lies outside the caller's branch, or needs a permission that is
    missing (None: the first that the view asks for)."""
    require(g.caller, permission or g.permission, lineage)
