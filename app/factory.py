"""Assemble the application: settings, dependencies, and every part that serves HTTP."""

import os
from collections.abc import Callable
from typing import Any

import structlog
from flask import Flask, Request
from werkzeug.middleware.proxy_fix import ProxyFix

import config as settings_of
from app import current
from app.api import routes as api
from app.cli import commands as cli
from app.console import routes as console
from app.dependencies import job_timeouts, make_dependencies, web_timeouts
from app.http import declarations, errors, heavy_reads, origin, rate_limit, security, security_events, static
from app.http.json_provider import QuickJSONProvider
from app.http.rules import LazyRule
from app.http.session import SessionOnDemand
from app.http.templates import Templates
from app.http.urls import KeptUrls
from app.jobs.registry import JOBS
from app.jobs.runs import last_runs
from app.live import stream as live
from app.observability import health, logs, metrics
from app.single_values import SingleValues
from app.web import routes as web
from app.web.error_page import error_page
from app.webhooks import routes as webhooks
from campaigns.dependencies import Dependencies
from campaigns.network.sessions import LASTS
from kernel.timeouts import Timeouts


class SingleValueRequest(Request):
    """A request whose fields and parameters are read as one value, unless a view asks for all."""

    parameter_storage_class = SingleValues


class Application(Flask):
    """Flask without features that cost time on each request and are not used here."""

    request_class = SingleValueRequest
    session_interface = SessionOnDemand()
    json_provider_class = QuickJSONProvider
    url_rule_class = LazyRule
    jinja_environment = Templates

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._kept_urls = KeptUrls(super().url_for)

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return a view unchanged. Flask would check on every request whether the function is a coroutine."""
        return func

    def url_for(self, /, endpoint: str, **values: Any) -> str:
        """Return a URL, which is built once for the same values: a page has twenty and more."""
        return self._kept_urls(endpoint, values)


PARTS = (web, console, api, live, webhooks, cli)


def create_app(config: settings_of.Config | None = None, deps: Dependencies | None = None) -> Flask:
    """Create the application. `config` defaults to the environment, `deps` to dependencies built from the
    settings."""
    settings = config or settings_of.load()
    app = Application("app", static_folder=None)
    current.attach(app, settings, deps or make_dependencies(settings, _timeouts(settings)))
    logs.configure(settings.log_level)
    if settings.production and (risks := settings_of.risks(settings)):
        structlog.get_logger().warning("settings_risky", risks=risks)
    _configure(app, settings)
    for step in (logs, origin, security, security_events, rate_limit, heavy_reads, static):
        step.attach(app)
    metrics.attach(app, JOBS, last_runs)
    errors.attach(app, error_page)
    health.attach(app)
    for part in PARTS:
        part.attach(app)
    declarations.check(app)
    return app


def _timeouts(settings: settings_of.Config) -> Timeouts:
    """Return the time-outs of jobs for commands, because they process whole campaigns and no request queues behind
    them."""
    return job_timeouts(settings) if os.environ.get("FLASK_RUN_FROM_CLI") else web_timeouts(settings)


def _configure(app: Flask, settings: settings_of.Config) -> None:
    app.config.update(
        SECRET_KEY=settings.secret_key,
        MAX_CONTENT_LENGTH=1 << 20,  # bytes; partners' batches have their own limit
        MAX_FORM_MEMORY_SIZE=1 << 20,
        MAX_FORM_PARTS=200,
        SESSION_COOKIE_NAME=security.own_cookie("beishan", settings),
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",  # the donor returns from the cashier by a link
        SESSION_COOKIE_SECURE=settings.public_url.startswith("https://"),
        PERMANENT_SESSION_LIFETIME=LASTS,
    )
    if hops := settings.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, hops, hops, hops)  # type: ignore[method-assign]
