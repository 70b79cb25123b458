"""Every setting, read once. Names and meaning are part of the public contract (see README)."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import parse_qs, urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)


class BadSettings(SystemExit):
    """The process must not start half configured; the message names every wrong or missing setting."""


def _psycopg(url: str) -> str:
    """Name the driver: people write postgresql:// or postgres://, SQLAlchemy wants to know psycopg 3."""
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
    """Accept smtp:// (STARTTLS where the server offers it) and smtps://, each with `user:password@` if need be, and
    file:///folder, which keeps letters instead of sending them."""
    parts = urlsplit(url)
    if parts.scheme not in ("smtp", "smtps", "file") or (parts.scheme != "file" and not parts.hostname):
        raise ValueError("must begin with smtp://, smtps:// or file:///")
    return url


def _sms(url: str) -> str:
    """Accept https:// and http:// (a gateway, with `:token@` if it wants one), and file:///folder as MAIL_URL."""
    parts = urlsplit(url)
    if parts.scheme not in ("https", "http", "file") or (parts.scheme != "file" and not parts.hostname):
        raise ValueError("must begin with https://, http:// or file:///")
    return url


def _words(text: str) -> tuple[str, ...]:
    words = tuple(word.strip() for word in text.split(","))
    if not all(words):
        raise ValueError("must be names with commas between them")
    return words


Http = Annotated[str, AfterValidator(_http)]
LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]


class Config(BaseModel):
    """Settings of one process; each is read from the environment variable of its alias. An empty variable counts as
    unset. Durations are seconds, amounts are fen."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    database_url: Annotated[str, AfterValidator(_psycopg)] = Field("", alias="DATABASE_URL", repr=False)
    redis_url: Annotated[str, AfterValidator(_redis)] | None = Field(None, alias="REDIS_URL", repr=False)
    port: int = Field(8000, ge=1, le=65_535, alias="PORT")
    public_url: Http = Field("", alias="PUBLIC_URL")  # default: this machine and PORT
    data_dir: Path = Field(Path("var"), alias="DATA_DIR")
    secret_key: str = Field("", alias="SECRET_KEY", repr=False)
    field_key: str = Field("", alias="FIELD_KEY", repr=False)
    # After a change of FIELD_KEY: the one before, until `keys rewrap` was run; and the first one, with which the
    # keyed hashes of people go on being made.
    field_key_before: str = Field("", alias="FIELD_KEY_BEFORE", repr=False)
    lookup_key: str = Field("", alias="LOOKUP_KEY", repr=False)
    stripe_secret_key: str = Field("", alias="STRIPE_SECRET_KEY", repr=False)
    stripe_webhook_secret: str = Field("", alias="STRIPE_WEBHOOK_SECRET", repr=False)
    stripe_api_base: Http | None = Field(None, alias="STRIPE_API_BASE")
    # Where the provider's cashier is, if it is at a domain of your own.
    stripe_checkout_url: Http = Field("https://checkout.stripe.com", alias="STRIPE_CHECKOUT_URL")
    stripe_methods: Annotated[tuple[str, ...], BeforeValidator(_words)] = Field(
        ("card", "alipay", "wechat_pay"), alias="STRIPE_METHODS"
    )
    # Which of them work inside WeChat's own browser; `none` when none does.
    stripe_methods_in_wechat: Annotated[tuple[str, ...], BeforeValidator(_words)] = Field(
        ("card",), alias="STRIPE_METHODS_IN_WECHAT"
    )
    stripe_account_currency: Annotated[str, AfterValidator(str.upper)] = Field(
        "CNY", pattern="^[A-Za-z]{3}$", alias="STRIPE_ACCOUNT_CURRENCY"
    )
    web_concurrency: int | None = Field(None, ge=1, alias="WEB_CONCURRENCY")  # read by embedded/gunicorn_conf.py
    log_level: Annotated[LogLevel, BeforeValidator(str.upper)] = Field("INFO", alias="LOG_LEVEL")
    environment: Literal["production", "development"] = Field("development", alias="BEISHAN_ENV")
    # How many gifts the demo event comes with, two days old; 0: it opens now and has none.
    demo_gifts: int = Field(3_000, ge=0, le=20_000, alias="DEMO_GIFTS")
    sandbox: Annotated[bool, BeforeValidator(lambda text: text == "1")] = Field(False, alias="BEISHAN_SANDBOX")
    minimum_minor: int = Field(100, ge=1, alias="MINIMUM_MINOR")
    maximum_minor: int = Field(5_000_000, ge=1, alias="MAXIMUM_MINOR")
    gift_ask_minor: int = Field(2_000_000, ge=1, alias="GIFT_ASK_MINOR")
    gifts_ask_per_hour: int = Field(12, ge=1, alias="GIFTS_ASK_PER_HOUR")
    gifts_pause_per_hour: int = Field(40, ge=1, alias="GIFTS_PAUSE_PER_HOUR")
    donor_day_most_minor: int = Field(20_000_000, ge=1, alias="DONOR_DAY_MOST_MINOR")
    minor_most_minor: int = Field(20_000, ge=1, alias="MINOR_MOST_MINOR")
    offline_maximum_minor: int = Field(10_000_000, ge=1, alias="OFFLINE_MAXIMUM_MINOR")
    offline_day_most_minor: int = Field(1_000_000_000, ge=1, alias="OFFLINE_DAY_MOST_MINOR")
    offline_age_most_days: int = Field(92, ge=1, le=3_660, alias="OFFLINE_AGE_MOST_DAYS")
    partner_gift_most_minor: int = Field(50_000_000, ge=1, alias="PARTNER_GIFT_MOST_MINOR")
    partner_day_most_minor: int = Field(5_000_000_000, ge=1, alias="PARTNER_DAY_MOST_MINOR")
    partner_day_most_count: int = Field(1_000_000, ge=1, alias="PARTNER_DAY_MOST_COUNT")
    partner_age_most_days: int = Field(90, ge=1, le=3_650, alias="PARTNER_AGE_MOST_DAYS")
    # Whether messages of the provider's test mode move money here; unset: outside production only.
    stripe_test_mode: Literal["accept", "refuse"] | None = Field(None, alias="STRIPE_TEST_MODE")
    # How long after its reservation a payment that the provider calls under way may stay so (seconds).
    paying_most_s: int = Field(24 * 3600, ge=60, alias="PAYING_MOST_S")
    # How long the personal parts of messages of partners and of the provider are kept (days).
    message_days: int = Field(90, ge=2, le=3_660, alias="MESSAGE_DAYS")
    # Whether acts that are large or cannot be undone wait for a second person; unset: in production only.
    second_person: Literal["on", "off"] | None = Field(None, alias="SECOND_PERSON")
    second_person_above_minor: int = Field(1_000_000, ge=0, alias="SECOND_PERSON_ABOVE_MINOR")
    # Further names by which the site is called, beside that of PUBLIC_URL; a dot before one: and all below it.
    trusted_hosts: Annotated[tuple[str, ...], BeforeValidator(_words)] = Field((), alias="TRUSTED_HOSTS")
    # How long pages and API wait for the database, and jobs for theirs; `kernel/timeouts.py` says for what.
    database_connect_s: int = Field(3, ge=1, le=60, alias="DATABASE_CONNECT_S")
    database_pool_s: int = Field(2, ge=1, le=60, alias="DATABASE_POOL_S")
    database_statement_s: int = Field(6, ge=1, le=600, alias="DATABASE_STATEMENT_S")
    database_lock_s: int = Field(5, ge=1, le=600, alias="DATABASE_LOCK_S")
    job_statement_s: int = Field(1800, ge=60, le=86_400, alias="JOB_STATEMENT_S")
    job_lock_s: int = Field(60, ge=1, le=3_600, alias="JOB_LOCK_S")
    provider_timeout_s: int = Field(8, ge=1, le=60, alias="PROVIDER_TIMEOUT_S")  # each connect and each read
    # Whether only giving is served (app/http/reduced.py); `auto`: while the database or Redis is in trouble.
    reduced: Literal["auto", "on", "off"] = Field("auto", alias="REDUCED")
    # Limits on match that is held for unpaid donations (campaigns/donations/unpaid_limits.py).
    unpaid_limits: Literal["on", "off"] = Field("on", alias="UNPAID_LIMITS")
    unpaid_most_count: int = Field(30, ge=1, alias="UNPAID_MOST_COUNT")
    unpaid_share_bps: int = Field(2_500, ge=1, le=10_000, alias="UNPAID_SHARE_BPS")
    unpaid_share_least_minor: int = Field(2_000_000, ge=0, alias="UNPAID_SHARE_LEAST_MINOR")
    address_unpaid_most_count: int = Field(1_000, ge=1, le=100_000, alias="ADDRESS_UNPAID_MOST_COUNT")
    address_unpaid_share_bps: int = Field(5_000, ge=1, le=10_000, alias="ADDRESS_UNPAID_SHARE_BPS")
    contested_bps: int = Field(1_000, ge=0, le=10_000, alias="CONTESTED_BPS")
    contested_hold_s: int = Field(300, ge=60, le=900, alias="CONTESTED_HOLD_S")
    # What one address may send to one process (IPv6: one /64), see `app/http/doors.py`; 0: no limit.
    address_requests_per_s: int = Field(100, ge=0, le=100_000, alias="ADDRESS_REQUESTS_PER_S")
    # Open pages with live totals, in one process; of one address.
    live_streams_most: int = Field(2_500, ge=1, le=100_000, alias="LIVE_STREAMS_MOST")
    live_streams_of_address: int = Field(200, ge=1, le=100_000, alias="LIVE_STREAMS_OF_ADDRESS")
    # Exports and other long reads of managers at once, in one process.
    heavy_reads_most: int = Field(4, ge=1, le=100, alias="HEAVY_READS_MOST")
    # Whether browsers must use TLS for all hosts below PUBLIC_URL's too.
    hsts_subdomains: Literal["on", "off"] = Field("off", alias="HSTS_SUBDOMAINS")
    # Exact number of proxies in front of us; 0 ignores X-Forwarded-*.
    trusted_proxies: int = Field(0, ge=0, le=10, alias="TRUSTED_PROXIES")

    # Where letters to donors are sent from, and in whose name; without MAIL_URL none are sent.
    mail_url: Annotated[str, AfterValidator(_mail)] = Field("", alias="MAIL_URL", repr=False)
    mail_from: str = Field("", alias="MAIL_FROM")
    # What takes text messages: codes by which donors find what they gave. Without it none are sent.
    sms_url: Annotated[str, AfterValidator(_sms)] = Field("", alias="SMS_URL", repr=False)

    # Whether administrators and finance must sign in with a second factor; unset: in production only.
    second_factor: Literal["required", "offered"] | None = Field(None, alias="SECOND_FACTOR")

    # How long a session of the console lasts that nobody uses: of administrators and finance, and of the others.
    session_idle_sensitive_s: int = Field(1800, ge=300, le=43_200, alias="SESSION_IDLE_SENSITIVE_S")
    session_idle_s: int = Field(3600, ge=300, le=43_200, alias="SESSION_IDLE_S")

    @property
    def second_factor_required(self) -> bool:
        return self.second_factor == "required" or (self.second_factor is None and self.production)

    @property
    def mail_sender(self) -> str:
        """From whom letters come: MAIL_FROM, else no-reply at the site's own name."""
        return self.mail_from or f"no-reply@{urlsplit(self.public_url).hostname or 'localhost'}"

    @property
    def production(self) -> bool:
        return self.environment == "production"

    @property
    def accepts_test_mode(self) -> bool:
        return self.stripe_test_mode == "accept" or (self.stripe_test_mode is None and not self.production)

    @property
    def needs_second_person(self) -> bool:
        return self.second_person == "on" or (self.second_person is None and self.production)

    @model_validator(mode="before")
    @classmethod
    def _fill_public_url(cls, data: Any) -> Any:
        return {"PUBLIC_URL": f"http://127.0.0.1:{data.get('PORT', 8000)}"} | data

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.minimum_minor > self.maximum_minor:
            raise ValueError("MINIMUM_MINOR must not be greater than MAXIMUM_MINOR")
        for waiter in ("database", "job"):
            if getattr(self, f"{waiter}_lock_s") > getattr(self, f"{waiter}_statement_s"):
                raise ValueError(f"{waiter.upper()}_LOCK_S must not be greater than {waiter.upper()}_STATEMENT_S")
        return self


def load(environ: Mapping[str, str] | None = None) -> Config:
    """Read the settings (default: from the process's environment).

    Raises BadSettings when one is not valid, and in production (`BEISHAN_ENV=production`) when one is unsafe.
    """
    variables = os.environ if environ is None else environ
    variables = {name: value for name, value in variables.items() if value}
    try:
        config = Config.model_validate(variables | _from_files(variables))
    except ValidationError as error:
        raise BadSettings("\n".join(["Refusing to start:", *_faults(error)])) from None
    if config.production and (faults := unsafe(config)):
        raise BadSettings("\n".join(["Refusing to start in production:", *faults]))
    return config


SECRETS = (
    "DATABASE_URL",
    "REDIS_URL",
    "SECRET_KEY",
    "FIELD_KEY",
    "FIELD_KEY_BEFORE",
    "LOOKUP_KEY",
    "STRIPE_SECRET_KEY",
    "STRIPE_WEBHOOK_SECRET",
    "MAIL_URL",
    "SMS_URL",
)


def _from_files(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the secrets whose files are named (`SECRET_KEY_FILE`): how vaults hand them over. Raises BadSettings
    naming every file that cannot be read, and every secret that is set in both ways."""
    values, faults = {}, []
    for name in SECRETS:
        if not (path := variables.get(f"{name}_FILE")):
            continue
        if name in variables:
            faults.append(f"{name} and {name}_FILE must not both be set")
            continue
        try:
            values[name] = Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            faults.append(f"{name}_FILE cannot be read: {type(error).__name__}")
    if faults:
        raise BadSettings("\n".join(["Refusing to start:", *faults]))
    return values


def require_secrets(config: Config) -> None:
    """Refuse to serve or to run jobs without secrets: there is no default. `make run` makes its own in DATA_DIR.

    Raises BadSettings.
    """
    missing = [name for name in KEYS if not getattr(config, name.lower())]
    if missing:
        names = " and ".join(missing)
        raise BadSettings(f"Refusing to start: {names} must be set (make run makes its own in DATA_DIR)")


_REASONS = {
    "int_parsing": "must be a whole number",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "literal_error": "must be {expected}",
}


def _faults(error: ValidationError) -> Iterator[str]:
    """Yield one line per wrong setting. A value is shown only where it cannot hold a secret (numbers and words)."""
    for fault in error.errors(include_url=False):
        reason = fault["msg"].removeprefix("Value error, ")
        if fault["type"] in _REASONS:
            reason = f"{_REASONS[fault['type']].format(**fault.get('ctx', {}))}, not {fault['input'][:40]!r}"
        yield " ".join([*map(str, fault["loc"][:1]), reason])


KEYS = ("SECRET_KEY", "FIELD_KEY")
LEAST_KEY = 32  # characters; `python -c 'import secrets; print(secrets.token_urlsafe(48))'` makes 64
LEAST_VARIETY = 8  # different characters in a key; 32 random ones have far more
_LOOPBACK = ("", "localhost", "127.0.0.1", "::1")


def unsafe(config: Config) -> list[str]:
    """Return all that keeps settings from being safe in production, one sentence each (our rules)."""
    return [*_unsafe_secrets(config), *_unsafe_addresses(config)]


def _unsafe_secrets(config: Config) -> Iterator[str]:
    stripe = {"STRIPE_SECRET_KEY": ("sk_live_", "rk_live_"), "STRIPE_WEBHOOK_SECRET": ("whsec_",)}
    values = {name: getattr(config, name.lower()) for name in (*KEYS, *stripe)}
    for name, value in values.items():
        if not value:
            yield f"{name} is missing"
        elif name in KEYS and (len(value) < LEAST_KEY or len(set(value)) < LEAST_VARIETY):
            yield f"{name} must be at least {LEAST_KEY} random characters"
        elif name in stripe and not value.startswith(stripe[name]):
            yield f"{name} must begin with {' or '.join(stripe[name])}"
    for name in ("FIELD_KEY_BEFORE", "LOOKUP_KEY"):
        value = getattr(config, name.lower())
        if value and (len(value) < LEAST_KEY or value in (config.field_key, config.secret_key)):
            yield f"{name} must be at least {LEAST_KEY} characters, and none of the keys of today"
    amounts = [value for value in values.values() if value]
    if len(set(amounts)) < len(amounts):
        yield "the secrets must differ from each other"


def _unsafe_addresses(config: Config) -> Iterator[str]:
    if not config.database_url:
        yield "DATABASE_URL is missing"
    elif not _encrypted(config.database_url):
        yield "DATABASE_URL must name sslmode=require, verify-ca or verify-full for a server on another machine"
    if not config.public_url.startswith("https://"):
        yield "PUBLIC_URL must begin with https://"
    if config.stripe_api_base and not config.stripe_api_base.startswith("https://"):
        yield "STRIPE_API_BASE must begin with https://"
    if config.mail_url.startswith("file:"):
        yield "MAIL_URL must begin with smtp:// or smtps://: a folder sends nothing to anybody"
    if config.sms_url and not config.sms_url.startswith("https://"):
        yield "SMS_URL must begin with https://: codes open what donors gave"
    if config.sandbox:
        yield "BEISHAN_SANDBOX must not be set: the payment sandbox is not for production"


def _encrypted(url: str) -> bool:
    """Whether what travels to the database cannot be read on the way: a socket, this machine, or TLS."""
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    hosts = [host for text in query.get("host", [parts.hostname or ""]) for host in text.split(",")]
    local = all(host in _LOOPBACK or host.startswith("/") for host in hosts)
    return local or query.get("sslmode", [""])[-1] in ("require", "verify-ca", "verify-full")
