"""The tables of funds, their grants, entries, transfers and moves."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

import campaigns.network.models  # noqa: F401  (foreign keys refer to its tables)
from kernel.db import identity, moment, one_of


class FundKind(StrEnum):
    SPECIAL = "special"  # 专项基金
    COMMUNITY = "community"  # 社区发展基金
    RURAL = "rural"  # 乡村振兴基金
    UNIT = "unit"  # 单位基金
    PERSONAL = "personal"  # 个人微基金
    CONSUMPTION = "consumption"  # 消费捐基金


class FundGrant(SQLModel, table=True):
    """Permission for campaigns of another branch to fill their pots from a fund, until it is revoked."""

    __tablename__ = "fund_grant"
    __table_args__ = (
        Index(
            "fund_grant_once",
            "fund_id",
            "organisation_code",
            unique=True,
            postgresql_where=text("revoked_at IS NULL"),
        ),
    )
    id: int | None = Field(default=None, sa_column=identity())
    fund_id: int = Field(sa_type=BigInteger, foreign_key="fund.id")
    organisation_code: str = Field(foreign_key="organisation.code")
    reason: str
    actor: str
    granted_at: datetime = Field(sa_column=moment())
    revoked_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    revoked_by: str = ""


class FundEntry(SQLModel, table=True):
    """A deposit to a fund, or a correction of one. Never changed or deleted. `amount_minor` is what the fund gained
    (a correction may be negative), in fen; `key` is that of its transfer in the books."""

    __tablename__ = "fund_entry"
    __table_args__ = (
        CheckConstraint("amount_minor <> 0", name="fund_entry_amount"),
        CheckConstraint(
            "CASE WHEN corrects_id IS NULL THEN amount_minor > 0 ELSE reason <> '' END",
            name="fund_entry_correction",
        ),
        Index("fund_entry_fund", "fund_id", "reference"),
        Index("fund_entry_corrects", "corrects_id"),
    )
    id: int | None = Field(default=None, sa_column=identity())
    fund_id: int = Field(sa_type=BigInteger, foreign_key="fund.id")
    key: str = Field(unique=True)
    amount_minor: int = Field(sa_type=BigInteger)
    reference: str
    reason: str = Field(default="", sa_column_kwargs={"server_default": text("''")})
    corrects_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="fund_entry.id")
    actor: str
    booked_at: datetime = Field(sa_column=moment())


class FundTransfer(SQLModel, table=True):
    """Money moved from one fund to another. Append-only."""

    __tablename__ = "fund_transfer"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="fund_transfer_amount"),
        CheckConstraint("from_fund_id <> to_fund_id", name="fund_transfer_funds"),
        CheckConstraint("reason <> ''", name="fund_transfer_said"),
        Index("fund_transfer_from", "from_fund_id"),
        Index("fund_transfer_to", "to_fund_id"),
    )
    id: int | None = Field(default=None, sa_column=identity())
    from_fund_id: int = Field(sa_type=BigInteger, foreign_key="fund.id")
    to_fund_id: int = Field(sa_type=BigInteger, foreign_key="fund.id")
    amount_minor: int = Field(sa_type=BigInteger)
    reason: str
    actor: str
    moved_at: datetime = Field(sa_column=moment())


class FundMove(SQLModel, table=True):
    """A previous owner of a fund, until `moved_at`: a node that was merged into another. Append-only."""

    __tablename__ = "fund_move"
    __table_args__ = (Index("fund_move_fund", "fund_id"),)
    id: int | None = Field(default=None, sa_column=identity())
    fund_id: int = Field(sa_type=BigInteger, foreign_key="fund.id")
    organisation_code: str = Field(foreign_key="organisation.code")
    moved_at: datetime = Field(sa_column=moment())


class Fund(SQLModel, table=True):
    """A fund (专项基金 ...). Its balance is in the ledger."""

    __table_args__ = (CheckConstraint(one_of("kind", FundKind), name="fund_kind"),)
    id: int | None = Field(default=None, sa_column=identity())
    name: str = Field(unique=True)
    kind: str
    currency: str
    organisation_code: str | None = Field(default=None, foreign_key="organisation.code")  # None: the federation
    created_at: datetime = Field(sa_column=moment())
