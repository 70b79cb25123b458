"""Checks that settings are safe in production (our rules)."""

import re
from collections.abc import Iterator
from itertools import pairwise
from urllib.parse import parse_qs, urlsplit

from settings.keys import KEYS
from settings.together import Config

LEAST_KEY = 32  # characters; `python -c 'import secrets; print(secrets.token_urlsafe(48))'` makes 64
LEAST_PAIRS = 20  # different pairs of neighbours in a key; 32 random digits have about 27, a repeated word few
LEAST_ISSUED = 16  # characters behind the prefix of a key that the provider issued
LEAST_VARIETY = 6  # different ones among them
MOST_UNAPPROVED_MINOR = 100_000_000  # one person moving a million yuan alone is as good as no second person
# Words of examples and templates, without the signs between them.
_PLACEHOLDER = re.compile(
    "change(me|this)|replace(me|this|with)|placeholder|your(key|secret|stripe|own)|(key|secret)here|insecure|donotuse"
)
_STRIPE = {"STRIPE_SECRET_KEY": ("sk_live_", "rk_live_"), "STRIPE_WEBHOOK_SECRET": ("whsec_",)}
LOOPBACK = ("", "localhost", "127.0.0.1", "::1")


def unsafe(config: Config) -> list[str]:
    """Return every reason why the settings are unsafe in production, one sentence each."""
    return [*_unsafe_secrets(config), *_unsafe_addresses(config)]


def risks(config: Config) -> list[str]:
    """Return the settings that weaken a production site but that a federation can have a reason for, one sentence
    each. They are logged at the start, and `doctor` shows them."""
    return [sentence for is_risk, sentence in _risks(config) if is_risk]


def _risks(config: Config) -> Iterator[tuple[bool, str]]:
    yield config.second_person == "off", "SECOND_PERSON=off: one person alone can refund, pay out and cancel"
    yield (
        config.second_person_above_minor > MOST_UNAPPROVED_MINOR,
        f"SECOND_PERSON_ABOVE_MINOR is above {MOST_UNAPPROVED_MINOR}: one person alone moves nearly every amount",
    )
    yield (
        config.second_factor == "offered",
        "SECOND_FACTOR=offered: a stolen password opens administration and money",
    )
    yield config.stripe_test_mode == "accept", "STRIPE_TEST_MODE=accept: payments without money are booked as money"
    yield config.unpaid_limits == "off", "UNPAID_LIMITS=off: one visitor can reserve all match without paying"
    yield config.address_requests_per_s == 0, "ADDRESS_REQUESTS_PER_S=0: one address can use up the site"
    yield config.trusted_proxies == 0, "TRUSTED_PROXIES=0: behind a proxy, all visitors count as one address"


def _unsafe_secrets(config: Config) -> Iterator[str]:
    values = {name: getattr(config, name.lower()) for name in (*KEYS, *_STRIPE)}
    for name, value in values.items():
        if not value:
            yield f"{name} is missing"
        elif name in KEYS and _weak(value):
            yield f"{name} must be at least {LEAST_KEY} random characters"
        elif name in _STRIPE and not _issued(value, _STRIPE[name]):
            yield f"{name} must begin with {' or '.join(_STRIPE[name])}, followed by the key itself"
    for name in ("FIELD_KEY_BEFORE", "LOOKUP_KEY"):
        value = getattr(config, name.lower())
        if value and (_weak(value) or value in values.values()):
            yield f"{name} must be at least {LEAST_KEY} random characters, and none of the other secrets"
    amounts = [value for value in values.values() if value]
    if len(set(amounts)) < len(amounts):
        yield "the secrets must differ from each other"


def _weak(key: str) -> bool:
    """Return whether a key can be guessed. Spaces around it add nothing: it could be another secret, copied."""
    short = len(key) < LEAST_KEY or len(set(pairwise(key))) < LEAST_PAIRS
    return short or key != key.strip() or _placeholder(key)


def _placeholder(key: str) -> bool:
    return bool(_PLACEHOLDER.search(re.sub("[^a-z]", "", key.lower())))


def _issued(key: str, prefixes: tuple[str, ...]) -> bool:
    """Return whether a key looks as the provider issues them: a prefix alone or a placeholder is none."""
    rest = next((key.removeprefix(prefix) for prefix in prefixes if key.startswith(prefix)), "")
    varied = len(rest) >= LEAST_ISSUED and len(set(rest)) >= LEAST_VARIETY
    return varied and not set(rest) & set(" .<>") and not _placeholder(rest)


def _unsafe_addresses(config: Config) -> Iterator[str]:
    if not config.database_url:
        yield "DATABASE_URL is missing"
    elif not _encrypted(config.database_url):
        yield "DATABASE_URL must name sslmode=require, verify-ca or verify-full for a server on another machine"
    if config.redis_url and not _protected_redis(config.redis_url):
        yield (
            "REDIS_URL must be rediss://, with a password or a client certificate and without ssl_cert_reqs=none, "
            "for a server on another machine"
        )
    if not config.public_url.startswith("https://"):
        yield "PUBLIC_URL must begin with https://"
    elif not _is_site(config.public_url):
        yield "PUBLIC_URL must be https:// and the site's name, with nothing behind it"
    if config.stripe_api_base and not config.stripe_api_base.startswith("https://"):
        yield "STRIPE_API_BASE must begin with https://"
    if not config.stripe_checkout_url.startswith("https://"):
        yield "STRIPE_CHECKOUT_URL must begin with https://"
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
    try:
        named = bool(parts.hostname) and parts.port != 0
    except ValueError:  # no port that exists
        return False
    return named and url == f"https://{parts.netloc}" and not {"@", " "} & set(parts.netloc)


def _private(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "https" or parts.hostname in LOOPBACK


def _protected_redis(url: str) -> bool:
    """Return whether nobody on the way can read or change what Redis is told: a socket, this machine, or TLS with
    a checked certificate and a client that Redis knows."""
    parts = urlsplit(url)
    options = parse_qs(parts.query)
    if parts.scheme == "unix" or parts.hostname in LOOPBACK:
        return True
    known = parts.password or options.get("password") or options.get("ssl_certfile")
    checked = options.get("ssl_cert_reqs", ["required"])[-1] == "required"
    return bool(parts.scheme == "rediss" and known and checked)


def database_is_local(url: str) -> bool:
    """Return whether the database is reached by a socket or the loopback interface, by every name that the URL has
    for it. `hostaddr` is where the driver connects to, whatever `host` says."""
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    named = [*query.get("host", [parts.hostname or ""]), *query.get("hostaddr", [])]
    hosts = [host for text in named for host in text.split(",")]
    # A service file may name any machine.
    return not query.get("service") and all(host in LOOPBACK or host.startswith("/") for host in hosts)


def sslmode_of(url: str) -> str:
    """Return the sslmode of a database URL; empty if it names none."""
    return parse_qs(urlsplit(url).query).get("sslmode", [""])[-1]


def _encrypted(url: str) -> bool:
    """Return whether traffic to the database cannot be read on the way: a socket, this machine, or TLS."""
    return database_is_local(url) or sslmode_of(url) in ("require", "verify-ca", "verify-full")
