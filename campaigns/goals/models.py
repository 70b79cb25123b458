"""The table of yearly goals."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint
from sqlmodel import Field, SQLModel

from kernel.db import moment


class YearlyGoal(SQLModel, table=True):
    """A goal of the federation for a calendar year in Shanghai: money (款) and goods (物, by value) in fen, and the
    online share of the money in basis points. Changes are in the audit trail."""

    __tablename__ = "yearly_goal"
    __table_args__ = (
        CheckConstraint("year BETWEEN 2000 AND 2199", name="yearly_goal_year"),
        CheckConstraint("money_minor > 0 AND goods_minor >= 0", name="yearly_goal_sums"),
        CheckConstraint("online_bps BETWEEN 0 AND 10000", name="yearly_goal_online"),
    )
    year: int = Field(primary_key=True)
    money_minor: int = Field(sa_type=BigInteger)
    goods_minor: int = Field(sa_type=BigInteger)
    online_bps: int
    set_by: str
    set_at: datetime = Field(sa_column=moment())
