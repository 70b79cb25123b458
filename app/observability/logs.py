"""Logs: one JSON object per line on stderr, with the request's id, without personal data or secrets."""

import logging
import re
import sys
import time
from collections.abc import Mapping, MutableMapping
from typing import Any
from uuid import uuid4

import structlog
from flask import Flask, Response, g, request

from app.http.request_id import request_id

_WELL_FORMED = re.compile(r"[A-Za-z0-9._:-]{1,64}")
# Fields that may hold a person or a secret, whoever logs them.
_SECRET = re.compile(r"token|secret|password|authorization|cookie|e-?mail|phone|donor_name|signature", re.I)
_QUIET = ("/healthz", "/readyz", "/metrics", "/static/")


def configure(level: str) -> None:
    """Set up structlog and the standard library's logging."""
    number = logging.getLevelNamesMapping().get(level, logging.INFO)
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


def _to_stderr(*_: Any) -> Any:
    return structlog.PrintLogger(sys.stderr)


def mask(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Hide the values of fields that may hold a person or a secret."""
    return {key: "***" if _SECRET.search(key) and value else value for key, value in event.items()}


def attach(app: Flask) -> None:
    """Give each request an id (the caller's own if it is well-formed), and log one line at its end."""

    @app.before_request
    def begin() -> None:
        offered = request.headers.get("X-Request-ID", "")
        g.request_id = offered if _WELL_FORMED.fullmatch(offered) else uuid4().hex
        g.began = time.monotonic()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=g.request_id)

    @app.after_request
    def end(response: Response) -> Response:
        response.headers["X-Request-ID"] = request_id()
        if not request.path.startswith(_QUIET):
            # The endpoint's rule, never the address as it came: addresses carry tokens.
            structlog.get_logger("request").info(
                "request",
                method=request.method,
                rule=str(request.url_rule) if request.url_rule else None,
                endpoint=request.endpoint,
                status=response.status_code,
                code=g.get("code"),
                ms=round((time.monotonic() - g.get("began", time.monotonic())) * 1000, 1),
            )
        return response
