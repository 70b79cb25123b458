"""The table of acts that wait for a second person."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TEXT
from sqlmodel import Field, SQLModel

from kernel.db import identity, moment, one_of


class ApprovalState(StrEnum):
    """State of an approval: open, or one final state."""

    OPEN = "open"
    APPROVED = "approved"  # and performed
    DECLINED = "declined"
    EXPIRED = "expired"  # not decided in time
    OVERTAKEN = "overtaken"  # its subject was decided otherwise meanwhile


class Approval(SQLModel, table=True):
    """A requested act that another person decides about.

    `subject` is the key of the resource, of the kind that the act names; `part` is the part of it that the act is
    about (empty: all of it). `arguments` are the rest of the request, without the reason. `owner` is the account
    that requested it. `lineage`: the codes from the city to the node that the subject belongs to. `stake_minor`
    (fen) is null if no sum is at stake.
    """

    __table_args__ = (
        CheckConstraint(one_of("state", ApprovalState), name="approval_state"),
        CheckConstraint("state <> 'declined' OR note <> ''", name="approval_note"),
        # One at a time: a second one would be decided without knowledge of the first.
        Index(
            "approval_one_open_of_part",
            "act",
            "subject",
            "part",
            unique=True,
            postgresql_where=text(f"state = '{ApprovalState.OPEN}'"),
        ),
        Index("approval_lineage", "lineage", postgresql_using="gin"),
    )
    id: int | None = Field(default=None, sa_column=identity())
    act: str
    subject: str
    part: str = Field(default="", sa_column_kwargs={"server_default": text("''")})
    arguments: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    reason: str
    stake_minor: int | None = Field(default=None, sa_type=BigInteger)
    campaign: str = ""
    lineage: list[str] = Field(sa_column=Column(ARRAY(TEXT), nullable=False))
    asked_by: str
    owner: str
    asked_at: datetime = Field(sa_column=moment())
    until: datetime = Field(sa_column=moment())
    state: str = ApprovalState.OPEN
    decided_by: str = ""
    decided_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    note: str = ""
