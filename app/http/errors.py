"""Error handling: one table from refusals to HTTP statuses, and one handler per kind of error.

Programs get a problem document, people get a page.
"""

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
from app.http.request_id import MAKING, TOO_LATE
from app.http.security_events import notice_refusal
from app.i18n.refusals.refusals import refusal_text
from kernel.errors import Conflict, Forbidden, Invalid, NotFound, Refusal, Unavailable, fault
from kernel.outage import FULL, READ_ONLY, outage_of

STATUS: dict[str | type[Refusal], int] = {
    # codes whose status differs from that of their class
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

# Refusals of the web framework itself: status -> code.
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
PROGRAMS = ("/api/", "/webhooks/")  # callers of these addresses get problem documents, all others pages


def status_of(refusal: Refusal) -> int:
    """Return the HTTP status of a refusal, by its code or else by its class."""
    if refusal.code in STATUS:
        return STATUS[refusal.code]
    return next(STATUS[kind] for kind in type(refusal).__mro__ if kind in STATUS)


class ErrorPage(Protocol):
    """A renderer of errors as pages for people, in their language."""

    def __call__(self, status: int, code: str, error: Exception | str = "") -> Response: ...


def attach(app: Flask, error_page: ErrorPage) -> None:
    """Handle every error: with a problem document for programs, and with `error_page` for people."""
    app.extensions["error_page"] = error_page
    app.register_error_handler(Refusal, _refused)
    app.register_error_handler(HTTPException, _turned_away)
    app.register_error_handler(PoolTimeout, _database_failed)
    app.register_error_handler(DBAPIError, _database_failed)
    app.register_error_handler(DataError, _unstorable)
    app.before_request(_refuse_nul)
    app.before_request(_refuse_repeated_parameter)
    app.before_request(_refuse_late_page)
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
    """Handle refusals of the framework and of body validation; redirects pass through."""
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
    """Return the faults that marshmallow found by dotted path; a body that is not JSON at all is a 400."""
    if status == 400:
        return 400, "body_invalid", {}
    return 422, "validation_failed", dict(_dotted(messages))


def _dotted(messages: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    if isinstance(messages, Mapping):
        for key, value in messages.items():
            # webargs puts the location (json, query) first; `_schema` means the object itself.
            step = () if (not path and key in ("json", "query")) or key == "_schema" else (_printable(key),)
            yield from _dotted(value, (*path, *step))
    elif isinstance(messages, list | tuple):
        yield ".".join(path) or "body", " ".join(str(message) for message in messages)
    else:
        yield ".".join(path) or "body", str(messages)


def _printable(key: Any) -> str:
    """Return a submitted field name in a form that is safe to send back, because it may be arbitrary text."""
    return str(key).encode("utf-8", "replace").decode()[:100]


def _refuse_nul() -> None:
    """Refuse an address that contains a NUL: the database cannot store one, so it names nothing."""
    if "\x00" in request.path or b"%00" in request.query_string:
        raise BadRequest("the address holds a NUL character")


def _refuse_repeated_parameter() -> None:
    """Refuse a program's parameter that occurs twice: proxies, logs and we could read different values. No
    parameter is a list. Raises Invalid `parameters_invalid`."""
    if request.query_string and _for_programs():
        repeated = [name for name, values in request.args.lists() if len(values) > 1]
        if repeated:
            raise Invalid("parameters_invalid", fields={name: fault("given_twice") for name in repeated})


def _refuse_late_page() -> None:
    """Refuse a shared page whose first reader has waited long enough. Raises Unavailable `page_not_ready`."""
    if TOO_LATE in request.environ.get(MAKING, ()):
        raise Unavailable("page_not_ready")


def _database_failed(error: Exception) -> Response:
    """Handle a database error: an outage is reported as unavailable, a faulty statement as an internal error."""
    outage = outage_of(error)
    if outage is None:
        return _unexpected(error)
    if outage in (FULL, READ_ONLY):
        current_app.extensions["write_refused"] = outage, time.monotonic()  # reported by `/readyz`
    note_trouble("database")
    structlog.get_logger("errors").error(outage.code, error=type(error).__name__)
    return _refused(outage)


def _unstorable(error: DataError) -> Response:
    """Refuse a value that PostgreSQL cannot store. The last safeguard behind the schemas."""
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
    """Return what may be logged of a database error, whose text contains the statement's values: personal data."""
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
