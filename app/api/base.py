"""The blueprint class of the JSON API, with strict JSON bodies and paging."""

from collections.abc import Callable
from functools import cache, cached_property, partial
from typing import Any

import orjson
from flask import Flask, Response
from flask_smorest import Api as SmorestApi
from flask_smorest import Blueprint as SmorestBlueprint
from flask_smorest.pagination import PaginationParameters
from marshmallow import Schema, fields
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import UnsupportedMediaType
from werkzeug.routing import BaseConverter

from app.http.declarations import Audience, declared
from app.http.made_once import MadeOnce
from app.http.repeats import HEADER, MOST_KEY, REPLAYED
from campaigns.network.replies import KEPT
from kernel.errors import Invalid, fault
from kernel.paging import MOST_PAGE, Page
from kernel.strict_json import load_json

PREFIX = "/api/v1"

# Audience of a route -> the security schemes in the description.
_SCHEMES = {
    Audience.DONOR: ("donation",),
    Audience.MANAGER: ("manager",),
    Audience.DONOR_OR_READER: ("donation", "manager"),
}


class Problem(Schema):
    """A problem of RFC 9457, sent as application/problem+json. Figures that belong to the code are further
    members."""

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
    """flask-smorest with our own error handlers (`app/http/errors.py`). The description is built on first request,
    so that no command pays for it. Workers with an event loop build it at start-up (`app.worker`)."""

    ERROR_SCHEMA = Problem

    def __init__(self, app: Flask, begin: Callable[["Api"], None], **options: Any) -> None:
        """`begin` writes the part of the description that precedes the endpoints of blueprints."""
        self._undescribed: list[SmorestBlueprint] = []
        self._begin = begin
        super().__init__(app, **options)

    def _init_spec(self, **options: Any) -> None:
        """Defer the empty description as well, because it lists a response for each HTTP status."""
        self._init_later = partial(super()._init_spec, **options)

    def _register_error_handlers(self) -> None:
        """Register no handlers: `app/http/errors.py` handles every error of the application."""

    def register_blueprint(self, blp: SmorestBlueprint, **options: Any) -> None:
        """Register the routes of a blueprint. They are added to the description later."""
        self._app.extensions["flask-smorest"]["blp_name_to_api"][blp.name] = self
        self._app.register_blueprint(blp, **options)
        self._undescribed.append(blp)

    def describe(self) -> dict[str, Any]:
        """Return the OpenAPI description of all endpoints, built once."""
        if self.spec is None:
            self._init_later()
            self._begin(self)
        while self._undescribed:
            blueprint = self._undescribed.pop(0)
            blueprint.register_views_in_doc(self, self._app, self.spec, name=blueprint.name, parameters=None)
            self.spec.tag({"name": blueprint.name, "description": blueprint.description})
        return self._described

    @cached_property
    def _described(self) -> dict[str, Any]:
        description: dict[str, Any] = self.spec.to_dict()
        return description

    def as_json(self) -> bytes:
        """Return the description as JSON, built once."""
        return self._json.made().body

    @cached_property
    def _json(self) -> MadeOnce:
        return MadeOnce(lambda: orjson.dumps(self.describe()))  # indented it is twice as long

    def _openapi_json(self) -> Response:
        return self._json.response("application/json")


@cache
def _kept(schema: type[Schema]) -> Schema:
    """Return the single instance of a schema. Creating one copies all its fields, which would cost every
    request."""
    return schema()


class StrictParser(FlaskParser):
    """A parser that accepts JSON only, and only JSON that every reader understands alike. A missing body is an
    empty object."""

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


_KEY_PARAMETER = {
    "name": HEADER,
    "in": "header",
    "schema": {"type": "string", "maxLength": MOST_KEY},
    "description": "names this request: sent again with the same key and body it has no second effect and gets the"
    f" stored reply, marked `{REPLAYED}: true`; with another body it is refused (409 `idempotency_key_reused`)."
    f" Kept for {KEPT.days} days.",
}


def _describe_key(doc: dict[str, Any], info: dict[str, Any], *, method: str, **_: Any) -> dict[str, Any]:
    """Describe the header that makes a manager's change safe to repeat."""
    if info.get("repeatable") and method in ("post", "patch"):
        doc.setdefault("parameters", []).append(_KEY_PARAMETER)
    return doc


class Blueprint(SmorestBlueprint):
    ARGUMENTS_PARSER = StrictParser()
    DEFAULT_PAGINATION_PARAMETERS = {"page": 1, "page_size": 50, "max_page_size": 100}  # noqa: RUF012 - theirs

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._prepare_doc_cbks.append(_describe_key)

    def add_url_rule(self, rule: str, endpoint: str | None = None, view_func: Any = None, **options: Any) -> None:
        """Register a view and describe who may call it."""
        access = declared(view_func)
        if access and (schemes := _SCHEMES.get(access.audience)):
            document = getattr(view_func, "_apidoc", {})
            manual = {**document.get("manual_doc", {}), "security": [{scheme: []} for scheme in schemes]}
            repeatable = access.audience is Audience.MANAGER
            view_func._apidoc = {**document, "manual_doc": manual, "repeatable": repeatable}
        super().add_url_rule(rule, endpoint, view_func, **options)


class IdConverter(BaseConverter):
    """An id that the database assigned. A number that no such id can have matches no route."""

    regex = r"[1-9][0-9]{0,17}"

    def to_python(self, value: str) -> int:
        return int(value)


def make_blueprint(name: str, description: str) -> Blueprint:
    return Blueprint(name, name, url_prefix=PREFIX, description=description)


def page_of(parameters: PaginationParameters) -> Page:
    """Return the page that a request selects. Raises Invalid `parameters_invalid`."""
    if parameters.page > MOST_PAGE:
        raise Invalid("parameters_invalid", fields={"page": fault("out_of_range", least=1, most=MOST_PAGE)})
    return Page(parameters.page, parameters.page_size)
