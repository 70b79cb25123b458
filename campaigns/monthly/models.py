"""The tables of monthly statements. They are append-only: a trigger forbids UPDATE and DELETE."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

import campaigns.projects.models  # noqa: F401  (foreign keys refer to its tables)
from kernel.db import identity, moment

MONTH = "month ~ '^[0-9]{4}-(0[1-9]|1[0-2])$'"


class StatementRun(SQLModel, table=True):
    """The statements of a month for all nodes: transfers after `after_transfer` up to `last_transfer`. What the
    books learn of a month later is in the next statement. Money moved between projects is included after
    `moves_after` (None: not at all)."""

    __tablename__ = "statement_run"
    __table_args__ = (CheckConstraint(MONTH, name="statement_run_month"),)
    month: str = Field(primary_key=True)
    after_transfer: int = Field(sa_type=BigInteger)
    last_transfer: int = Field(sa_type=BigInteger)
    moves_after: int | None = Field(default=None, sa_type=BigInteger)
    made_at: datetime = Field(sa_column=moment())


class StatementSpending(SQLModel, table=True):
    """A project's spending in the statements of a month, in fen: checked by finance since the previous month, less
    what was sent back."""

    __tablename__ = "statement_spending"
    month: str = Field(foreign_key="statement_run.month", primary_key=True)
    project_id: int = Field(sa_type=BigInteger, foreign_key="project.id", primary_key=True)
    spent_minor: int = Field(sa_type=BigInteger)


class MonthlyStatement(SQLModel, table=True):
    """What a node and all nodes below it received and paid in a month. `number` counts the statements of the node,
    `statement` has the figures in fen, and `hash` is computed from it."""

    __tablename__ = "monthly_statement"
    __table_args__ = (
        UniqueConstraint("organisation_code", "number", name="monthly_statement_number"),
        UniqueConstraint("organisation_code", "month", name="monthly_statement_once"),
        Index("monthly_statement_month", "month"),
    )
    id: int | None = Field(default=None, sa_column=identity())
    organisation_code: str = Field(foreign_key="organisation.code")
    month: str = Field(foreign_key="statement_run.month")
    number: int
    statement: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    hash: str


class StatementCorrection(SQLModel, table=True):
    """A notice beside a published statement: what was wrong in it, and where it is corrected. With figures, it has
    the whole `statement` as it should have been, and its hash. The published one stays unchanged; the money
    moves in the month in which the mistake is corrected."""

    __tablename__ = "statement_correction"
    __table_args__ = (
        CheckConstraint("(statement IS NULL) = (hash IS NULL)", name="statement_correction_hash"),
        Index("statement_correction_statement", "statement_id"),
    )
    id: int | None = Field(default=None, sa_column=identity())
    statement_id: int = Field(sa_type=BigInteger, foreign_key="monthly_statement.id")
    text: str
    statement: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB(none_as_null=True)))
    hash: str | None = None
    actor: str
    corrected_at: datetime = Field(sa_column=moment())
