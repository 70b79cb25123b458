"""One table: what the engine refuses, and how HTTP says it (RFC 9457 problem details for programs)."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any, Protocol

import structlog
from flask import Flask, Response, current_app, g, json, request
from sqlalchemy.exc import DataError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import BadRequest, HTTPException

from app.i18n.faults import program_text
from app.i18n.refusals import refusal_text
from app.observability.logs import request_id
from kernel.errors import Conflict, Fault, Forbidden, Invalid, NotFound, Refusal, Unavailable

STATUS: dict[str | type[Refusal], int] = {
    # codes that do not follow their class
    "body_invalid": 400,
    "parameters_invalid": 422,
    "sign_in_failed": 401,
    "token_missing": 401,
    "token_invalid": 401,
    "signature_missing": 401,
    "signature_invalid": 401,
    "timestamp_out_of_tolerance": 401,
    "rate_limited": 429,
    # classes
    NotFound: 404,
    Conflict: 409,
    Invalid: 422,
    Forbidden: 403,
    Unavailable: 503,
    Refusal: 400,
}

# What the web framework itself refuses.
HTTP_CODES = {
    400: "request_invalid",
    401: "token_missing",
    403: "not_permitted",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    413: "body_too_large",
    414: "address_too_long",
    415: "media_type_unsupported",
    422: "validation_failed",
    429: "rate_limited",
    431: "headers_too_large",
}
RETRY_S = "5"
MACHINES = ("/api/", "/webhooks/")


def status_of(refusal: Refusal) -> int:
    """The HTTP status of a refusal: by its code, else by its class."""
    if isinstance(refusal, Invalid) and refusal.code == "token_invalid":
        return 422  # the making of an API token was refused, not its use
    if refusal.code in STATUS:
        return STATUS[refusal.code]
    return next(STATUS[kind] for kind in type(refusal).__mro__ if kind in STATUS)


class ErrorPage(Protocol):
    """Renders an error as a page for people, in their language."""

    def __call__(self, status: int, code: str, error: Exception | str = "") -> Response: ...


def attach(app: Flask, error_page: ErrorPage) -> None:
    """Answer every error, as a problem to programs and by `error_page` to people."""
    app.extensions["error_page"] = error_page
    app.register_error_handler(Refusal, _refused)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(OperationalError, _database_down)
    app.register_error_handler(InterfaceError, _database_down)
    app.register_error_handler(PoolTimeout, _database_down)
    app.register_error_handler(DataError, _unstorable)
    app.before_request(_no_nul)
    app.register_error_handler(Exception, _unexpected)


def problem(
    status: int,
    code: str,
    detail: str = "",
    fields: Mapping[str, Fault | str] | None = None,
    params: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """An application/problem+json answer; params become further members, but never replace one of ours."""
    body = {name: plain(value) for name, value in (params or {}).items()}
    body |= {
        "type": f"urn:beishan:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail or code,
        "request_id": request_id(),
    }
    if fields:
        faults = {name: refused for name, refused in fields.items() if isinstance(refused, Fault)}
        body["errors"] = {
            name: program_text(refused) if isinstance(refused, Fault) else refused
            for name, refused in fields.items()
        }
        if faults:
            body["fields"] = {name: {"code": fault.code, **plain(fault.params)} for name, fault in faults.items()}
    g.code = code
    answer = Response(json.dumps(body), status, headers, content_type="application/problem+json")
    if status == 401:
        answer.headers["WWW-Authenticate"] = "Bearer"
    if status == 503:
        answer.headers["Retry-After"] = RETRY_S
    return answer


def plain(value: Any) -> Any:
    """Parameters as JSON: times in ISO 8601 with offset, ids as text."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return value if isinstance(value, int | str | None) else str(value)


def answer_refusal(refusal: Refusal) -> Response:
    """A refusal as a problem, whatever the page (webhooks and the API call this directly)."""
    fields = {name: fault for name, fault in refusal.fields.items() if name} or None
    return problem(status_of(refusal), refusal.code, refusal_text(refusal, "en"), fields, refusal.params)


def _refused(refusal: Refusal) -> Any:
    if _for_machines():
        return answer_refusal(refusal)
    g.code = refusal.code
    return _page(status_of(refusal), refusal.code, refusal)


def _http(error: HTTPException) -> Any:
    status = error.code or 500
    if error.response is not None or status < 400:
        return error
    code = HTTP_CODES.get(status, "http_error" if status < 500 else "internal_error")
    fields: dict[str, str] = {}
    messages = (getattr(error, "data", None) or {}).get("messages")
    if messages:
        status, code, fields = _validation(status, messages)
    headers = {name: value for name, value in error.get_headers() if name.lower() in ("allow", "retry-after")}
    if _for_machines():
        detail = "the request does not fit the description" if fields else (error.description or "")
        return problem(status, code, detail, fields, headers=headers)
    g.code = code
    return _page(status, code, error)


def _validation(status: int, messages: Any) -> tuple[int, str, dict[str, str]]:
    """What marshmallow found, with dotted names; a body that is no JSON at all is a 400."""
    if status == 400:
        return 400, "body_invalid", {}
    return 422, "validation_failed", dict(_dotted(messages))


def _dotted(messages: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    if isinstance(messages, Mapping):
        for key, value in messages.items():
            # webargs puts the place (json, query) first; `_schema` means the object itself.
            step = () if (not path and key in ("json", "query")) or key == "_schema" else (_shown(key),)
            yield from _dotted(value, (*path, *step))
    elif isinstance(messages, list | tuple):
        yield ".".join(path) or "body", " ".join(str(one) for one in messages)
    else:
        yield ".".join(path) or "body", str(messages)


def _shown(key: Any) -> str:
    """A field's name as it came, made safe to send back: the name itself may be nonsense."""
    return str(key).encode("utf-8", "replace").decode()[:100]


def _database_down(error: Exception) -> Any:
    structlog.get_logger("errors").error("database_unavailable", error=type(error).__name__)
    g.code = "database_unavailable"
    if _for_machines():
        return problem(503, "database_unavailable", "the database does not answer; try again")
    return _page(503, "database_unavailable", error)


def _no_nul() -> None:
    """An address with a NUL in it names nothing that the database could hold."""
    if "\x00" in request.path or b"%00" in request.query_string:
        raise BadRequest("the address holds a NUL character")


def _unstorable(error: DataError) -> Any:
    """The last net under the schemas: a value that PostgreSQL cannot hold came from outside."""
    structlog.get_logger("errors").warning(
        "value_invalid", error=type(error.orig).__name__, statement=(error.statement or "")[:300]
    )
    return _refused(Invalid("value_invalid"))


def _unexpected(error: Exception) -> Any:
    # A database error's text holds the statement's values, so people: only its kind is logged.
    if isinstance(error, DBAPIError):
        structlog.get_logger("errors").error(
            "internal_error", error=type(error.orig).__name__, statement=(error.statement or "")[:300]
        )
    else:
        structlog.get_logger("errors").error("internal_error", exc_info=error)
    g.code = "internal_error"
    if _for_machines():
        return problem(500, "internal_error", "this is our fault; it is logged under the request's id")
    return _page(500, "internal_error", error)


def _for_machines() -> bool:
    return request.path.startswith(MACHINES)


def _page(status: int, code: str, error: Exception) -> Any:
    """An HTML page in the reader's language."""
    render: ErrorPage = current_app.extensions["error_page"]
    return render(status, code, error)
