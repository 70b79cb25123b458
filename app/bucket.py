"""A file store in a bucket with an S3 interface, on another machine."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

import obstore
import structlog
from obstore.exceptions import BaseError
from obstore.store import S3Store

from kernel.errors import Unavailable
from kernel.files import Stored, is_ours, place_of
from kernel.greenlets import shares_its_thread

CONNECT_S = 3
ANSWER_S = 10  # for one file of at most 240 kB
_RETRIES = 2
_FAULTS = (BaseError, OSError)  # a missing file raises FileNotFoundError, an OSError
_REGION = "us-east-1"  # the region that stores without regions expect in signatures


class Bucket(NamedTuple):
    """The address of a bucket, and the key that opens it."""

    endpoint: str  # https://host[:port]
    name: str
    prefix: str
    key_id: str
    secret: str
    region: str
    named_host: bool  # the bucket's name is part of the host name, not of the path


def parse_bucket(url: str) -> Bucket:
    """Parse `https://key:secret@host[:port]/bucket[/prefix][?region=...&host=bucket]`."""
    parts = urlsplit(url)
    name, _, prefix = parts.path.strip("/").partition("/")
    options = dict(parse_qsl(parts.query))
    return Bucket(
        endpoint=f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}",
        name=name,
        prefix=prefix,
        key_id=unquote(parts.username or ""),
        secret=unquote(parts.password or ""),
        region=options.get("region", _REGION),
        named_host="host" in options,
    )


def _beside(act: Callable[..., Any], *args: Any, **named: Any) -> Any:
    """Run a call that blocks outside of Python; if requests share this thread, in another one so that they
    continue."""
    if not shares_its_thread():
        return act(*args, **named)
    result, error = sys.modules["gevent"].get_hub().threadpool.apply(_attempt, (act, args, named))
    if error is not None:
        raise error
    return result


def _attempt(
    act: Callable[..., Any], args: Sequence[Any], named: Mapping[str, Any]
) -> tuple[Any, Exception | None]:
    """Return an error instead of raising it, because the thread pool would log it together with the request."""
    try:
        return act(*args, **named), None
    except _FAULTS as error:
        return None, error


class BucketStore:
    """A file store in a bucket."""

    def __init__(self, url: str) -> None:
        self._bucket = parse_bucket(url)

    @cached_property
    def _store(self) -> S3Store:
        """Return the client. It is created on first use, because its threads would not survive a fork."""
        bucket, scheme = self._bucket, self._bucket.endpoint.partition("://")[0]
        host = bucket.endpoint.partition("://")[2]
        return S3Store(
            bucket.name,
            prefix=bucket.prefix or None,
            endpoint=f"{scheme}://{bucket.name}.{host}" if bucket.named_host else bucket.endpoint,
            virtual_hosted_style_request=bucket.named_host,
            access_key_id=bucket.key_id,
            secret_access_key=bucket.secret,
            region=bucket.region,
            disable_bulk_delete=True,  # some stores cannot delete in bulk, or sign it differently
            client_options={
                "allow_http": scheme == "http",
                "connect_timeout": timedelta(seconds=CONNECT_S),
                "timeout": timedelta(seconds=ANSWER_S),
            },
            retry_config={"max_retries": _RETRIES, "retry_timeout": timedelta(seconds=ANSWER_S)},
        )

    def write(self, name: str, data: bytes) -> None:
        """Write a file atomically. Every write of the same name has the same content."""
        self._call(
            obstore.put,
            self._store,
            place_of(name),
            data,
            attributes={"Content-Type": "image/webp"},
            use_multipart=False,
        )

    def read(self, name: str) -> bytes | None:
        """Return the content of a file; None if it does not exist."""
        try:
            return bytes(self._call(lambda place: obstore.get(self._store, place).bytes(), place_of(name)))
        except FileNotFoundError:
            return None

    def delete(self, *names: str) -> None:
        """Delete files. A missing file is no error."""
        for name in names:
            try:
                self._call(obstore.delete, self._store, place_of(name))
            except FileNotFoundError:
                continue

    def stored(self) -> Iterator[Stored]:
        """Yield all files."""
        pages = iter(obstore.list(self._store))
        while page := self._listed(pages):
            for file in page:
                name = file["path"].rpartition("/")[2]
                if is_ours(name):
                    yield Stored(name, file["last_modified"])

    def sweep(self, _before: datetime) -> int:
        """Do nothing and return 0, because a bucket never holds half-written files."""
        return 0

    def _listed(self, pages: Iterator[Any]) -> Any:
        """Return the next page of a listing. Raises Unavailable for a bucket that does not exist."""
        try:
            return self._call(next, pages, None)
        except FileNotFoundError as missing:
            raise self._unavailable(missing) from missing

    def _call(self, act: Callable[..., Any], *args: Any, **named: Any) -> Any:
        try:
            return _beside(act, *args, **named)
        except FileNotFoundError:
            raise
        except _FAULTS as error:
            raise self._unavailable(error) from error

    def _unavailable(self, error: Exception) -> Unavailable:
        # The store's message may quote the request, so only the kind of the error is logged.
        structlog.get_logger().error("pictures_unavailable", fault=type(error).__name__)
        return Unavailable("pictures_unavailable")
