"""The table of completed duties."""

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

import campaigns.lifecycle.models  # noqa: F401  (foreign keys refer to its tables)
from campaigns.duties.terms import Task
from kernel.db import identity, moment, one_of


class DutyDone(SQLModel, table=True):
    """A completed duty of a campaign, or of the federation (no campaign): its due day, what was done, and where to
    see it."""

    __tablename__ = "duty_done"
    __table_args__ = (
        CheckConstraint(one_of("task", Task), name="duty_done_task"),
        UniqueConstraint(
            "task", "campaign_id", "due_on", name="duty_done_once", postgresql_nulls_not_distinct=True
        ),
    )
    id: int | None = Field(default=None, sa_column=identity())
    task: str
    campaign_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="campaign.id")
    due_on: date
    note: str
    url: str = ""
    actor: str
    done_at: datetime = Field(sa_column=moment())
