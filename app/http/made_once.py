"""Responses that are the same for every visitor and expensive to build: built once for all requests."""

import gzip
import time
from collections.abc import Callable
from hashlib import sha256
from threading import Lock
from typing import NamedTuple

from flask import Response, request

PAGE_LEVEL = 4  # gzip, for a page of one visitor: half the time of the default level, a tenth more bytes


class Made(NamedTuple):
    """A body, its entity tag, and when it was built (monotonic seconds). `packed`: the body compressed by gzip."""

    body: bytes
    tag: str
    at: float
    packed: bytes


class MadeOnce:
    """A cache of what `make` returns, for `keep_s` seconds or as long as the process lives. One caller rebuilds it
    while the others get the previous one; they wait only if there is none."""

    def __init__(self, make: Callable[[], str | bytes], keep_s: float | None = None) -> None:
        self._make = make
        self._keep_s = keep_s
        self._turn = Lock()
        self._made: Made | None = None

    def made(self) -> Made:
        """Return the cached body, rebuilt if it has expired. Raises what `make` raises."""
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
        """Return the response to the current request: compressed if the client accepts that, 304 if it is
        current."""
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
        response.headers["Cache-Control"] = "no-cache"  # caches may keep it but must revalidate it
        response.make_conditional(request)
        return response


def packed(page: str) -> Response:
    """Return a page, compressed if the client accepts that. Only for pages without a secret of the visitor: the
    length of a compressed page that repeats typed text would reveal it (BREACH)."""
    response = Response(page)
    response.headers["Vary"] = "Accept-Encoding"
    if takes_gzip(request.headers.get("Accept-Encoding", "")):
        response.set_data(gzip.compress(response.get_data(), PAGE_LEVEL, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
    return response


def takes_gzip(accepted: str) -> bool:
    """Return whether an Accept-Encoding header accepts gzip; `gzip;q=0` refuses it."""
    if "gzip" not in accepted:
        return False
    for part in accepted.split(","):
        name, _, quality = part.partition(";")
        if name.strip() == "gzip":
            return quality.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False
