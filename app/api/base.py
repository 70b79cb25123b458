"""The blueprint of the JSON API: strict bodies and paging."""

from functools import cache
from typing import Any

from flask_smorest import Api as SmorestApi
from flask_smorest import Blueprint as SmorestBlueprint
from flask_smorest.pagination import PaginationParameters
from marshmallow import Schema, fields
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import UnsupportedMediaType
from werkzeug.routing import BaseConverter

from app.http.access import Audience, declared
from kernel.paging import Page
from kernel.strict_json import load_json

PREFIX = "/api/v1"

# Who may call -> the security schemes of the description.
_SCHEMES = {
    Audience.DONOR: ("donation",),
    Audience.MANAGER: ("manager",),
    Audience.DONOR_OR_READER: ("donation", "manager"),
}


class Problem(Schema):
    """RFC 9457, as application/problem+json; figures that belong to the code come as further members."""

    type = fields.String()
    title = fields.String()
    status = fields.Integer()
    code = fields.String(metadata={"description": "stable; what a program should look at"})
    detail = fields.String()
    request_id = fields.String()
    errors = fields.Dict(fields.String(), fields.String(), metadata={"description": "dotted field -> reason"})
    faults = fields.Dict(
        fields.String(),
        fields.Dict(fields.String()),
        data_key="fields",
        metadata={"description": "dotted field -> stable `code` of the fault, and its figures"},
    )


class Api(SmorestApi):
    """flask-smorest with our own error handlers (`app/http/errors.py`)."""

    ERROR_SCHEMA = Problem

    def _register_error_handlers(self) -> None:
        """Register none: `app/http/errors.py` handles every error of the application."""


@cache
def _kept(schema: type[Schema]) -> Schema:
    """Return the one instance of a schema: making it anew copies all its fields, for each request."""
    return schema()


class StrictParser(FlaskParser):
    """Takes JSON only, and only JSON that every reader understands alike. No body at all is an empty object."""

    def _get_schema(self, argmap: Any, req: Any) -> Schema:
        if isinstance(argmap, type) and issubclass(argmap, Schema):
            return _kept(argmap)
        return super()._get_schema(argmap, req)

    def _raw_load_json(self, req: Any) -> Any:
        if not req.content_type and not req.get_data():
            return {}
        if not req.is_json:
            raise UnsupportedMediaType("the body must be application/json")
        return load_json(req.get_data())


class Blueprint(SmorestBlueprint):
    ARGUMENTS_PARSER = StrictParser()
    DEFAULT_PAGINATION_PARAMETERS = {"page": 1, "page_size": 50, "max_page_size": 100}  # noqa: RUF012 - theirs

    def add_url_rule(self, rule: str, endpoint: str | None = None, view_func: Any = None, **options: Any) -> None:
        """Register a view, and describe who may call it."""
        access = declared(view_func)
        if schemes := _SCHEMES.get(access.audience) if access else None:
            document = getattr(view_func, "_apidoc", {})
            manual = {**document.get("manual_doc", {}), "security": [{scheme: []} for scheme in schemes]}
            view_func._apidoc = {**document, "manual_doc": manual}
        super().add_url_rule(rule, endpoint, view_func, **options)


class IdConverter(BaseConverter):
    """A number that the database gave: what it cannot hold is no address of ours."""

    regex = r"[1-9][0-9]{0,17}"

    def to_python(self, value: str) -> int:
        return int(value)


def make_blueprint(name: str, description: str) -> Blueprint:
    return Blueprint(name, name, url_prefix=PREFIX, description=description)


def page_of(parameters: PaginationParameters) -> Page:
    """Return the page that a request asks for."""
    return Page(parameters.page, parameters.page_size)
