"""The tables of accounting: runs, vouchers with their lines, closed periods, versions of the chart of accounts.

They are append-only: a trigger forbids UPDATE, DELETE and TRUNCATE.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

import campaigns.funds.models
import campaigns.lifecycle.models
import campaigns.projects.models  # noqa: F401
import matching.models  # noqa: F401
from kernel.db import identity, moment, one_of

SIDES = ("debit", "credit")
PERIOD = "period ~ '^[0-9]{4}-(0[1-9]|1[0-2])$'"


class ChartVersion(SQLModel, table=True):
    """A version of the chart of accounts: kind of ledger account -> `code` and `name` of the accounting rules."""

    __tablename__ = "chart_version"
    number: int | None = Field(default=None, sa_column=identity())
    accounts: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    reason: str
    actor: str
    created_at: datetime = Field(sa_column=moment())


class AccountingPeriod(SQLModel, table=True):
    """A closed month (`2026-09`), which gets no further vouchers."""

    __tablename__ = "accounting_period"
    __table_args__ = (CheckConstraint(PERIOD, name="accounting_period_month"),)
    period: str = Field(primary_key=True)
    actor: str
    closed_at: datetime = Field(sa_column=moment())


class VoucherRun(SQLModel, table=True):
    """A run: the transfers after `after_transfer` up to `last_transfer` became vouchers. Each run begins where the
    previous one ended, so that no transfer is left out or booked twice."""

    __tablename__ = "voucher_run"
    __table_args__ = (CheckConstraint("last_transfer > after_transfer", name="voucher_run_range"),)
    id: int | None = Field(default=None, sa_column=identity())
    after_transfer: int = Field(sa_type=BigInteger, unique=True)
    last_transfer: int = Field(sa_type=BigInteger)
    actor: str
    made_at: datetime = Field(sa_column=moment())


class Voucher(SQLModel, table=True):
    """All transfers of one kind, campaign, currency and day in a run, summed in fen. Debit equals credit.

    `occurred_on` is the day of the transfers in Shanghai. `dated_on` is the same day, or the first day of the next
    open period if theirs was closed. The transfers are between `first_transfer` and `last_transfer`, mixed with
    others.
    """

    __table_args__ = (
        UniqueConstraint("period", "word", "number", name="voucher_number"),
        CheckConstraint(PERIOD, name="voucher_month"),
        CheckConstraint("number > 0 AND amount_minor > 0 AND transfers > 0", name="voucher_positive"),
        Index("voucher_run_id", "run_id"),
    )
    id: int | None = Field(default=None, sa_column=identity())
    run_id: int = Field(sa_type=BigInteger, foreign_key="voucher_run.id")
    period: str
    word: str
    number: int
    dated_on: date
    occurred_on: date
    kind: str
    campaign_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="campaign.id")
    currency: str
    amount_minor: int = Field(sa_type=BigInteger)
    transfers: int = Field(sa_type=BigInteger)
    first_transfer: int = Field(sa_type=BigInteger)
    last_transfer: int = Field(sa_type=BigInteger)
    chart_version: int | None = Field(default=None, sa_type=BigInteger, foreign_key="chart_version.number")


class VoucherLine(SQLModel, table=True):
    """A line of a voucher: the ledger account that it sums, and its code and name in the chart in force."""

    __tablename__ = "voucher_line"
    __table_args__ = (
        CheckConstraint(one_of("side", SIDES), name="voucher_line_side"),
        CheckConstraint("amount_minor > 0", name="voucher_line_positive"),
    )
    voucher_id: int = Field(sa_type=BigInteger, foreign_key="voucher.id", primary_key=True)
    position: int = Field(primary_key=True)
    side: str
    account_kind: str
    fund_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="fund.id")
    pot_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="pot.id")
    provider: str | None = None
    project_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="project.id")
    code: str
    name: str
    amount_minor: int = Field(sa_type=BigInteger)
