"""The application on this test's own database."""

from tests.api.conftest import api, app, http

__all__ = ["api", "app", "http"]
