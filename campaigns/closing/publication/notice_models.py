"""The table of public notices (公示): the result of a campaign by project, frozen; a correction is another row."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Column, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

import campaigns.lifecycle.models  # noqa: F401  (foreign keys refer to its tables)
from kernel.db import identity, moment


class PublicNotice(SQLModel, table=True):
    """A public notice. `year` and `number` are its number, without gaps within a year. `version` 1 is the result of
    the campaign; each later version corrects the previous one for a `reason`. `notice` has the table and sums up
    to `ledger_mark`. A trigger keeps it from changing."""

    __tablename__ = "public_notice"
    __table_args__ = (
        UniqueConstraint("year", "number", name="public_notice_number"),
        UniqueConstraint("campaign_id", "version", name="public_notice_version"),
        CheckConstraint("(version = 1) = (reason = '')", name="public_notice_reason"),
        CheckConstraint("number > 0 AND version > 0", name="public_notice_positive"),
    )
    id: int | None = Field(default=None, sa_column=identity())
    campaign_id: int = Field(sa_type=BigInteger, foreign_key="campaign.id")
    year: int
    number: int
    version: int
    ledger_mark: int = Field(sa_type=BigInteger)
    notice: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    notice_hash: str
    reason: str = Field(default="", sa_column_kwargs={"server_default": text("''")})
    actor: str
    published_at: datetime = Field(sa_column=moment())
