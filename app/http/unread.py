"""Requests that the web server cannot read: their address is too long, their headers are too large, or they are no
HTTP. gunicorn refuses them before the application sees them, by default in HTML that quotes the request."""

from typing import Any

from flask import Flask
from gunicorn import util

from app.http.errors import HTTP_CODES
from app.http.problems import problem

_STATUSES = (400, 403, 414, 417, 431, 500, 501)  # all with which gunicorn refuses


def refuse_by_problems(app: Flask) -> None:
    """Let gunicorn refuse them with problem documents. All of its workers write refusals by one function."""
    with app.test_request_context():
        documents = {
            status: problem(status, HTTP_CODES.get(status, "http_error" if status < 500 else "internal_error"))
            for status in _STATUSES
        }
        bodies = {status: document.get_data() for status, document in documents.items()}

    def write(sock: Any, status: int, reason: str, _quoted: str) -> None:
        body = bodies.get(status, bodies[400])
        head = f"HTTP/1.1 {status} {reason}\r\nConnection: close\r\nContent-Type: application/problem+json\r\n"
        util.write_nonblock(sock, f"{head}Content-Length: {len(body)}\r\n\r\n".encode("latin-1") + body)

    util.write_error = write
