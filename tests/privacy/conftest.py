"""The application, its API, and a world whose donor is known by marked personal data."""

from tests.api.conftest import api, app, clock, http, world

__all__ = ["api", "app", "clock", "http", "world"]
