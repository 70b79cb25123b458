"""Sessions in a signed cookie, as Flask has them; a request without the cookie pays for no signature."""

from flask import Flask, Request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface


class SessionOnDemand(SecureCookieSessionInterface):
    """Most requests have no session: donors, programs, platforms."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        if self.get_cookie_name(app) not in request.environ.get("HTTP_COOKIE", ""):
            return self.session_class()
        return super().open_session(app, request)
