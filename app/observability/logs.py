"""Logs: one JSON object per line on stderr, with the request id, without personal data or secrets."""

import json
import logging
import re
import sys
import time
from collections.abc import Mapping, MutableMapping
from datetime import UTC, datetime
from typing import Any

import structlog
from flask import Flask, Response, g, request

from app.http.request_id import MAKING, accepted_id, request_id
from app.observability import lines

# Fields that may contain personal data or a secret, whichever code logs them.
_SECRET = re.compile(r"token|secret|password|authorization|cookie|e-?mail|phone|donor_name|signature", re.I)
_logs_requests = True
_QUIET = ("/healthz", "/readyz", "/metrics", "/static/")


def configure(level: str) -> None:
    """Set up structlog and the standard library's logging."""
    global _logs_requests
    number = logging.getLevelNamesMapping().get(level, logging.INFO)
    _logs_requests = number <= logging.INFO
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            mask,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=_to_stderr,
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(message)s")
    logging.raiseExceptions = False  # do not report a line that cannot be written by writing more


class _Lines:
    """A structlog logger that writes a line at every level."""

    def msg(self, line: str) -> None:
        lines.write(line)

    debug = info = warning = error = critical = fatal = msg


def _to_stderr(*_: Any) -> Any:
    return _Lines()


def mask(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Mask the values of fields that may contain personal data or a secret."""
    return {key: "***" if _SECRET.search(key) and value else value for key, value in event.items()}


def attach(app: Flask) -> None:
    """Give each request an id (the caller's own if it is well-formed), and log one line at its end."""

    @app.before_request
    def begin() -> None:
        g.request_id = accepted_id(request.environ.get("HTTP_X_REQUEST_ID", ""))
        g.began = time.monotonic()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=g.request_id)

    @app.after_request
    def end(response: Response) -> Response:
        response.headers["X-Request-ID"] = request_id()
        if not request.path.startswith(_QUIET) and MAKING not in request.environ:
            rule = request.url_rule.rule if request.url_rule else None
            seconds = time.monotonic() - g.get("began", time.monotonic())
            log_request(
                request.method,
                rule,
                request.endpoint,
                response.status_code,
                g.get("code"),
                seconds,
                request_id(),
                g.get("partner"),
            )
        return response


def log_request(
    method: str,
    rule: str | None,
    endpoint: str | None,
    status: int,
    code: str | None,
    seconds: float,
    request_id: str,
    partner: str | None = None,
) -> None:
    """Log the end of a request. `rule` is the route's pattern, never the address, because addresses contain tokens.
    `partner` is the registered platform that called, or whose name the caller used.

    The line has the same form as all others. It bypasses structlog's processors, which take longer than the rest of
    a short request.
    """
    if not _logs_requests:
        return
    line = {
        "method": method,
        "rule": rule,
        "endpoint": endpoint,
        "status": status,
        "code": code,
        "ms": round(seconds * 1000, 1),
        **({"partner": partner} if partner else {}),
        "event": "request",
        "request_id": request_id,
        "level": "info",
        "timestamp": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
    }
    lines.write(json.dumps(line, ensure_ascii=False))
