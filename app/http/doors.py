"""The outermost WSGI layer. It keeps the requests of one address from monopolising the worker, and does not wait
for bodies that do not arrive. See docs/adr/0024-strangers.md."""

import json
import re
import secrets
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from functools import cached_property, partial
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

from flask import Flask
from werkzeug.exceptions import BadRequest, HTTPException, RequestTimeout
from werkzeug.wsgi import ClosingIterator

from app.current import settings
from app.http.network import network_of, tells_visitors_apart
from app.http.request_id import BUILT, KEPT, SHARED_PAGE, accepted_id
from app.i18n.locale import LANGUAGES
from app.i18n.refusals.problems import problem_text
from app.i18n.refusals.refusals import code_text

Start = Callable[..., Any]

BURST_S = 0.5  # an address may use the allowance of this many seconds at once; further requests wait
MOST_DELAY_S = 2.0  # a request that would wait longer is refused
LIGHT, LOOK, ACT = 0.25, 1.0, 5.0  # cost in requests: a cached page, any other read, a change or an expensive read
LARGE = 2.0  # the API description as a page: built once, but long
FORGED = 20.0  # a refused webhook; accepted ones cost nothing
PAUSE_S = 1.0  # average pause before a refusal; slows down senders that wait for responses
MOST_PAUSING = 800  # paused connections; beyond this, refusals are sent at once
MOST_KNOWN = 10_000  # addresses; beyond this, idle ones are forgotten
BODY_S = 20.0  # time for a body to arrive, plus a second for each `BYTES_A_SECOND`
BYTES_A_SECOND = 20_000
STEP, SMALL_STEP = 1 << 16, 1 << 10  # bytes read at once; the second of bodies in chunks, which may be tiny
REST_BYTES, REST_S = 1 << 24, 5.0  # read after the response, so that its sender comes to read that
# Charged after a response that was taken for a page from memory, which invented addresses are not.
_BEYOND_LIGHT = {KEPT: 0.0, BUILT: ACT - LIGHT, "": LOOK - LIGHT}
_FREE = ("/static/", "/healthz")
_CACHED = ("/c/", "/public/", "/api/v1/campaigns")
_LIVE = "/live"
_DOCS = "/api/docs"
_DEAR = ("/metrics", "/api/openapi.json")  # the second is half a megabyte
_SIGNED = "/webhooks/"
_SEARCH = re.compile(r"(?:^|&)q=[^&]")  # each search is done anew
# What people see of a refusal. A template would cost more than the request that was refused.
_PAGE = """<!doctype html>
<html lang="zh-CN">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>%(zh)s</title>
<link rel="stylesheet" href="/static/tokens.css">
<link rel="stylesheet" href="/static/site.css">
<main class="wrap"><article class="card lead error"><h1>%(zh)s</h1><p lang="en">%(en)s</p></article></main>
</html>
"""


class Allowances:
    """Request allowances per address: `per_s` requests per second, and `BURST_S` seconds' worth at once (the
    generic cell rate algorithm of ITU-T I.371)."""

    def __init__(self, per_s: int) -> None:
        self._per_s = per_s
        self._turns: dict[str, float] = {}  # network -> the time (monotonic) until which it has used its allowance

    def delay_s(self, network: str, cost: float, now: float) -> float | None:
        """Take a turn for a request and return how long it must wait; None, without a turn, if that is too long."""
        turn = max(self._turns.get(network, 0.0), now - BURST_S) + cost / self._per_s
        if turn - now > MOST_DELAY_S:
            return None
        if len(self._turns) >= MOST_KNOWN:
            self._turns = {known: at for known, at in self._turns.items() if at > now - BURST_S}
        self._turns[network] = turn
        return max(turn - now, 0.0)

    def charge(self, network: str, cost: float, now: float) -> None:
        """Charge an address an additional cost, even beyond its allowance."""
        turn = max(self._turns.get(network, 0.0), now - BURST_S) + cost / self._per_s
        self._turns[network] = min(turn, now + 2 * MOST_DELAY_S)


class Doors:
    """A WSGI application that wraps the application. ADDRESS_REQUESTS_PER_S 0 turns the allowances off."""

    def __init__(self, app: Flask, inner: Any) -> None:
        config = settings(app)
        self._app = app
        self._inner = inner
        self._proxies = config.trusted_proxies
        self._allowances = Allowances(config.address_requests_per_s) if config.address_requests_per_s else None
        self._streams: Any = app.extensions["live_streams"]
        self._pausing = 0

    def __call__(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        if environ.get("CONTENT_LENGTH", "") in ("", "0") and "HTTP_TRANSFER_ENCODING" not in environ:
            return self._let_in(environ, start)
        body = environ["wsgi.input"] = TimedBody(environ)
        # Without a rest of the body the server keeps the connection; it would read any rest without end or pause.
        return ClosingIterator(self._let_in(environ, start), partial(_end, body, start))

    def _let_in(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if self._allowances is None or path.startswith(_FREE):
            return self._inner(environ, start)  # type: ignore[no-any-return]
        network = network_of(client_address(environ, self._proxies))
        if not tells_visitors_apart(network):
            return self._inner(environ, start)  # type: ignore[no-any-return]
        signed = path.startswith(_SIGNED)
        cost = 0.0 if signed else _cost(environ)
        delay_s = self._allowances.delay_s(network, cost, time.monotonic())
        if delay_s is None:
            return self._refuse(environ, start, "rate_limited")
        if path.endswith(_LIVE) and self._streams.full(network):
            return self._refuse(environ, start, "too_many_streams", most=self._streams.of_address)
        if delay_s and not signed:
            time.sleep(delay_s)
        response: Iterable[bytes] = self._inner(environ, self._watching(start, network) if signed else start)
        if cost == LIGHT and (more := _BEYOND_LIGHT[environ.get(SHARED_PAGE, "")]):
            self._allowances.charge(network, more, time.monotonic())
        return response

    def _watching(self, start: Start, network: str) -> Start:
        """Return a `start` that charges the address if the webhook is refused."""
        assert self._allowances is not None
        allowances = self._allowances

        def counting(status: str, *rest: Any) -> Any:
            if status.startswith("4"):
                allowances.charge(network, FORGED, time.monotonic())
            return start(status, *rest)

        return counting

    @cached_property
    def _texts(self) -> dict[str, dict[str, str]]:
        """The texts of refusals by code and language; looked up once, because refusals can come in thousands."""
        most = self._streams.of_address
        with self._app.app_context():
            return {
                "rate_limited": {language: problem_text("rate_limited", language) for language in LANGUAGES},
                "too_many_streams": {
                    language: code_text("too_many_streams", language, most=most) for language in LANGUAGES
                },
            }

    def _refuse(self, environ: dict[str, Any], start: Start, code: str, **params: int) -> Iterable[bytes]:
        """Respond with 429, after a pause that costs the sender more than us."""
        if self._pausing < MOST_PAUSING:
            self._pausing += 1
            try:
                # Spread out simultaneous refusals, so that other requests get their turn in between.
                time.sleep(PAUSE_S * (0.5 + secrets.randbelow(1000) / 1000))
            finally:
                self._pausing -= 1
        self._app.extensions["count_request"]("any", "doors", 429, PAUSE_S)
        request_id = accepted_id(environ.get("HTTP_X_REQUEST_ID", ""))
        kind, body = _refusal(environ["PATH_INFO"], code, self._texts[code], params, request_id)
        headers = [
            ("Content-Type", kind),
            ("Content-Length", str(len(body))),
            ("Retry-After", "5"),
            ("Cache-Control", "no-store"),
            ("Content-Security-Policy", "default-src 'none'; style-src 'self'"),
            ("X-Request-ID", request_id),
        ]
        start("429 TOO MANY REQUESTS", headers)
        return [body]


def _cost(environ: dict[str, Any]) -> float:
    path: str = environ["PATH_INFO"]
    if environ["REQUEST_METHOD"] not in ("GET", "HEAD") or path in _DEAR or _searches(environ):
        return ACT
    if path == _DOCS:
        return LARGE
    return LIGHT if path == "/" or (path.startswith(_CACHED) and not path.endswith(_LIVE)) else LOOK


def _searches(environ: dict[str, Any]) -> bool:
    query = environ.get("QUERY_STRING", "")
    return bool(query) and _SEARCH.search(unquote(query)) is not None


def client_address(environ: dict[str, Any], proxies: int) -> str:
    """Return the client address as seen by the outermost of our own proxies, like `ProxyFix`."""
    forwarded = [address.strip() for address in environ.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    if proxies and len(forwarded) >= proxies and forwarded[-proxies]:
        return str(forwarded[-proxies])
    return str(environ.get("REMOTE_ADDR", ""))


def _refusal(
    path: str, code: str, texts: dict[str, str], params: dict[str, int], request_id: str
) -> tuple[str, bytes]:
    if not path.startswith(("/api/", _SIGNED)):
        return "text/html; charset=utf-8", (_PAGE % texts).encode()
    problem = {
        **params,
        "type": f"urn:beishan:problem:{code}",
        "title": HTTPStatus.TOO_MANY_REQUESTS.phrase,
        "status": 429,
        "code": code,
        "detail": texts["en"],
        "request_id": request_id,
    }
    return "application/problem+json", json.dumps(problem).encode()


class TimedBody:
    """A request body that must arrive completely in time. Raises RequestTimeout (408) and, for one that is not sent
    as HTTP wants it, BadRequest (400)."""

    def __init__(self, environ: dict[str, Any]) -> None:
        self._body = environ["wsgi.input"]
        length = environ.get("CONTENT_LENGTH") or "0"
        bytes_ = int(length) if length.isascii() and length.isdigit() else 0
        self._until = time.monotonic() + BODY_S + bytes_ / BYTES_A_SECOND
        self._step = SMALL_STEP if "HTTP_TRANSFER_ENCODING" in environ else STEP

    def read(self, size: int = -1) -> bytes:
        parts: list[bytes] = []
        wanted = size if size >= 0 else sys.maxsize
        while wanted > 0 and (part := self._timed(self._body.read, min(wanted, self._step))):
            parts.append(part)
            wanted -= len(part)
            if len(part) == self._step:
                time.sleep(0)  # a sender who is never slower than we are lets no other request have a turn
        return b"".join(parts)

    def readline(self, *size: int) -> bytes:
        return self._timed(self._body.readline, *size)

    def is_read(self, most_bytes: int, most_s: float) -> bool:
        """Discard what is left, up to a limit, and return whether that was all."""
        self._until = min(self._until, time.monotonic() + most_s)
        try:
            for _ in range(0, most_bytes, self._step):
                if not self.read(self._step):
                    return True
        except (HTTPException, OSError):
            pass
        return False

    def _timed(self, read: Callable[..., bytes], *size: int) -> bytes:
        left_s = self._until - time.monotonic()
        if left_s <= 0:  # the limit below ends only what waits
            raise RequestTimeout()
        with _limit(left_s):
            try:
                return read(*size)
            except _malformed() as error:
                raise BadRequest() from error

    def __getattr__(self, name: str) -> Any:
        return getattr(self._body, name)


def _end(body: TimedBody, start: Start) -> None:
    """Close the connection after the response if its request has not been read to the end."""
    close = getattr(getattr(start, "__self__", None), "force_close", None)  # of gunicorn's response
    if close is not None and not body.is_read(REST_BYTES, REST_S):
        close()


def _malformed() -> tuple[type[Exception], ...]:
    """Return what the server raises for a body that is not sent as HTTP wants it."""
    errors = sys.modules.get("gunicorn.http.errors")
    return (errors.ParseException,) if errors else ()


def _limit(seconds: float) -> Any:
    """Return a context that limits this greenlet's wait. Without gevent the server has its own time-outs."""
    monkey = sys.modules.get("gevent.monkey")
    if not (monkey and monkey.is_module_patched("socket")):
        return nullcontext()
    return sys.modules["gevent"].Timeout(seconds, RequestTimeout())


def put_in_front(app: Flask) -> None:
    """Put the doors in front of a complete application, shared pages included."""
    app.wsgi_app = Doors(app, app.wsgi_app)  # type: ignore[method-assign, assignment]
