"""The tables of sums stated to platforms, their answers, and the replies. A trigger forbids changes to them."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

import payments.models  # noqa: F401  (foreign keys refer to their tables)
from kernel.db import identity, moment, one_of


class SumsVerdict(StrEnum):
    """A platform's verdict on its sums."""

    CONFIRMED = "confirmed"
    CONTRADICTED = "contradicted"


class PartnerSums(SQLModel, table=True):
    """What a platform raised for a campaign, in total and by project, as of a public notice or the wind-up of a
    cancelled campaign. The highest `number` is the current one. The platform may contradict until
    `answer_until`."""

    __tablename__ = "partner_sums"
    __table_args__ = (
        UniqueConstraint("campaign_id", "partner", "number", name="partner_sums_number"),
        CheckConstraint("number > 0", name="partner_sums_positive"),
        Index("partner_sums_partner", "partner", "id"),
    )
    id: int | None = Field(default=None, sa_column=identity())
    campaign_id: int = Field(sa_type=BigInteger, foreign_key="campaign.id")
    partner: str = Field(foreign_key="partner.name")
    number: int = 1  # 1, 2, ... per campaign and platform
    sums: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    stated_at: datetime = Field(sa_column=moment())
    answer_until: datetime = Field(sa_column=moment())


class PartnerSumsAnswer(SQLModel, table=True):
    """An answer of a platform. `projects` has the codes of the projects that differ; `text` explains how."""

    __tablename__ = "partner_sums_answer"
    __table_args__ = (
        CheckConstraint(one_of("verdict", SumsVerdict), name="partner_sums_answer_verdict"),
        CheckConstraint("verdict <> 'contradicted' OR text <> ''", name="partner_sums_answer_text"),
        Index("partner_sums_answer_sums", "sums_id", "id"),
    )
    id: int | None = Field(default=None, sa_column=identity())
    campaign_id: int = Field(sa_type=BigInteger, foreign_key="campaign.id")
    sums_id: int = Field(sa_type=BigInteger, foreign_key="partner_sums.id")
    verdict: str
    text: str = Field(default="", sa_column_kwargs={"server_default": text("''")})
    projects: list[str] = Field(sa_column=Column(JSONB, nullable=False))
    answered_at: datetime = Field(sa_column=moment())


class PartnerSumsReply(SQLModel, table=True):
    """The federation's reply to a contradiction, with its reason."""

    __tablename__ = "partner_sums_reply"
    answer_id: int = Field(sa_type=BigInteger, foreign_key="partner_sums_answer.id", primary_key=True)
    reason: str
    actor: str
    replied_at: datetime = Field(sa_column=moment())
