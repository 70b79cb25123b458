"""Sessions of the console, kept on the server: the browser holds a random token, we store its hash. A session can
be ended here at any moment, after which a copied cookie opens nothing."""

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlmodel import col, select

from campaigns.audit import record_audit
from campaigns.network.models import Manager, ManagerSession
from campaigns.network.roles import SENSITIVE
from campaigns.network.secret_tokens import new_token, token_hash
from kernel.db import Tx
from kernel.errors import Forbidden, NotFound

LASTS = timedelta(hours=12)  # a manager's working day, regardless of activity
MOST_OPEN = 10  # sessions per account; one more ends the oldest
CODE_WITHIN = timedelta(minutes=10)  # from the password to the code
_SEEN_EVERY = timedelta(minutes=1)  # so that reading pages rarely writes


class Idle(NamedTuple):
    """How long an unused session lasts: for most people, and for those who grant rights or move money."""

    others: timedelta = timedelta(hours=1)
    sensitive: timedelta = timedelta(minutes=30)

    def of(self, manager: Manager) -> timedelta:
        """Return how long this manager may be idle."""
        return self.sensitive if manager.role in SENSITIVE else self.others


IDLE = Idle()


class SessionRow(NamedTuple):
    """The visible part of a session: everything but its token."""

    id: int
    created_at: datetime
    last_seen_at: datetime
    ends_at: datetime
    ended_at: datetime | None


def start_session(tx: Tx, manager: Manager, *, awaits_code: bool = False, idle: Idle = IDLE) -> str:
    """Start a session of a manager whose password was just verified; return its token, which is shown only now.

    With `awaits_code` it opens only the page that asks for the second factor. If there are too many sessions, the
    oldest ends. Raises Forbidden `sign_in_failed` if the account was disabled or got another password meanwhile:
    the lock prevents a session from starting beside the change that ends all of them.
    """
    verified = manager.password_hash
    now = tx.get(Manager, manager.id, lock=True)
    if now is None or now.disabled_at is not None or now.password_hash != verified:
        raise Forbidden("sign_in_failed")
    assert now.id is not None
    for oldest in _open(tx, ManagerSession.manager_id == now.id)[MOST_OPEN - 1 :]:
        oldest.ended_at = tx.now
    token = new_token()
    tx.add(
        ManagerSession(
            token_hash=token_hash(token),
            manager_id=now.id,
            created_at=tx.now,
            last_seen_at=tx.now,
            ends_at=tx.now + (CODE_WITHIN if awaits_code else idle.of(now)),
            awaits_code=awaits_code,
        )
    )
    return token


def manager_of_session(tx: Tx, token: str, *, awaits_code: bool = False, idle: Idle = IDLE) -> Manager | None:
    """Return the manager whose session has this token; None if it is unknown or has ended, or if the account is
    disabled.

    With `awaits_code`, find only sessions that wait for the second factor; otherwise these do not count. Each use
    extends the session, at most once per minute.
    """
    query = select(ManagerSession, Manager).where(
        ManagerSession.token_hash == token_hash(token),
        ManagerSession.manager_id == Manager.id,
        col(ManagerSession.ended_at).is_(None),
        ManagerSession.ends_at > tx.now,
        col(Manager.disabled_at).is_(None),
        ManagerSession.awaits_code == awaits_code,
    )
    for session, manager in tx.all(query):
        if tx.now - session.last_seen_at >= _SEEN_EVERY:
            session.last_seen_at = tx.now
            if not awaits_code:
                session.ends_at = min(session.created_at + LASTS, tx.now + idle.of(manager))
        return manager
    return None


def end_session_of(tx: Tx, token: str) -> None:
    """End the session with this token, if it exists: its manager signs out."""
    for session in _open(tx, ManagerSession.token_hash == token_hash(token)):
        session.ended_at = tx.now
        subject = f"manager:{session.manager_id}"
        record_audit(tx, subject, "session.sign_out", subject, session_id=session.id)


def end_sessions(tx: Tx, manager_id: int) -> int:
    """End all sessions of a manager; return how many were open. Lock the manager first."""
    ending = _open(tx, ManagerSession.manager_id == manager_id)
    for session in ending:
        session.ended_at = tx.now
    return len(ending)


def end_session(tx: Tx, session_id: int, actor: str) -> None:
    """End one session. Idempotent. Raises NotFound `session_unknown`."""
    session = tx.get(ManagerSession, session_id, lock=True)
    if session is None:
        raise NotFound("session_unknown")
    if session.ended_at is None:
        session.ended_at = tx.now
        record_audit(tx, actor, "session.end", f"manager:{session.manager_id}", session_id=session_id)


def end_session_of_manager(tx: Tx, manager_id: int, session_id: int, actor: str) -> None:
    """End one session of this account only. Idempotent. Raises NotFound `session_unknown`."""
    session = tx.get(ManagerSession, session_id)
    if session is None or session.manager_id != manager_id:
        raise NotFound("session_unknown")
    end_session(tx, session_id, actor)


def session_id_of(tx: Tx, token: str) -> int | None:
    """Return the id of the session with this token."""
    session = tx.first(select(ManagerSession).where(ManagerSession.token_hash == token_hash(token)))
    return session.id if session else None


def list_sessions(tx: Tx, manager_id: int) -> list[SessionRow]:
    """Return the open sessions of a manager, newest first."""
    return [
        SessionRow(row.id or 0, row.created_at, row.last_seen_at, row.ends_at, row.ended_at)
        for row in _open(tx, ManagerSession.manager_id == manager_id)
    ]


def _open(tx: Tx, which: bool) -> list[ManagerSession]:
    """Return the open sessions that satisfy a condition on columns, newest first."""
    query = select(ManagerSession).where(
        which, col(ManagerSession.ended_at).is_(None), ManagerSession.ends_at > tx.now
    )
    return tx.all(query.order_by(col(ManagerSession.id).desc()).with_for_update())
