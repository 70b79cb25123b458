"""Tables of mappings: how a platform's own notifications are read, its individually reported refunds, and its
fetched bills."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Column
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

import payments.models  # noqa: F401  (foreign keys refer to its tables)
from kernel.db import moment, one_of


class PartnerMapping(SQLModel, table=True):
    """How a platform's notifications become events (`payments.mappings.document`), with the mapping's parameters
    and its keys, sealed with FIELD_KEY."""

    __tablename__ = "partner_mapping"
    partner: str = Field(primary_key=True, foreign_key="partner.name")
    document: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    parameters: dict[str, str] = Field(sa_column=Column(JSONB, nullable=False))
    sealed_keys: str
    changed_at: datetime = Field(sa_column=moment())
    changed_by: str


class PartnerRefund(SQLModel, table=True):
    """One refund of a donation that a platform reported individually. It was passed on with `total_minor`, the
    total of all refunds of its kind until then; fen. `test`: received in the platform's test mode."""

    __tablename__ = "partner_refund"
    partner: str = Field(primary_key=True, foreign_key="partner.name")
    test: bool = Field(primary_key=True)
    their_id: str = Field(primary_key=True)
    type: str = Field(primary_key=True)
    refund_id: str = Field(primary_key=True)
    amount_minor: int = Field(sa_type=BigInteger)
    total_minor: int = Field(sa_type=BigInteger)
    occurred_at: datetime = Field(sa_column=moment())


class BillKind(StrEnum):
    """Which bill of a day: its trades, or all movements of the merchant's account."""

    TRADES = "trades"
    FUNDS = "funds"


class BillState(StrEnum):
    """The result of fetching a bill: its lines, a statement that the day had none, or nothing yet."""

    TAKEN = "taken"
    EMPTY = "empty"
    WAITS = "waits"


class BillAccount(SQLModel, table=True):
    """The key with which a platform's bills are fetched, from the day `since` (in Shanghai): the merchant's private
    key, sealed with FIELD_KEY, and the serial of its certificate (WeChat Pay)."""

    __tablename__ = "bill_account"
    partner: str = Field(primary_key=True, foreign_key="partner.name")
    key_id: str
    sealed_key: str
    since: date
    changed_at: datetime = Field(sa_column=moment())
    changed_by: str


class FetchedBill(SQLModel, table=True):
    """A bill that was fetched, or that the engine tried to fetch. While it `waits`, `code` is the stable code of
    the reason and `next_at` the time of the next attempt. `detail` is the place in the bill, or the platform's
    own code."""

    __tablename__ = "fetched_bill"
    __table_args__ = (
        CheckConstraint(one_of("kind", BillKind), name="fetched_bill_kind"),
        CheckConstraint(one_of("state", BillState), name="fetched_bill_state"),
        CheckConstraint("lines >= 0 AND tries >= 0", name="fetched_bill_counts"),
        CheckConstraint("(state = 'waits') = (next_at IS NOT NULL)", name="fetched_bill_next"),
    )
    partner: str = Field(primary_key=True, foreign_key="partner.name")
    day: date = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    state: str
    code: str = ""
    detail: str = ""
    lines: int = 0
    file_hash: str = ""
    tries: int
    tried_at: datetime = Field(sa_column=moment())
    next_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
