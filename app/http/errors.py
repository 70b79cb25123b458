"""Every error of the application: one table from a refusal to its HTTP status, and one handler for each kind.

Programs get a problem document, people a page."""

import time
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

import structlog
from flask import Flask, Response, current_app, g, request
from sqlalchemy.exc import DataError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import BadRequest, HTTPException

from app.http.problems import problem
from app.http.reduced import note_trouble
from app.http.security_events import notice_refusal
from app.i18n.refusals.refusals import refusal_text
from kernel.errors import Conflict, Forbidden, Invalid, NotFound, Refusal, Unavailable
from kernel.outage import FULL, READ_ONLY, outage_of

STATUS: dict[str | type[Refusal], int] = {
    # codes that do not follow their class
    "body_invalid": 400,
    "idempotency_key_invalid": 400,
    "parameters_invalid": 422,
    "sign_in_failed": 401,
    "token_missing": 401,
    "token_invalid": 401,
    "signature_missing": 401,
    "signature_invalid": 401,
    "timestamp_out_of_tolerance": 401,
    "rate_limited": 429,
    "too_many_streams": 429,
    "too_many_reads": 429,
    "file_too_large": 413,
    # classes
    NotFound: 404,
    Conflict: 409,
    Invalid: 422,
    Forbidden: 403,
    Unavailable: 503,
    Refusal: 400,
}

# What the web framework itself refuses: status -> code.
HTTP_CODES = {
    400: "request_invalid",
    401: "token_missing",
    403: "not_permitted",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    408: "body_too_slow",
    413: "body_too_large",
    414: "address_too_long",
    415: "media_type_unsupported",
    422: "validation_failed",
    429: "rate_limited",
    431: "headers_too_large",
}
PROGRAMS = ("/api/", "/webhooks/")  # who calls these addresses gets problem documents, everybody else pages


def status_of(refusal: Refusal) -> int:
    """Return the HTTP status of a refusal: by its code, else by its class."""
    if isinstance(refusal, Invalid) and refusal.code == "token_invalid":
        return 422  # the making of an API token was refused, not its use
    if refusal.code in STATUS:
        return STATUS[refusal.code]
    return next(STATUS[kind] for kind in type(refusal).__mro__ if kind in STATUS)


class ErrorPage(Protocol):
    """Renders an error as a page for people, in their language."""

    def __call__(self, status: int, code: str, error: Exception | str = "") -> Response: ...


def attach(app: Flask, error_page: ErrorPage) -> None:
    """Handle every error, with a problem document for programs and by `error_page` for people."""
    app.extensions["error_page"] = error_page
    app.register_error_handler(Refusal, _refused)
    app.register_error_handler(HTTPException, _turned_away)
    app.register_error_handler(PoolTimeout, _database_failed)
    app.register_error_handler(DBAPIError, _database_failed)
    app.register_error_handler(DataError, _unstorable)
    app.before_request(_refuse_nul)
    app.register_error_handler(Exception, _unexpected)


def refusal_response(refusal: Refusal) -> Response:
    """Return a refusal as a problem document."""
    fields = {name: reason for name, reason in refusal.fields.items() if name} or None
    return problem(status_of(refusal), refusal.code, refusal_text(refusal, "en"), fields, refusal.params)


def _refused(refusal: Refusal) -> Response:
    notice_refusal(refusal)
    if _for_programs():
        return refusal_response(refusal)
    return _page(status_of(refusal), refusal.code, refusal)


def _turned_away(error: HTTPException) -> Response | HTTPException:
    """What the framework or the checks of a body refuse; redirects pass."""
    status = error.code or 500
    if error.response is not None or status < 400:
        return error
    code = HTTP_CODES.get(status, "http_error" if status < 500 else "internal_error")
    if not _for_programs():
        return _page(status, code, error)
    fields: dict[str, str] = {}
    if messages := (getattr(error, "data", None) or {}).get("messages"):
        status, code, fields = _validation(status, messages)
    headers = {name: value for name, value in error.get_headers() if name.lower() in ("allow", "retry-after")}
    return problem(status, code, fields=fields, headers=headers)


def _validation(status: int, messages: Any) -> tuple[int, str, dict[str, str]]:
    """Name what marshmallow refused by dotted paths; a body that is no JSON at all is a 400."""
    if status == 400:
        return 400, "body_invalid", {}
    return 422, "validation_failed", dict(_dotted(messages))


def _dotted(messages: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    if isinstance(messages, Mapping):
        for key, value in messages.items():
            # webargs puts the place (json, query) first; `_schema` means the object itself.
            step = () if (not path and key in ("json", "query")) or key == "_schema" else (_printable(key),)
            yield from _dotted(value, (*path, *step))
    elif isinstance(messages, list | tuple):
        yield ".".join(path) or "body", " ".join(str(message) for message in messages)
    else:
        yield ".".join(path) or "body", str(messages)


def _printable(key: Any) -> str:
    """Return a field's name as it came, made safe to send back: the name itself may be nonsense."""
    return str(key).encode("utf-8", "replace").decode()[:100]


def _refuse_nul() -> None:
    """An address with a NUL in it names nothing that the database could hold."""
    if "\x00" in request.path or b"%00" in request.query_string:
        raise BadRequest("the address holds a NUL character")


def _database_failed(error: Exception) -> Response:
    """The database cannot serve now, which has nothing to do with the request; or the statement is at fault."""
    outage = outage_of(error)
    if outage is None:
        return _unexpected(error)
    if outage in (FULL, READ_ONLY):
        current_app.extensions["write_refused"] = outage, time.monotonic()  # `/readyz` says so
    note_trouble("database")
    structlog.get_logger("errors").error(outage.code, error=type(error).__name__)
    return _refused(outage)


def _unstorable(error: DataError) -> Response:
    """The last net under the schemas: a value that PostgreSQL cannot hold came from outside."""
    structlog.get_logger("errors").warning("value_invalid", **_statement(error))
    return _refused(Invalid("value_invalid"))


def _unexpected(error: Exception) -> Response:
    log = structlog.get_logger("errors")
    if isinstance(error, DBAPIError):
        log.error("internal_error", **_statement(error))
    else:
        log.error("internal_error", exc_info=error)
    return _respond(500, "internal_error", error)


def _statement(error: DBAPIError) -> dict[str, str]:
    """Return what may be logged of a database error: its text holds the statement's values, so people."""
    return {"error": type(error.orig).__name__, "statement": (error.statement or "")[:300]}


def _respond(status: int, code: str, error: Exception) -> Response:
    return problem(status, code) if _for_programs() else _page(status, code, error)


def _for_programs() -> bool:
    return request.path.startswith(PROGRAMS)


def _page(status: int, code: str, error: Exception) -> Response:
    """Return an HTML page in the reader's language."""
    g.code = code
    render: ErrorPage = current_app.extensions["error_page"]
    return render(status, code, error)
