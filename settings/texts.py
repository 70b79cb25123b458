"""Formats of the texts of settings."""

import re
from typing import Annotated
from urllib.parse import parse_qsl, urlsplit

from pydantic import AfterValidator, BeforeValidator


def _psycopg(url: str) -> str:
    """Add the driver. People write postgresql:// or postgres://, but SQLAlchemy must be told to use psycopg 3."""
    scheme, separator, rest = url.partition("://")
    if scheme not in ("postgresql", "postgres", "postgresql+psycopg") or not separator:
        raise ValueError("must begin with postgresql://")
    return f"postgresql+psycopg://{rest}"


def _redis(url: str) -> str:
    if not url.startswith(("redis://", "rediss://", "unix://")):
        raise ValueError("must begin with redis://, rediss:// or unix://")
    return url


def _http(url: str) -> str:
    if not url.startswith(("http://", "https://")):
        raise ValueError("must begin with http:// or https://")
    return url.rstrip("/")


def _mail(url: str) -> str:
    """Accept smtp:// (with STARTTLS, required unless the server is on this machine) and smtps://, each optionally
    with `user:password@`, and file:///folder, which stores letters instead of sending them."""
    parts = urlsplit(url)
    if parts.scheme not in ("smtp", "smtps", "file") or (parts.scheme != "file" and not parts.hostname):
        raise ValueError("must begin with smtp://, smtps:// or file:///")
    return url


def _bucket(url: str) -> str:
    """Accept https:// and http://, with `key:secret@`, a bucket as the path, and optional ?region= and
    ?host=bucket."""
    parts = urlsplit(url)
    signed = parts.hostname and parts.username and parts.password and parts.path.strip("/")
    if parts.scheme not in ("https", "http") or not signed:
        raise ValueError("must be https://key:secret@host/bucket")
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    if set(options) - {"region", "host"} or options.get("host", "bucket") != "bucket":
        raise ValueError("takes ?region=... and ?host=bucket only")
    return url


def _sms(url: str) -> str:
    """Accept https:// and http:// (a gateway, optionally with `:token@`), and file:///folder as in MAIL_URL."""
    parts = urlsplit(url)
    if parts.scheme not in ("https", "http", "file") or (parts.scheme != "file" and not parts.hostname):
        raise ValueError("must begin with https://, http:// or file:///")
    return url


def _words(text: str) -> tuple[str, ...]:
    words = tuple(word.strip() for word in text.split(","))
    if not all(words):
        raise ValueError("must be names with commas between them")
    return words


def _hosts(text: str) -> tuple[str, ...]:
    """Accept host names, each optionally with a leading dot for all names below it, which then must not be a whole
    top-level domain."""
    names = _words(text)
    if not all(_HOST.fullmatch(name) and ("." in name[1:] or name[0] != ".") for name in names):
        raise ValueError("must be host names with commas between them, without *, scheme, port and path")
    return names


_HOST = re.compile(r"\.?[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*", re.IGNORECASE)

Postgres = Annotated[str, AfterValidator(_psycopg)]
Redis = Annotated[str, AfterValidator(_redis)]
Http = Annotated[str, AfterValidator(_http)]
Mail = Annotated[str, AfterValidator(_mail)]
Bucket = Annotated[str, AfterValidator(_bucket)]
Sms = Annotated[str, AfterValidator(_sms)]
Words = Annotated[tuple[str, ...], BeforeValidator(_words)]
Hosts = Annotated[tuple[str, ...], BeforeValidator(_hosts)]
Upper = BeforeValidator(str.upper)
