"""The tables of ordered files: their progress, and their content in parts."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, LargeBinary, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

import campaigns.network.models  # noqa: F401  (foreign keys refer to its tables)
from kernel.db import identity, moment, one_of


class ExportState(StrEnum):
    """The state of an ordered file."""

    WAITING = "waiting"  # for the job
    WRITING = "writing"
    DONE = "done"  # ready for download
    FAILED = "failed"
    EXPIRED = "expired"  # its content is deleted


UNDER_WAY = (ExportState.WAITING, ExportState.WRITING)
FORMATS = ("csv", "xlsx")


class ExportRun(SQLModel, table=True):
    """An ordered file. `filters` define its content and contain nothing that leads to a person. Repeating an order
    under way returns the same run. `tries` counts the job's attempts; a process whose run has another number
    stops."""

    __tablename__ = "export_run"
    __table_args__ = (
        CheckConstraint(one_of("state", ExportState), name="export_run_state"),
        CheckConstraint(one_of("file_format", FORMATS), name="export_run_format"),
        CheckConstraint("rows_done >= 0 AND rows_total >= 0 AND file_bytes >= 0", name="export_run_counts"),
        Index("export_run_once", "order_hash", unique=True, postgresql_where=text(one_of("state", UNDER_WAY))),
        Index("export_run_owner", "owner", "id"),
    )
    id: int | None = Field(default=None, sa_column=identity())
    owner: str  # see `Caller`
    actor: str
    branch_code: str | None = Field(default=None, foreign_key="organisation.code")
    filters: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    file_format: str
    language: str
    order_hash: str
    state: str
    tries: int = 0
    rows_done: int = Field(default=0, sa_type=BigInteger)
    rows_total: int = Field(default=0, sa_type=BigInteger)
    file_bytes: int = Field(default=0, sa_type=BigInteger)
    ordered_at: datetime = Field(sa_column=moment())
    seen_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))  # the job's last sign of life
    ended_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))


class ExportPart(SQLModel, table=True):
    """A compressed part of a file; `number` counts from 0."""

    __tablename__ = "export_part"
    run_id: int = Field(sa_column=Column(BigInteger, ForeignKey("export_run.id"), primary_key=True))
    number: int = Field(primary_key=True)
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
