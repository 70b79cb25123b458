"""The tables of received goods and their handouts."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

import campaigns.projects.models  # noqa: F401  (foreign keys refer to its tables)
from kernel.db import identity, moment, one_of

_TEXT = {"server_default": text("''")}


class GoodsBasis(StrEnum):
    INVOICE = "invoice"
    APPRAISAL = "appraisal"
    MARKET_PRICE = "market_price"


class GoodsState(StrEnum):
    ENTERED = "entered"
    CONFIRMED = "confirmed"  # by a second person: published, in a separate column
    WITHDRAWN = "withdrawn"


class Goods(SQLModel, table=True):
    """Goods that an organisation received for a project. Their value is not money: it is in no ledger, match or
    total of money. `basis` says how they were valued, `document` where the paper is kept."""

    __table_args__ = (
        CheckConstraint(one_of("basis", GoodsBasis), name="goods_basis"),
        CheckConstraint(one_of("state", GoodsState), name="goods_state"),
        CheckConstraint("quantity > 0 AND value_minor > 0", name="goods_positive"),
        CheckConstraint("(state = 'entered') = (decided_at IS NULL)", name="goods_decided"),
        Index("goods_project", "project_id"),
    )
    id: int | None = Field(default=None, sa_column=identity())
    project_id: int = Field(sa_type=BigInteger, foreign_key="project.id")
    organisation_code: str = Field(foreign_key="organisation.code")
    name: str
    quantity: int = Field(sa_type=BigInteger)  # in whole units
    unit: str
    value_minor: int = Field(sa_type=BigInteger)  # of all units
    basis: str
    valued_by: str
    giver: str = Field(default="", sa_column_kwargs=_TEXT)
    document: str
    received_on: date
    state: str
    entered_by: str
    entered_at: datetime = Field(sa_column=moment())
    reason: str = Field(default="", sa_column_kwargs=_TEXT)
    decided_by: str = Field(default="", sa_column_kwargs=_TEXT)
    decided_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))


class GoodsHandout(SQLModel, table=True):
    """A handout of some goods: to whom, and by which evidence; or a correction of one, whose `quantity` is the
    difference (negative: less was handed out). Append-only."""

    __tablename__ = "goods_handout"
    __table_args__ = (
        CheckConstraint(
            "CASE WHEN corrects_id IS NULL THEN quantity > 0 ELSE quantity <> 0 AND reason <> '' END",
            name="goods_handout_quantity",
        ),
        Index("goods_handout_goods", "goods_id"),
        Index("goods_handout_corrects", "corrects_id"),
    )
    id: int | None = Field(default=None, sa_column=identity())
    goods_id: int = Field(sa_type=BigInteger, foreign_key="goods.id")
    quantity: int = Field(sa_type=BigInteger)
    recipient: str
    handed_on: date
    evidence: str
    corrects_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="goods_handout.id")
    reason: str = Field(default="", sa_column_kwargs=_TEXT)
    actor: str
    at: datetime = Field(sa_column=moment())
