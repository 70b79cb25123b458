"""Flask's sessions in a signed cookie, without the cost of a signature for requests that have no cookie."""

from flask import Flask, Request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface


class SessionOnDemand(SecureCookieSessionInterface):
    """Open a session only if the cookie is present: most requests (donors, programs, platforms) have none."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        if self.get_cookie_name(app) not in request.environ.get("HTTP_COOKIE", ""):
            return self.session_class()
        return super().open_session(app, request)
