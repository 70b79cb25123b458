"""The tables of self-checks: signed forms of nodes, and their answers. Append-only."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

import campaigns.lifecycle.models  # noqa: F401  (foreign keys refer to its tables)
from kernel.db import identity, moment, one_of


class Question(StrEnum):
    """A question to a node, worded so that yes is the proper answer. Our default list."""

    RECEIVED = "received"  # the money arrived as it was paid out
    VOUCHERS = "vouchers"  # all spending has its vouchers
    PUBLISHED = "published"  # pictures and news are public
    SURPLUS = "surplus"  # what is left is known, and what will become of it
    COMPLAINTS = "complaints"  # no complaint is open


class SelfCheck(SQLModel, table=True):
    """A form that a manager signed for a node after a campaign. The highest `number` of a node is the current
    one."""

    __tablename__ = "self_check"
    __table_args__ = (
        UniqueConstraint("campaign_id", "organisation_code", "number", name="self_check_number"),
        CheckConstraint("number > 0", name="self_check_positive"),
    )
    id: int | None = Field(default=None, sa_column=identity())
    campaign_id: int = Field(sa_type=BigInteger, foreign_key="campaign.id")
    organisation_code: str = Field(foreign_key="organisation.code")
    number: int  # 1, 2, ... per campaign and node
    actor: str
    signed_at: datetime = Field(sa_column=moment())


class SelfCheckAnswer(SQLModel, table=True):
    """The answer of a form to one question."""

    __tablename__ = "self_check_answer"
    __table_args__ = (
        CheckConstraint(one_of("question", Question), name="self_check_answer_question"),
        CheckConstraint("yes OR remark <> ''", name="self_check_answer_remark"),
    )
    check_id: int = Field(sa_type=BigInteger, foreign_key="self_check.id", primary_key=True)
    question: str = Field(primary_key=True)
    yes: bool
    remark: str
