"""Delete expired access data (sessions, tokens, links and recovery codes) some time after its end. What was done
with it stays in the audit trail."""

from datetime import timedelta

from sqlalchemy import ColumnElement, delete, or_
from sqlalchemy.engine import CursorResult
from sqlmodel import SQLModel, col

from campaigns.network.models import AccountLink, ApiToken, ManagerSession, RecoveryCode
from kernel.db import Tx

KEPT = timedelta(days=90)  # our default: long enough for an investigation


def forget_access(tx: Tx) -> int:
    """Delete access data that ended long ago; return how many rows."""
    before = tx.now - KEPT
    over: tuple[tuple[type[SQLModel], ColumnElement[bool]], ...] = (
        (ManagerSession, or_(col(ManagerSession.ends_at) < before, col(ManagerSession.ended_at) < before)),
        (ApiToken, or_(col(ApiToken.revoked_at) < before, col(ApiToken.expires_at) < before)),
        (AccountLink, col(AccountLink.expires_at) < before),
        (RecoveryCode, col(RecoveryCode.used_at) < before),
    )
    return sum(_delete(tx, table, condition) for table, condition in over)


def _delete(tx: Tx, table: type[SQLModel], condition: ColumnElement[bool]) -> int:
    result: CursorResult[object] = tx.session.execute(delete(table).where(condition))  # type: ignore[assignment]
    return result.rowcount
