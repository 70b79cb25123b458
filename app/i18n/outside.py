"""The language of what is written outside of requests: letters and files that jobs make."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from flask import Flask
from flask_babel import force_locale

from app.i18n.locale import init_app


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Say texts in a language, and render templates, without a request."""
    with _texts().app_context(), force_locale(language):
        yield


@cache
def _texts() -> Flask:
    """An application that knows texts and templates and no requests."""
    app = Flask("app")
    init_app(app)
    return app
