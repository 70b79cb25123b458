"""Answers that are the same for everybody and dear to make: made once, however many ask for them."""

import gzip
import time
from collections.abc import Callable
from hashlib import sha256
from threading import Lock
from typing import NamedTuple

from flask import Response, request

PAGE_LEVEL = 4  # of gzip, for what is made for one visitor: half the time of the usual level, a tenth more bytes


class Made(NamedTuple):
    """A body, its entity tag, and when it was made (monotonic seconds); `packed` is the body compressed by gzip."""

    body: bytes
    tag: str
    at: float
    packed: bytes


class MadeOnce:
    """Keeps what `make` returns, for `keep_s` seconds or as long as the process lives. One caller makes it anew;
    others get the last one meanwhile, and wait only while there is none."""

    def __init__(self, make: Callable[[], str | bytes], keep_s: float | None = None) -> None:
        self._make = make
        self._keep_s = keep_s
        self._turn = Lock()
        self._made: Made | None = None

    def made(self) -> Made:
        """Return the body that is kept, made anew when its time is over. Raises what `make` raises."""
        kept = self._made
        if kept is not None and self._good(kept):
            return kept
        if not self._turn.acquire(blocking=kept is None) and kept is not None:
            return kept
        try:
            if (kept := self._made) is None or not self._good(kept):
                content = self._make()
                body = content.encode() if isinstance(content, str) else content
                tag, packed = sha256(body).hexdigest()[:32], gzip.compress(body, mtime=0)
                self._made = kept = Made(body, tag, time.monotonic(), packed)
            return kept
        finally:
            self._turn.release()

    def _good(self, made: Made) -> bool:
        return self._keep_s is None or time.monotonic() - made.at < self._keep_s

    def response(self, content_type: str) -> Response:
        """Return it for the present request, compressed where the caller takes that: 304 when the caller has it."""
        made = self.made()
        response = Response(content_type=content_type)
        response.headers["Vary"] = "Accept-Encoding"
        if takes_gzip(request.headers.get("Accept-Encoding", "")):
            response.set_data(made.packed)
            response.headers["Content-Encoding"] = "gzip"
            response.set_etag(f"{made.tag}-gz")
        else:
            response.set_data(made.body)
            response.set_etag(made.tag)
        response.headers["Cache-Control"] = "no-cache"  # caches may keep it, and ask whether it is still the same
        response.make_conditional(request)
        return response


def packed(page: str) -> Response:
    """Return a page compressed where the caller takes that. Only for one without any secret of its visitor: the
    length of a compressed page that repeats what was typed would tell (BREACH)."""
    response = Response(page)
    response.headers["Vary"] = "Accept-Encoding"
    if takes_gzip(request.headers.get("Accept-Encoding", "")):
        response.set_data(gzip.compress(response.get_data(), PAGE_LEVEL, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
    return response


def takes_gzip(accepted: str) -> bool:
    """Return whether an Accept-Encoding header takes gzip; `gzip;q=0` refuses it."""
    if "gzip" not in accepted:
        return False
    for part in accepted.split(","):
        name, _, quality = part.partition(";")
        if name.strip() == "gzip":
            return quality.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False
