"""Record security events of requests: failed sign-ins, refused permissions, refused tokens.

Views and guards note events on the request. They are written in a separate transaction when the request ends,
because a refusal rolls its own transaction back. Each is also logged as a line `security` with the address. Events
that a caller without an account can cause are counted here first, so that a flood does not cost a transaction each.
"""

from collections import Counter
from threading import Lock
from time import monotonic
from typing import NamedTuple

import structlog
from flask import Flask, Response, current_app, g, request
from sqlalchemy.exc import SQLAlchemyError

from app.current import deps
from app.http import auth
from campaigns.network.people import candidate
from campaigns.security_log import UNKNOWN, count_event
from kernel.db import Tx
from kernel.errors import Refusal

FLUSH_S = 1.0  # seconds; a process writes events of callers without an account at most this often
RIGHTS = ("not_permitted", "origin_foreign", "role_beyond_own", "password_link_own", "second_factor_own")
SIGN_IN_FAILED, SIGN_IN_LIMITED = "manager.sign_in_failed", "manager.sign_in_limited"
RIGHTS_REFUSED, TOKEN_REFUSED, TOKEN_LIMITED = "access.refused", "token.refused", "token.limited"


class Noticed(NamedTuple):
    """An event of this request. `login`: what was typed at the sign-in; `about`: the route or the cause."""

    action: str
    about: str = ""
    login: str | None = None

    @property
    def anonymous(self) -> bool:
        return self.action in (SIGN_IN_LIMITED, TOKEN_REFUSED, TOKEN_LIMITED)


class _Counted:
    """Events of callers without an account since the last write."""

    def __init__(self) -> None:
        self._lock, self._events, self._written_at = Lock(), Counter[str](), -FLUSH_S

    def add(self, action: str) -> dict[str, int]:
        """Count an event, and return the events to be written now, by action."""
        with self._lock:
            self._events[action] += 1
            if monotonic() - self._written_at < FLUSH_S:
                return {}
            due, self._events, self._written_at = dict(self._events), Counter(), monotonic()
            return due


def attach(app: Flask) -> None:
    """Write the noted events at the end of each request."""
    app.extensions["security_counted"] = _Counted()

    @app.after_request
    def write(response: Response) -> Response:
        for noticed in g.pop("noticed", ()):
            try:
                _write(noticed)
            except SQLAlchemyError as error:  # the response is sent even if the event cannot be recorded
                structlog.get_logger("security").error("security_unrecorded", error=type(error).__name__)
        return response


def notice_sign_in(refusal: Refusal, login: str) -> None:
    """Note that a sign-in was refused."""
    limited = refusal.code == "rate_limited"
    _notice(Noticed(SIGN_IN_LIMITED if limited else SIGN_IN_FAILED, "" if limited else refusal.code, login))


def notice_refusal(refusal: Refusal) -> None:
    """Note a refusal about permissions or tokens."""
    if refusal.code in RIGHTS:
        notice_rights()
    elif refusal.code == "token_invalid":
        _notice(Noticed(TOKEN_REFUSED))
    elif refusal.code == "rate_limited" and "Authorization" in request.headers:
        _notice(Noticed(TOKEN_LIMITED))


def notice_rights() -> None:
    """Note that what this route does was refused to the caller."""
    rule = request.url_rule.rule if request.url_rule else ""
    _notice(Noticed(RIGHTS_REFUSED, f"{request.method} {rule}"))


def _notice(noticed: Noticed) -> None:
    if "noticed" not in g:
        g.noticed = []
    if noticed not in g.noticed:
        g.noticed.append(noticed)


def _write(noticed: Noticed) -> None:
    if noticed.anonymous:
        counted: _Counted = current_app.extensions["security_counted"]
        for action, events in counted.add(noticed.action).items():
            _log(action, UNKNOWN, noticed.about, events)
            with deps().db.transaction() as tx:
                count_event(tx, action, about=noticed.about, events=events)
        return
    with deps().db.transaction() as tx:
        account = _account_typed(tx, noticed.login) if noticed.login is not None else auth.account(tx)
        subject, name = account or (UNKNOWN, UNKNOWN)
        count_event(tx, noticed.action, subject, actor=name, about=noticed.about)
    _log(noticed.action, subject, noticed.about, 1)


def _account_typed(tx: Tx, login: str) -> tuple[str, str] | None:
    """Return the account of a typed login. Unknown logins are not recorded, because they may be a password."""
    manager = candidate(tx, login)
    return (f"manager:{manager.id}", UNKNOWN) if manager else None


def _log(action: str, subject: str, about: str, events: int) -> None:
    log = structlog.get_logger("security")
    log.warning("security", action=action, account=subject, about=about, events=events, address=request.remote_addr)
