"""Every setting, read once. Names and meaning are part of the public contract (see README)."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

DEFAULT_SECRET = "demo-only-not-a-secret"  # noqa: S105 - production refuses to start with it


class MissingSetting(SystemExit):
    """Production must not start half configured; the message names every setting that is missing."""


@dataclass(frozen=True)
class Config:
    """Settings of one process. Durations are seconds, amounts are fen."""

    database_url: str
    redis_url: str | None
    port: int
    public_url: str
    data_dir: Path
    secret_key: str
    field_key: str
    stripe_secret_key: str
    stripe_publishable_key: str
    stripe_webhook_secret: str
    stripe_api_base: str | None
    mail_url: str | None
    log_level: str
    production: bool
    sandbox: bool  # the payment provider is our stand-in: every page says so
    stripe_methods: tuple[str, ...] = ("card", "alipay", "wechat_pay")
    minimum_minor: int = 100  # 1 yuan (ours)
    maximum_minor: int = 5_000_000  # 50,000 yuan a card payment (ours)
    trusted_proxies: int = 0  # exact number of proxies before us; 0 ignores X-Forwarded-*


def load(environ: Mapping[str, str] | None = None) -> Config:
    """Read the environment. Raises MissingSetting in production (`BEISHAN_ENV=production`) when a secret is
    missing or still the default."""
    env = os.environ if environ is None else environ
    port = int(env.get("PORT", "8000"))
    config = Config(
        database_url=_psycopg(env.get("DATABASE_URL", "")),
        redis_url=env.get("REDIS_URL") or None,
        port=port,
        public_url=env.get("PUBLIC_URL", f"http://127.0.0.1:{port}").rstrip("/"),
        data_dir=Path(env.get("DATA_DIR", "var")),
        secret_key=env.get("SECRET_KEY", DEFAULT_SECRET),
        field_key=env.get("FIELD_KEY", DEFAULT_SECRET),
        stripe_secret_key=env.get("STRIPE_SECRET_KEY", ""),
        stripe_publishable_key=env.get("STRIPE_PUBLISHABLE_KEY", ""),
        stripe_webhook_secret=env.get("STRIPE_WEBHOOK_SECRET", ""),
        stripe_api_base=env.get("STRIPE_API_BASE") or None,
        mail_url=env.get("MAIL_URL") or None,
        log_level=env.get("LOG_LEVEL", "INFO").upper(),
        production=env.get("BEISHAN_ENV", "") == "production",
        sandbox=env.get("BEISHAN_SANDBOX", "") == "1",
        stripe_methods=tuple(env.get("STRIPE_METHODS", "card,alipay,wechat_pay").split(",")),
        minimum_minor=int(env.get("MINIMUM_MINOR", "100")),
        maximum_minor=int(env.get("MAXIMUM_MINOR", "5000000")),
        trusted_proxies=int(env.get("TRUSTED_PROXIES", "0")),
    )
    if config.production:
        _refuse_defaults(config)
    return config


def _psycopg(url: str) -> str:
    """Name the driver: people write postgresql:// or postgres://, SQLAlchemy wants to know psycopg 3."""
    for prefix in ("postgresql://", "postgres://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url


def _refuse_defaults(config: Config) -> None:
    needed = {
        "DATABASE_URL": config.database_url,
        "SECRET_KEY": config.secret_key,
        "FIELD_KEY": config.field_key,
        "STRIPE_SECRET_KEY": config.stripe_secret_key,
        "STRIPE_WEBHOOK_SECRET": config.stripe_webhook_secret,
    }
    bad = [name for name, value in needed.items() if not value or value == DEFAULT_SECRET]
    if config.sandbox:
        bad.append("BEISHAN_SANDBOX (the payment sandbox is not for production)")
    if bad:
        raise MissingSetting("Refusing to start in production: missing or default " + ", ".join(bad))
