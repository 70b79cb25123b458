"""Problem documents (RFC 9457), the format of every error for programs."""

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any

from flask import Response, g, json

from app.http.request_id import request_id
from app.i18n.refusals.faults import program_text
from app.i18n.refusals.problems import problem_text
from kernel.errors import Fault

RETRY_S = 5  # seconds after which a client may retry an unavailable service


def problem(
    status: int,
    code: str,
    detail: str = "",
    fields: Mapping[str, Fault | str] | None = None,
    params: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return an application/problem+json response. `detail` (default: the code's English text) is for people.

    `params` become further members, but never replace a member that the standard or this API defines.
    """
    body = {name: plain(value) for name, value in (params or {}).items()}
    body |= {
        "type": f"urn:beishan:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail or problem_text(code, "en"),
        "request_id": request_id(),
    }
    if fields:
        body |= _fields(fields)
    g.code = code
    response = Response(json.dumps(body), status, headers, content_type="application/problem+json")
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    if status == 503:
        response.headers["Retry-After"] = str(RETRY_S)
    return response


def _fields(fields: Mapping[str, Fault | str]) -> dict[str, Any]:
    """Return `errors` (field -> English text) and `fields` (field -> code and parameters of its fault)."""
    faults = {name: fault for name, fault in fields.items() if isinstance(fault, Fault)}
    errors = {name: program_text(fault) if isinstance(fault, Fault) else fault for name, fault in fields.items()}
    return {"errors": errors} | ({"fields": coded_faults(faults)} if faults else {})


def coded_faults(faults: Mapping[str, Fault]) -> dict[str, Any]:
    """Return field -> code and parameters of its fault."""
    return {name: {"code": fault.code, **plain(fault.params)} for name, fault in faults.items()}


def plain(value: Any) -> Any:
    """Return a value as JSON represents it: times in ISO 8601 with offset, ids as text."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): plain(member) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [plain(element) for element in value]
    return value if isinstance(value, int | str | None) else str(value)
