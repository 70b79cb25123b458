"""A response made once, ready to be sent as often as it is asked for: as it is, compressed, unchanged, marked."""

import gzip
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import NamedTuple

from app.http.made_once import takes_gzip

Headers = list[tuple[str, str]]

# Whoever keeps a copy asks before showing it: a copy may be a second old, and not a second older for each cache
# between us and the reader. nginx, which knows the second in which it expires, is told by X-Accel-Expires.
SHARED = "public, max-age=0, must-revalidate"
GZIP_LEVEL = 6
LEAST_GZIP = 500  # bytes: below, compressing gains nothing
PLACE = b"<!-- late -->"  # where a page says that it could not be brought up to date
# Headers that belong to one response.
_OWN = {"content-length", "x-request-id", "set-cookie", "cache-control", "vary", "date"}


class Form(NamedTuple):
    """One form of a response: the body and headers that go with it."""

    body: bytes
    headers: Headers
    tag: str


class Made:
    """A response of status 200 and when it was made (monotonic), under which version."""

    def __init__(self, body: bytes, headers: Iterable[tuple[str, str]], vary: str, version: int, at: float) -> None:
        self.version = version
        self.at = at
        kept = [pair for pair in headers if pair[0].lower() not in _OWN]
        tag = blake2b(body, digest_size=12).hexdigest()
        varying = [*kept, ("Vary", vary)]
        self.plain = _form(body, varying, f'"{tag}"')
        self.zipped = self.plain
        if len(body) >= LEAST_GZIP:
            zipped = gzip.compress(body, GZIP_LEVEL, mtime=0)
            self.zipped = _form(zipped, [*varying, ("Content-Encoding", "gzip")], f'"{tag}-gz"')

    def form(self, accepted: str) -> Form:
        """Return the form for an Accept-Encoding header."""
        return self.zipped if takes_gzip(accepted) else self.plain

    def same(self, tags: str) -> bool:
        """Return whether an If-None-Match header names this response, in either form."""
        return self.plain.tag in tags or self.zipped.tag in tags or tags.strip() == "*"

    def marked(self, notice: bytes) -> bytes:
        """Return the body with a line that says that it may be out of date."""
        return self.plain.body.replace(PLACE, notice, 1)


def _form(body: bytes, headers: Sequence[tuple[str, str]], tag: str) -> Form:
    return Form(body, [*headers, ("Content-Length", str(len(body))), ("ETag", tag)], tag)
