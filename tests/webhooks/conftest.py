"""The application of the webhooks, which call no other server."""

from tests.site import app, http

__all__ = ["app", "http"]
