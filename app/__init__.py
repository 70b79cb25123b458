"""How people and machines reach the engine; the only package that knows HTTP."""

from importlib import import_module

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

import config as settings_of
from app import errors, gather, health, limits, logs, metrics, security
from campaigns.donations.pay import remember
from campaigns.engine import Engine, Limits
from kernel.db import Database
from kernel.keys import Keys
from payments.stripe import StripeGateway

ROOMS = ("app.web", "app.console", "app.api", "app.live", "app.webhooks", "app.cli")


def create_app(config: settings_of.Config | None = None, engine: Engine | None = None) -> Flask:
    """The application: settings (default: the environment) and engine (default: made from the settings)."""
    settings = config or settings_of.load()
    app = Flask(__name__)
    app.extensions["settings"] = settings
    app.extensions["engine"] = engine or make_engine(settings)
    app.extensions["gather"] = gather.Gather(app.extensions["engine"])
    app.extensions["openings"] = gather.Gather(app.extensions["engine"], remember)
    logs.configure(settings.log_level)
    _configure(app, settings)
    for step in (logs.attach, security.attach, metrics.attach, limits.attach, errors.attach, health.attach):
        step(app)
    for room in ROOMS:
        _open(app, room)
    return app


def make_engine(settings: settings_of.Config) -> Engine:
    """The collaborators of the use cases as the settings name them."""
    return Engine(
        db=Database(settings.database_url or "postgresql+psycopg://"),  # unset: commands say so
        gateway=StripeGateway(settings.stripe_secret_key, settings.stripe_api_base, settings.stripe_methods),
        keys=Keys(settings.secret_key, settings.field_key),
        public_url=settings.public_url,
        limits=Limits(minimum_minor=settings.minimum_minor, maximum_minor=settings.maximum_minor),
    )


def _configure(app: Flask, settings: settings_of.Config) -> None:
    app.config.update(
        SECRET_KEY=settings.secret_key,
        MAX_CONTENT_LENGTH=1 << 20,  # bytes; partners' batches have a limit of their own
        MAX_FORM_MEMORY_SIZE=1 << 20,
        MAX_FORM_PARTS=200,
        SESSION_COOKIE_NAME="beishan",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",  # the donor comes back from the cashier by a link
        SESSION_COOKIE_SECURE=settings.public_url.startswith("https://"),
        PERMANENT_SESSION_LIFETIME=12 * 3600,  # seconds: a manager's working day
    )
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.json.sort_keys = False  # type: ignore[attr-defined]
    if hops := settings.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, hops, hops, hops)  # type: ignore[method-assign]


def _open(app: Flask, room: str) -> None:
    """Each room has `attach(app)`. Rooms import from this package, so they are imported here, not above."""
    import_module(room).attach(app)
