"""The language of texts written outside requests: letters, and files that jobs write."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from flask import Flask
from flask_babel import force_locale

from app.i18n.locale import init_app


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Translate texts and render templates in a language without a request."""
    with _texts().app_context(), force_locale(language):
        yield


@cache
def _texts() -> Flask:
    """Return an application that has texts and templates but serves no requests."""
    app = Flask("app")
    init_app(app)
    return app
