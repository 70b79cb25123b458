"""The layer in front of Flask that serves shared pages from memory.

The application itself builds a page, called with an internal request that contains the address and the language and
nothing of any visitor. So no data of one visitor can appear on a page that another one sees.
"""

import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from io import BytesIO
from threading import Lock, Thread
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from flask_babel import force_locale
from flask_babel import gettext as _
from markupsafe import escape
from werkzeug.test import run_wsgi_app

from app.current import deps, settings
from app.dependencies import web_timeouts
from app.http.reduced import WITHDRAWN, ReducedMode
from app.http.request_id import BUILT, KEPT, MAKING, SHARED_PAGE, TOO_LATE, accepted_id
from app.http.security import is_trusted
from app.i18n.locale import clock, language_cookie
from app.observability.logs import log_request
from app.observability.metrics import CountRequest
from app.shared_pages.addresses import Addresses, Meaning, languages
from app.shared_pages.freshness import MOST_AGE_S, Freshness
from app.shared_pages.made import SHARED, Headers, Made
from app.shared_pages.maker import Maker
from app.shared_pages.reading import Reading, current
from app.shared_pages.shelf import Address, Refused, Shelf, Slot
from kernel.db import Database

RENEW_S = 0.7  # a page is not rebuilt more often, however fast its figures change
KEEP_S = 30.0  # after this, a page is rebuilt even if nothing changed
WAIT_S = 2.0  # wait for a build, before the last page is shown as late
FIRST_WAIT_S = 15.0  # wait if there is no last page: on a busy machine a late page is better than a refusal
AGAIN_S = 0.2  # after a failed build, until the next try

Start = Callable[..., Any]
Response = tuple[str, Headers, bytes]  # status, headers, body


class Front:
    """A WSGI application that wraps the application."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._inner = app.wsgi_app
        config = settings(app)
        self._url = config.public_url
        self._host = urlsplit(self._url).netloc
        self._addresses = Addresses(app)
        self._shelf = Shelf()
        self._maker = Maker(self._make_beside)
        self._strangers = Lock()  # held to build a page for one visitor: giving waits behind one such build at most
        self._count: CountRequest = app.extensions["count_request"]
        self._reduced: ReducedMode = app.extensions["reduced"]
        self._rules = {rule.endpoint: rule.rule for rule in app.url_map.iter_rules()}
        self._content = Reading(-1, -KEEP_S)
        self._reading = Reading(-1, -KEEP_S, self._content)
        time_of, timeouts = deps(app).db.clock, web_timeouts(config)
        # A separate connection, so that checks do not wait for one behind donors.
        self.freshness = Freshness(
            lambda: Database(config.database_url, time_of, pool_size=1, timeouts=timeouts), config.redis_url
        )

    def __call__(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        # The application itself refuses foreign host names.
        if environ["REQUEST_METHOD"] in ("GET", "HEAD") and is_trusted(environ.get("HTTP_HOST", ""), self._app):
            meaning = self._addresses.meaning(environ["PATH_INFO"], environ.get("QUERY_STRING", ""))
            if meaning is not None:
                send = self._answer_private if meaning.private else self._answer
                return send(meaning, environ, start)
        return self._inner(environ, start)

    def _answer_private(self, meaning: Meaning, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        began = time.monotonic()
        if self._strangers.acquire(timeout=FIRST_WAIT_S):
            try:
                return self._inner(environ, start)
            finally:
                self._strangers.release()
        language, _remembered = languages(meaning, environ.get("HTTP_COOKIE", ""))
        refused = self._too_late(Address(meaning.path, "", language))
        return self._finish(meaning, environ, start, began, (refused.status, refused.headers, refused.body))

    def _answer(self, meaning: Meaning, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        began = time.monotonic()
        language, remembered = languages(meaning, environ.get("HTTP_COOKIE", ""))
        address = Address(meaning.path, meaning.query, language)
        slot = self._shelf.slot(address, meaning.endpoint)
        page, late, environ[SHARED_PAGE] = self._page(slot, address, began)
        if isinstance(page, Refused):
            status, headers, body = page.status, page.headers, page.body
        else:
            status, headers, body = self._send(page, environ, language if late else None)
            if meaning.language and meaning.language != remembered:
                headers = _remembering(headers, meaning.language, self._url)
        return self._finish(meaning, environ, start, began, (status, headers, body))

    def _finish(
        self, meaning: Meaning, environ: dict[str, Any], start: Start, began: float, response: Response
    ) -> Iterable[bytes]:
        """Send a response that the application did not send, count and log it."""
        status, headers, body = response
        method, code, seconds = environ["REQUEST_METHOD"], int(status[:3]), time.monotonic() - began
        request_id = accepted_id(environ.get("HTTP_X_REQUEST_ID", ""))
        self._count(method, meaning.endpoint, code, seconds)
        log_request(method, self._rules[meaning.endpoint], meaning.endpoint, code, None, seconds, request_id)
        start(status, [*headers, ("X-Request-ID", request_id)])
        return [] if method == "HEAD" else [body]

    def _page(self, slot: Slot, address: Address, now: float) -> tuple[Made | Refused, bool, str]:
        """Return the page, rebuilt if necessary; whether it is late: it may no longer have been right when
        requested; and whether it was `BUILT` for this reader, or `KEPT`.

        Time spent on a slow check or build, as on a new site, does not count. Readers do not wait for a build if
        the last page was right less than `MOST_AGE_S` ago.
        """
        current = self.freshness.current(now)
        page = slot.made
        if page is None or (current and not self._right(page, now)):
            if page is not None and time.monotonic() - self._known_right(page) < MOST_AGE_S:
                self._maker.order(slot, address)
                return page, False, KEPT
            built = BUILT if self._renew(slot, address) else KEPT
            page = slot.made
            if page is None:
                return slot.refused or self._too_late(address), False, built
        else:
            built = KEPT
        return page, now - self._known_right(page) > MOST_AGE_S, built

    def _right(self, page: Made | Reading, now: float) -> bool:
        """Return whether a page needs no rebuild: it is right, or so young that it may lag a little."""
        age = now - page.at
        return age < RENEW_S or (age < KEEP_S and page.version == self.freshness.version)

    def _known_right(self, page: Made) -> float:
        return max(page.at, self.freshness.right_until(page.version))

    def _renew(self, slot: Slot, address: Address) -> bool:
        """Rebuild the page, or wait for the one who is building it; return whether this reader rebuilt it. If there
        is a last page, each wait is at most `WAIT_S`: with a frozen database a build lasts as long as its
        time-outs."""
        if not slot.making.acquire(timeout=FIRST_WAIT_S if slot.made is None else WAIT_S):
            return False
        made, refused = slot.made, slot.refused
        if made is None:
            self._make_and_release(slot, address)
        else:
            maker = Thread(target=self._make_and_release, args=(slot, address), name="shared-page", daemon=True)
            maker.start()
            maker.join(WAIT_S)
        return slot.made is not made or slot.refused is not refused

    def _make_and_release(self, slot: Slot, address: Address) -> None:
        try:
            self._make_if_due(slot, address)
        finally:
            slot.making.release()

    def _make_beside(self, slot: Slot, address: Address) -> None:
        """Rebuild the page, unless another thread is building it."""
        if slot.making.acquire(blocking=False):
            self._make_and_release(slot, address)

    def _make_if_due(self, slot: Slot, address: Address) -> None:
        """Build the page, unless it has been built meanwhile, or failed to build a moment ago."""
        page, refused, now = slot.made, slot.refused, time.monotonic()
        if (page is None or not self._right(page, now)) and (refused is None or now - refused.at > AGAIN_S):
            if page is not None:
                self._make(slot, address)
            elif self._strangers.acquire(timeout=FIRST_WAIT_S):
                try:
                    self._make(slot, address)
                finally:
                    self._strangers.release()

    def _make(self, slot: Slot, address: Address) -> None:
        """Build the page. A response other than 200 replaces the page, except for a 5xx, which keeps the last good
        one unless reduced mode withdrew it."""
        reading = self._reading
        if not self._right(reading, now := time.monotonic()):
            reading = self._reading = Reading(self.freshness.version, now, self._content_at(now), reading)
        using = current.set(reading)
        try:
            body, status, headers, withdrawn = self._call(address)
        finally:
            current.reset(using)
        if status.startswith("200"):
            vary = "Accept-Encoding, Cookie" if address.language else "Accept-Encoding"
            slot.made, slot.refused = Made(body, headers, vary, reading.version, reading.at), None
        else:
            slot.refused = Refused(status, headers, body, time.monotonic())
            if withdrawn or not status.startswith("5"):
                slot.made = None

    def _content_at(self, now: float) -> Reading:
        """Return the reading of tables that giving does not write; a new one if any of them changed."""
        kept, version = self._content, self.freshness.content
        if kept.version != version or now - kept.at >= KEEP_S:
            self._content = kept = Reading(version, now)
            self._reduced.look_again()
        return kept

    def _too_late(self, address: Address) -> Refused:
        """Return the refusal of a page that was never built and is not ready in time."""
        body, status, headers, _withdrawn = self._call(address, TOO_LATE)
        return Refused(status, headers, body, 0.0)

    def _call(self, address: Address, *orders: str) -> tuple[bytes, str, Headers, bool]:
        """Call the application with an internal request. Return body, status, headers, and whether reduced mode
        withdrew the page."""
        notes = set(orders)
        environ = {
            "REQUEST_METHOD": "GET",
            "SCRIPT_NAME": "",
            "PATH_INFO": address.path,
            "QUERY_STRING": address.query,
            "HTTP_HOST": self._host,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_COOKIE": f"lang={address.language}" if address.language else "",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "https" if self._url.startswith("https:") else "http",
            "wsgi.input": BytesIO(),
            "wsgi.errors": BytesIO(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
            MAKING: notes,
        }
        parts, status, headers = run_wsgi_app(self._inner, environ, buffered=True)
        return b"".join(parts), status, list(headers.items()), WITHDRAWN in notes

    def _send(self, page: Made, environ: dict[str, Any], late: str | None) -> Response:
        """Return status, headers and body. `late`: the language of the notice on a late page, None for a right
        one."""
        if late is not None:
            body = page.marked(self._notice(page, late))
            kept = [pair for pair in page.plain.headers if pair[0] not in ("ETag", "Content-Length")]
            own = [
                ("Content-Length", str(len(body))),
                ("Cache-Control", "no-store"),
                ("X-Beishan-Late", _age(page)),
            ]
            return "200 OK", [*kept, *own], body
        form = page.form(environ.get("HTTP_ACCEPT_ENCODING", ""))
        # A cache that counts whole seconds keeps the page until the end of the second in which it was verified.
        now = time.time()
        second = int(now - (time.monotonic() - self._known_right(page)))
        keep = f"@{second}" if second == int(now) else "0"
        caching = [("X-Accel-Expires", keep), ("Cache-Control", SHARED)]
        tags = environ.get("HTTP_IF_NONE_MATCH")
        if tags and page.same(tags):
            return "304 NOT MODIFIED", [*caching, *(p for p in form.headers if p[0] in _UNCHANGED)], b""
        return "200 OK", [*caching, *form.headers], form.body

    def _notice(self, page: Made, language: str) -> bytes:
        made_at = datetime.fromtimestamp(time.time() - (time.monotonic() - page.at), UTC)
        with self._app.app_context(), force_locale(language or "zh"):
            since = clock(made_at)
            text = _("暂时取不到最新数据，本页是 %(time)s（北京时间）的内容。", time=since)
        return f'<p class="notice bad late" role="status">{escape(text)}</p>'.encode()


_UNCHANGED = ("ETag", "Vary")


def _age(page: Made) -> str:
    return f"{time.monotonic() - page.at:.0f}"


def _remembering(headers: Headers, language: str, url: str) -> Headers:
    """Return the headers of a response that sets the visitor's cookie, which no cache may keep."""
    kept = [pair for pair in headers if pair[0] not in ("Cache-Control", "X-Accel-Expires")]
    own = ("Set-Cookie", language_cookie(language, secure=url.startswith("https://")))
    return [*kept, ("X-Accel-Expires", "0"), ("Cache-Control", "private, no-store"), own]


def put_in_front(app: Flask) -> Front:
    """Put shared pages in front of a complete application."""
    front = Front(app)
    app.wsgi_app = front  # type: ignore[method-assign, assignment]
    return front
