"""A response built once and ready to be sent any number of times: plain, compressed, unchanged or marked as
late."""

import gzip
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import NamedTuple

from app.http.made_once import takes_gzip

Headers = list[tuple[str, str]]

# Caches must revalidate a copy before showing it: it may be a second old, but not another second for each cache
# between us and the reader. X-Accel-Expires tells nginx the second in which the copy expires.
SHARED = "public, max-age=0, must-revalidate"
GZIP_LEVEL = 6
LEAST_GZIP = 500  # bytes; compressing less gains nothing
PLACE = b"<!-- late -->"  # where a page shows the notice that it is late
# Headers that belong to a single response.
_OWN = {"content-length", "x-request-id", "set-cookie", "cache-control", "vary", "date"}


class Form(NamedTuple):
    """A representation of a response: its body, headers and entity tag."""

    body: bytes
    headers: Headers
    tag: str


class Made:
    """A response with status 200, when it was built (monotonic), and the version it was built from."""

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
        """Return the representation for an Accept-Encoding header."""
        return self.zipped if takes_gzip(accepted) else self.plain

    def same(self, tags: str) -> bool:
        """Return whether an If-None-Match header names this response in either representation."""
        return self.plain.tag in tags or self.zipped.tag in tags or tags.strip() == "*"

    def marked(self, notice: bytes) -> bytes:
        """Return the body with a notice that it may be out of date."""
        return self.plain.body.replace(PLACE, notice, 1)


def _form(body: bytes, headers: Sequence[tuple[str, str]], tag: str) -> Form:
    return Form(body, [*headers, ("Content-Length", str(len(body))), ("ETag", tag)], tag)
