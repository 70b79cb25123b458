"""Checks that settings are safe in production (our rules)."""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

from settings.keys import KEYS
from settings.together import Config

LEAST_KEY = 32  # characters; `python -c 'import secrets; print(secrets.token_urlsafe(48))'` makes 64
LEAST_VARIETY = 8  # different characters in a key; 32 random ones have far more
_LOOPBACK = ("", "localhost", "127.0.0.1", "::1")


def unsafe(config: Config) -> list[str]:
    """Return every reason why the settings are unsafe in production, one sentence each."""
    return [*_unsafe_secrets(config), *_unsafe_addresses(config)]


def _unsafe_secrets(config: Config) -> Iterator[str]:
    stripe = {"STRIPE_SECRET_KEY": ("sk_live_", "rk_live_"), "STRIPE_WEBHOOK_SECRET": ("whsec_",)}
    values = {name: getattr(config, name.lower()) for name in (*KEYS, *stripe)}
    for name, value in values.items():
        if not value:
            yield f"{name} is missing"
        elif name in KEYS and _weak(value):
            yield f"{name} must be at least {LEAST_KEY} random characters"
        elif name in stripe and not value.startswith(stripe[name]):
            yield f"{name} must begin with {' or '.join(stripe[name])}"
    for name in ("FIELD_KEY_BEFORE", "LOOKUP_KEY"):
        value = getattr(config, name.lower())
        if value and (_weak(value) or value in values.values()):
            yield f"{name} must be at least {LEAST_KEY} random characters, and none of the other secrets"
    amounts = [value for value in values.values() if value]
    if len(set(amounts)) < len(amounts):
        yield "the secrets must differ from each other"


def _weak(key: str) -> bool:
    return len(key) < LEAST_KEY or len(set(key)) < LEAST_VARIETY


def _unsafe_addresses(config: Config) -> Iterator[str]:
    if not config.database_url:
        yield "DATABASE_URL is missing"
    elif not _encrypted(config.database_url):
        yield "DATABASE_URL must name sslmode=require, verify-ca or verify-full for a server on another machine"
    if not config.public_url.startswith("https://"):
        yield "PUBLIC_URL must begin with https://"
    elif not _is_site(config.public_url):
        yield "PUBLIC_URL must be https:// and the site's name, with nothing behind it"
    if config.stripe_api_base and not config.stripe_api_base.startswith("https://"):
        yield "STRIPE_API_BASE must begin with https://"
    if config.mail_url.startswith("file:"):
        yield "MAIL_URL must begin with smtp:// or smtps://: a folder sends nothing to anybody"
    if config.sms_url and not config.sms_url.startswith("https://"):
        yield "SMS_URL must begin with https://: codes open what donors gave"
    if config.pictures_url and not _private(config.pictures_url):
        yield "PICTURES_URL must begin with https:// for a store on another machine"
    if config.sandbox:
        yield "BEISHAN_SANDBOX must not be set: the payment sandbox is not for production"
    if config.training:
        yield "BEISHAN_TRAINING must not be set: a training site is started by embedded.training alone"


def _is_site(url: str) -> bool:
    """Return whether an address is that of a whole site: links, cookies and trusted hosts are made of its name."""
    parts = urlsplit(url)
    return bool(parts.hostname) and url == f"https://{parts.netloc}" and not {"@", " "} & set(parts.netloc)


def _private(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "https" or parts.hostname in _LOOPBACK


def database_is_local(url: str) -> bool:
    """Return whether the database is reached by a socket or the loopback interface, by every name that the URL has
    for it. `hostaddr` is where the driver connects to, whatever `host` says."""
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    named = [*query.get("host", [parts.hostname or ""]), *query.get("hostaddr", [])]
    hosts = [host for text in named for host in text.split(",")]
    # A service file may name any machine.
    return not query.get("service") and all(host in _LOOPBACK or host.startswith("/") for host in hosts)


def sslmode_of(url: str) -> str:
    """Return the sslmode of a database URL; empty if it names none."""
    return parse_qs(urlsplit(url).query).get("sslmode", [""])[-1]


def _encrypted(url: str) -> bool:
    """Return whether traffic to the database cannot be read on the way: a socket, this machine, or TLS."""
    return database_is_local(url) or sslmode_of(url) in ("require", "verify-ca", "verify-full")
