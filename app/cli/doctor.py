"""`doctor`: check the external requirements of the application, before a campaign and after every change of
settings."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

import click
import redis
from alembic.util.exc import CommandError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.cli.base import command
from app.current import deps, settings
from app.dependencies import job_timeouts, picture_store, web_timeouts
from app.mail.transport import Smtp, Transport, transport_of
from config import Config, database_is_local, risks, sslmode_of, unsafe
from kernel.db import Database
from kernel.errors import Unavailable
from kernel.files import FileStore
from migrations import pending
from payments.facts import EVENT_TYPES
from payments.gateway import GatewayError, PaymentGateway, ProviderAccount

MOST_SKEW_S = 30.0  # webhook signatures are valid for 300 s, and a skew of 30 s is already worrying
_KINDS = {True: "ok", False: "fault"}


class Line(NamedTuple):
    """The result of one check."""

    name: str
    ok: bool
    text: str


@click.command("doctor")
@command
def doctor() -> None:
    """Check settings, database, Redis, clocks and the payment provider. Exit with code 1 if there is a fault."""
    lines = []
    for line in check(settings(), deps().db, deps().gateway):
        lines.append(line)
        click.echo(f"{_KINDS[line.ok]:<6}{line.name:<10}{line.text}")
    if not all(line.ok for line in lines):
        raise SystemExit(1)


def check(config: Config, db: Database, gateway: PaymentGateway) -> Iterator[Line]:
    """Run all checks, one line each. A check that cannot be run is a fault."""
    yield _settings(config)
    yield from (Line("risk", True, sentence) for sentence in (risks(config) if config.production else ()))
    yield _timeouts(config)
    yield _database(config)
    yield role_line(db)
    yield _encryption(config)
    yield _redis(config.redis_url)
    yield pictures_line(picture_store(config))
    yield mail_line(transport_of(config.mail_url))
    yield _clock("clock", "the database", _database_time(db))
    try:
        account = gateway.account()
    except GatewayError as error:
        yield Line("provider", False, f"does not answer for the account: {error}")
        return
    yield _account(config, account)
    yield _mode(config, account)
    yield _clock("clock", "the provider", account.clock)
    yield _endpoint(config, gateway)


def _settings(config: Config) -> Line:
    """Repeat the checks of `config.load`, and check settings whose absence does not prevent the start."""
    if not config.production:
        return Line("settings", True, "development; set BEISHAN_ENV=production for real money")
    faults = unsafe(config)
    if config.redis_url is None:
        faults.append("REDIS_URL is not set")
    return Line("settings", not faults, "; ".join(faults) or "production")


def _timeouts(config: Config) -> Line:
    web, jobs = web_timeouts(config), job_timeouts(config)
    return Line(
        "timeouts",
        True,
        f"database: connect {web.connect_s} s, pool {web.pool_s} s, statement {web.statement_s} s (jobs "
        f"{jobs.statement_s} s), lock {web.lock_s} s (jobs {jobs.lock_s} s), frozen: 503 after {web.longest_s} s "
        f"at most; provider: {config.provider_timeout_s} s",
    )


def _database(config: Config) -> Line:
    if not config.database_url:
        return Line("database", False, "DATABASE_URL is not set")
    try:
        missing = pending(config.database_url)
    except (SQLAlchemyError, CommandError) as error:
        return Line("database", False, f"does not answer, or is of a newer version: {type(error).__name__}")
    if missing:
        return Line("database", False, f"not migrated: {', '.join(missing)} (flask --app wsgi db-upgrade)")
    return Line("database", True, "reachable and migrated")


def role_line(db: Database) -> Line:
    """Report whether the role of DATABASE_URL may do more than web and jobs need (docs/roles.sql). Excess rights
    are no fault; an unreachable database is."""
    try:
        with db.engine.connect() as connection:
            may = connection.execute(text("SELECT has_schema_privilege('public', 'CREATE')")).scalar_one()
    except SQLAlchemyError as error:
        return Line("role", False, f"the database does not answer: {type(error).__name__}")
    return Line("role", True, "may change tables: docs/roles.sql makes one for web and jobs" if may else _ROWS)


_ROWS = "reads and writes rows only"


def _encryption(config: Config) -> Line:
    """Report a database on another machine that nobody verifies. In production the application does not start
    without TLS, but does with sslmode=require, which checks no certificate: a man in the middle could pose as the
    database."""
    url, mode = config.database_url or "", sslmode_of(config.database_url or "")
    if not url:
        return Line("tls", False, "DATABASE_URL is not set")
    if database_is_local(url):
        return Line("tls", True, "the database is on this machine")
    checked = mode in ("verify-ca", "verify-full")
    fault = (
        f"sslmode={mode} checks no certificate" if mode else "the database is on another machine, without sslmode"
    )
    return Line("tls", checked, f"sslmode={mode}" if checked else f"{fault}: use verify-full")


def _redis(url: str | None) -> Line:
    if url is None:
        return Line("redis", True, "not set: live pages ask instead of being told")
    client = redis.from_url(url, socket_connect_timeout=2, socket_timeout=2)
    try:
        client.ping()
    except redis.RedisError as error:
        return Line("redis", False, f"does not answer: {type(error).__name__}")
    finally:
        client.close()
    return Line("redis", True, "reachable")


def pictures_line(store: FileStore) -> Line:
    """Check the picture store by listing one file, which fails for a bucket that does not exist or refuses the
    key."""
    try:
        next(store.stored(), None)
    except Unavailable:
        return Line("pictures", False, "the bucket of PICTURES_URL does not answer, or not for this key")
    return Line("pictures", True, "reachable")


def mail_line(transport: Transport | None) -> Line:
    """Check that the mail server lets us in, with TLS unless it is on this machine."""
    if not isinstance(transport, Smtp):
        return Line("mail", True, "a folder: letters are not sent" if transport else "not set: no letters are sent")
    failure = transport.check()
    return Line("mail", not failure, f"the mail server refuses: {failure}" if failure else "reachable")


def _database_time(db: Database) -> datetime | None:
    try:
        with db.engine.connect() as connection:
            moment: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
            return moment
    except SQLAlchemyError:
        return None


def _clock(name: str, whose: str, theirs: datetime | None) -> Line:
    """Compare a clock with this machine's. The tolerance allows for the time of a response, and for the whole
    seconds of a Date header."""
    if theirs is None:
        return Line(name, False, f"{whose} does not tell its time")
    skew = (theirs - datetime.now(UTC)).total_seconds()
    finding = f"{whose} is {skew:+.0f} s from this machine (most: {MOST_SKEW_S:.0f} s)"
    return Line(name, abs(skew) <= MOST_SKEW_S, finding)


def _account(config: Config, account: ProviderAccount) -> Line:
    faults = []
    if not account.charges_enabled:
        faults.append("the account may not take payments")
    if account.currency != config.stripe_account_currency:
        faults.append(
            f"its balance is in {account.currency}, expected {config.stripe_account_currency}: "
            f"if that is meant so, set STRIPE_ACCOUNT_CURRENCY={account.currency}"
        )
    return Line("account", not faults, "; ".join(faults) or f"{account.account}, balance in {account.currency}")


def _mode(config: Config, account: ProviderAccount) -> Line:
    modes = {True: "live mode", False: "test mode"}
    return Line(
        "mode",
        account.livemode == config.production,
        f"{modes[account.livemode]} with BEISHAN_ENV={config.environment}",
    )


def _endpoint(config: Config, gateway: PaymentGateway) -> Line:
    """Check that the provider's endpoint at our address, or else one with our path, is sent every event type that
    the code reads."""
    try:
        endpoints = gateway.endpoints()
    except GatewayError as error:
        return Line("webhook", False, f"the provider does not list its endpoints: {error}")
    path = "/webhooks/stripe"
    ours = [endpoint for endpoint in endpoints if endpoint.url == config.public_url + path]
    ours = ours or [endpoint for endpoint in endpoints if endpoint.url.endswith(path)]
    if not ours:
        return Line("webhook", False, f"no endpoint sends to {config.public_url}{path}")
    active = [endpoint for endpoint in ours if endpoint.enabled]
    if not active:
        return Line("webhook", False, f"{ours[0].url} is disabled")
    missing = active[0].missing(EVENT_TYPES)
    finding = f"is not sent {', '.join(missing)}" if missing else f"is sent all {len(EVENT_TYPES)} types"
    return Line("webhook", not missing, f"{active[0].url} {finding}")


COMMANDS = (doctor,)
