"""The layer in front of everything: what one address sends does not keep the worker from all others, and a body
that does not arrive is not waited for. See docs/adr/0024-strangers.md."""

import json
import secrets
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from functools import cached_property
from http import HTTPStatus
from typing import Any

from flask import Flask
from werkzeug.exceptions import RequestTimeout

from app.current import settings
from app.http.network import network_of, tells_visitors_apart
from app.http.request_id import accepted_id
from app.i18n.locale import LANGUAGES
from app.i18n.refusals.problems import problem_text
from app.i18n.refusals.refusals import code_text

Start = Callable[..., Any]

BURST_S = 0.5  # an address may send what it may in so many seconds at once; what is beyond waits for its turn
MOST_DELAY_S = 2.0  # for its turn; what would wait longer is refused
LIGHT, LOOK, ACT = 0.25, 1.0, 5.0  # requests: a page that is kept in memory, another one, a change or what is dear
LARGE = 2.0  # the description of the API as a page: made once, but it is long
FORGED = 20.0  # a webhook that was refused; the good ones cost nothing
PAUSE_S = 1.0  # before a refusal, on average: who does not wait for answers gets few
MOST_PAUSING = 800  # connections that wait for their refusal; beyond, it comes at once
MOST_KNOWN = 10_000  # addresses, before those are forgotten that have nothing to wait for
BODY_S = 20.0  # for a body to arrive, and a second more for each `BYTES_A_SECOND`
BYTES_A_SECOND = 20_000
_FREE = ("/static/", "/healthz")
_KEPT = ("/c/", "/public/", "/api/v1/campaigns")
_LIVE = "/live"
_DOCS = "/api/docs"
_DEAR = ("/metrics", "/api/openapi.json")  # the second is a megabyte
_SIGNED = "/webhooks/"


class Allowances:
    """When each address has its next turn: `per_s` requests in a second, and `BURST_S` seconds of them at once (the
    generic cell rate algorithm of ITU-T I.371)."""

    def __init__(self, per_s: int) -> None:
        self._per_s = per_s
        self._turns: dict[str, float] = {}  # network -> the time (monotonic) until which it has used its allowance

    def delay_s(self, network: str, cost: float, now: float) -> float | None:
        """Return for how long a request of an address waits for its turn, and take it; None when it is too far."""
        turn = max(self._turns.get(network, 0.0), now - BURST_S) + cost / self._per_s
        if turn - now > MOST_DELAY_S:
            return None
        if len(self._turns) >= MOST_KNOWN:
            self._turns = {known: at for known, at in self._turns.items() if at > now - BURST_S}
        self._turns[network] = turn
        return max(turn - now, 0.0)

    def charge(self, network: str, cost: float, now: float) -> None:
        """Take more of an address, whatever it has left."""
        turn = max(self._turns.get(network, 0.0), now - BURST_S) + cost / self._per_s
        self._turns[network] = min(turn, now + 2 * MOST_DELAY_S)


class Doors:
    """A WSGI application around the application. `per_s` 0: no allowances."""

    def __init__(self, app: Flask, inner: Any) -> None:
        config = settings(app)
        self._app = app
        self._inner = inner
        self._proxies = config.trusted_proxies
        self._allowances = Allowances(config.address_requests_per_s) if config.address_requests_per_s else None
        self._streams: Any = app.extensions["live_streams"]
        self._pausing = 0

    def __call__(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            environ["wsgi.input"] = _TimedBody(environ["wsgi.input"], environ.get("CONTENT_LENGTH") or "0")
        path = environ["PATH_INFO"]
        if self._allowances is None or path.startswith(_FREE):
            return self._inner(environ, start)  # type: ignore[no-any-return]
        network = network_of(client_address(environ, self._proxies))
        if not tells_visitors_apart(network):
            return self._inner(environ, start)  # type: ignore[no-any-return]
        signed = path.startswith(_SIGNED)
        delay_s = self._allowances.delay_s(network, 0.0 if signed else _cost(environ), time.monotonic())
        if delay_s is None:
            return self._refuse(environ, start, "rate_limited")
        if path.endswith(_LIVE) and self._streams.full(network):
            return self._refuse(environ, start, "too_many_streams", most=self._streams.of_address)
        if delay_s and not signed:
            time.sleep(delay_s)
        return self._inner(environ, self._watching(start, network) if signed else start)  # type: ignore[no-any-return]

    def _watching(self, start: Start, network: str) -> Start:
        """Return a `start` that counts a webhook that was refused."""
        assert self._allowances is not None
        allowances = self._allowances

        def counting(status: str, *rest: Any) -> Any:
            if status.startswith("4"):
                allowances.charge(network, FORGED, time.monotonic())
            return start(status, *rest)

        return counting

    @cached_property
    def _texts(self) -> dict[str, dict[str, str]]:
        """What refusals say, by code and language; looked up once, as refusals come in thousands."""
        most = self._streams.of_address
        with self._app.app_context():
            return {
                "rate_limited": {language: problem_text("rate_limited", language) for language in LANGUAGES},
                "too_many_streams": {
                    language: code_text("too_many_streams", language, most=most) for language in LANGUAGES
                },
            }

    def _refuse(self, environ: dict[str, Any], start: Start, code: str, **params: int) -> Iterable[bytes]:
        """Answer 429, after a pause that costs the sender more than us."""
        if self._pausing < MOST_PAUSING:
            self._pausing += 1
            try:
                # Who came at the same moment is refused at different ones: others have their turn between them.
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
            ("Connection", "close"),
            ("X-Request-ID", request_id),
        ]
        start("429 TOO MANY REQUESTS", headers)
        return [body]


def _cost(environ: dict[str, Any]) -> float:
    path: str = environ["PATH_INFO"]
    if environ["REQUEST_METHOD"] not in ("GET", "HEAD") or path in _DEAR:
        return ACT
    if path == _DOCS:
        return LARGE
    return LIGHT if path == "/" or (path.startswith(_KEPT) and not path.endswith(_LIVE)) else LOOK


def client_address(environ: dict[str, Any], proxies: int) -> str:
    """Return the address that the first of our own proxies saw, as `ProxyFix` does."""
    forwarded = [address.strip() for address in environ.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    if proxies and len(forwarded) >= proxies and forwarded[-proxies]:
        return str(forwarded[-proxies])
    return str(environ.get("REMOTE_ADDR", ""))


def _refusal(
    path: str, code: str, texts: dict[str, str], params: dict[str, int], request_id: str
) -> tuple[str, bytes]:
    if not path.startswith(("/api/", _SIGNED)):
        return "text/plain; charset=utf-8", "\n".join(texts.values()).encode()
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


class _TimedBody:
    """The body of a request, of which every byte must be there in time. Raises RequestTimeout (408)."""

    def __init__(self, body: Any, length: str) -> None:
        self._body = body
        bytes_ = int(length) if length.isascii() and length.isdigit() else 0
        self._until = time.monotonic() + BODY_S + bytes_ / BYTES_A_SECOND

    def read(self, *size: int) -> bytes:
        with _limit(self._until - time.monotonic()):
            return self._body.read(*size)  # type: ignore[no-any-return]

    def readline(self, *size: int) -> bytes:
        with _limit(self._until - time.monotonic()):
            return self._body.readline(*size)  # type: ignore[no-any-return]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._body, name)


def _limit(seconds: float) -> Any:
    """Return a context that ends a wait of this greenlet; elsewhere the server has time-outs of its own."""
    monkey = sys.modules.get("gevent.monkey")
    if not (monkey and monkey.is_module_patched("socket")):
        return nullcontext()
    return sys.modules["gevent"].Timeout(max(seconds, 0.001), RequestTimeout())


def put_in_front(app: Flask) -> None:
    """Put the doors in front of an application that is complete, shared pages included."""
    app.wsgi_app = Doors(app, app.wsgi_app)  # type: ignore[method-assign, assignment]
