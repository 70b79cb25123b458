"""The fund: its money stands in the ledger."""

from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from kernel.db import identity, moment


class Fund(SQLModel, table=True):
    """A fund (专项基金 ...). Its money stands in the ledger's account `fund:ID`."""

    __table_args__ = (
        CheckConstraint(
            "kind IN ('special', 'community', 'rural', 'unit', 'personal', 'consumption')", name="fund_kind"
        ),
    )
    id: int | None = Field(default=None, sa_column=identity())
    name: str = Field(unique=True)
    kind: str
    currency: str
    created_at: datetime = Field(sa_column=moment())
