"""The tables of surplus: money of ended projects that came back, and its use."""

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, Index
from sqlmodel import Field, SQLModel

import campaigns.funds.models
import campaigns.lifecycle.models  # noqa: F401  (foreign keys refer to their tables)
from campaigns.payouts.models import SurplusWay
from kernel.db import identity, moment, one_of
from ledger.chart import PAID_OUT


class SurplusReturn(SQLModel, table=True):
    """Money that was paid to an ended project, was not spent, and came back to the bank. Append-only."""

    __tablename__ = "surplus_return"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="surplus_return_amount"),
        Index("surplus_return_project", "project_id"),
    )
    id: int | None = Field(default=None, sa_column=identity())
    campaign_id: int = Field(sa_type=BigInteger, foreign_key="campaign.id")
    project_id: int = Field(sa_type=BigInteger, foreign_key="project.id")
    amount_minor: int = Field(sa_type=BigInteger)
    reference: str = Field(unique=True)  # the bank's, as on its statement
    returned_on: date
    actor: str
    entered_at: datetime = Field(sa_column=moment())


class SurplusUse(SQLModel, table=True):
    """A use of an ended project's money by the host's rule: for another project, or for a fund.

    Append-only, and public on the project's page.
    """

    __tablename__ = "surplus_use"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="surplus_use_amount"),
        CheckConstraint(one_of("way", SurplusWay), name="surplus_use_way"),
        CheckConstraint(one_of("share", PAID_OUT), name="surplus_use_share"),
        CheckConstraint(
            "(to_project_id IS NULL) = (way = 'fund') AND (to_fund_id IS NOT NULL) = (way = 'fund')",
            name="surplus_use_to",
        ),
        CheckConstraint("reason <> ''", name="surplus_use_said"),
        Index("surplus_use_from", "project_id"),
        Index("surplus_use_to_project", "to_project_id"),
    )
    id: int | None = Field(default=None, sa_column=identity())
    campaign_id: int = Field(sa_type=BigInteger, foreign_key="campaign.id")
    project_id: int = Field(sa_type=BigInteger, foreign_key="project.id")
    share: str
    amount_minor: int = Field(sa_type=BigInteger)
    way: str
    to_project_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="project.id")
    to_fund_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="fund.id")
    reason: str
    actor: str
    used_at: datetime = Field(sa_column=moment())
