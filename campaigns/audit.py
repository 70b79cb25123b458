"""The audit trail: one append-only row for every act of a manager."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel, col, select

from kernel.db import Tx, identity, moment


class AuditEntry(SQLModel, table=True):
    """Who did what to which thing. A trigger forbids UPDATE, DELETE and TRUNCATE."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index("audit_entry_subject", "subject"),)
    id: int | None = Field(default=None, sa_column=identity())
    at: datetime = Field(sa_column=moment())
    actor: str
    action: str
    subject: str
    detail: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))


def record_audit(tx: Tx, actor: str, action: str, subject: str, **detail: Any) -> None:
    """Record that `actor` did `action` (`project.approve`) to `subject` (`project:7`).

    `detail` must be JSON: ids, fen, reasons; never a password, a token or a donor's data.
    """
    tx.add(AuditEntry(at=tx.now, actor=actor, action=action, subject=subject, detail=detail))


def entries_of(tx: Tx, subject: str) -> list[AuditEntry]:
    """Return what managers did to one thing (`project:7`), newest first."""
    return tx.all(select(AuditEntry).where(AuditEntry.subject == subject).order_by(col(AuditEntry.id).desc()))
