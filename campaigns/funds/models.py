"""The table of funds."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from kernel.db import identity, moment, one_of


class FundKind(StrEnum):
    SPECIAL = "special"  # 专项基金
    COMMUNITY = "community"  # 社区发展基金
    RURAL = "rural"  # 乡村振兴基金
    UNIT = "unit"  # 单位基金
    PERSONAL = "personal"  # 个人微基金
    CONSUMPTION = "consumption"  # 消费捐基金


class Fund(SQLModel, table=True):
    """A fund (专项基金 ...). Its balance is in the ledger."""

    __table_args__ = (CheckConstraint(one_of("kind", FundKind), name="fund_kind"),)
    id: int | None = Field(default=None, sa_column=identity())
    name: str = Field(unique=True)
    kind: str
    currency: str
    created_at: datetime = Field(sa_column=moment())
