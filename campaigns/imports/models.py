"""The tables of imports: an uploaded file, what was read from it, and its outcome."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, LargeBinary, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from campaigns.imports.kinds import KINDS
from kernel.db import identity, moment, one_of


class State(StrEnum):
    """State of an import. Its file is kept in the first three states and deleted afterwards."""

    CHECKING = "checking"  # waits for the job to read it
    READY = "ready"  # was shown; waits for confirmation
    CONFIRMED = "confirmed"  # waits for the job to import it
    DONE = "done"
    REFUSED = "refused"  # has faults
    CHANGED = "changed"  # the import would no longer do what was shown
    FAILED = "failed"
    EXPIRED = "expired"  # not confirmed in time, or dropped


KEPT = (State.CHECKING, State.READY, State.CONFIRMED)
_EMPTY = {"server_default": text("''")}


class ImportRun(SQLModel, table=True):
    """An import, from the upload of its file to its end. `token` identifies what was shown (see
    `report.token_of`)."""

    __tablename__ = "import_run"
    __table_args__ = (
        CheckConstraint(one_of("kind", KINDS), name="import_run_kind"),
        CheckConstraint(one_of("state", State), name="import_run_state"),
        CheckConstraint("state <> 'confirmed' OR confirmed_by <> ''", name="import_run_confirmed"),
        Index("import_run_open", "id", postgresql_where=text(one_of("state", KEPT))),
    )
    id: int | None = Field(default=None, sa_column=identity())
    kind: str
    partner: str = ""  # whose bill it is
    branch_code: str | None = None  # of the uploader: must contain all rows
    file_name: str
    file_bytes: int = Field(sa_type=BigInteger)
    file_hash: str  # SHA-256
    state: str
    token: str = Field(default="", sa_column_kwargs=_EMPTY)
    report: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSONB, nullable=False))
    step: str = Field(default="", sa_column_kwargs=_EMPTY)  # which step lines_done counts: `read`, `write`
    lines_done: int = 0
    lines_total: int = 0
    added: int | None = None  # rows that were new
    actor: str
    created_at: datetime = Field(sa_column=moment())
    confirmed_by: str = Field(default="", sa_column_kwargs=_EMPTY)
    confirmed_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    reason: str = Field(default="", sa_column_kwargs=_EMPTY)
    ended_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))


class ImportFile(SQLModel, table=True):
    """The file of an import, sealed because it holds personal data. Deleted when the import ends. The process that
    works on the import holds the lock of this row."""

    __tablename__ = "import_file"
    run_id: int = Field(sa_column=Column(BigInteger, ForeignKey("import_run.id"), primary_key=True))
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
