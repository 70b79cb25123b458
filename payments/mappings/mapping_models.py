"""The tables of mappings: how a platform's own notifications are read, its refunds that are told one by one, and
the bills that are fetched of it."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Column
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

import payments.models  # noqa: F401  (foreign keys refer to its tables)
from kernel.db import moment, one_of


class PartnerMapping(SQLModel, table=True):
    """How the notifications of a platform become events (`payments.mappings.document`), the parameters of that, and
    its keys, sealed with FIELD_KEY."""

    __tablename__ = "partner_mapping"
    partner: str = Field(primary_key=True, foreign_key="partner.name")
    document: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    parameters: dict[str, str] = Field(sa_column=Column(JSONB, nullable=False))
    sealed_keys: str
    changed_at: datetime = Field(sa_column=moment())
    changed_by: str


class PartnerRefund(SQLModel, table=True):
    """One refund of a donation that a platform told by itself. `total_minor` is that of all refunds of its kind
    that had come until then, with which it was passed on; fen. `test`: in the platform's test mode."""

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
    """What came of fetching a bill: its lines, word that the day had none, or nothing yet."""

    TAKEN = "taken"
    EMPTY = "empty"
    WAITS = "waits"


class BillAccount(SQLModel, table=True):
    """With what the bills of a platform are fetched, from a day on (`since`, in Shanghai): the private key of the
    merchant, sealed with FIELD_KEY, and the serial of its certificate (WeChat Pay)."""

    __tablename__ = "bill_account"
    partner: str = Field(primary_key=True, foreign_key="partner.name")
    key_id: str
    sealed_key: str
    since: date
    changed_at: datetime = Field(sa_column=moment())
    changed_by: str


class FetchedBill(SQLModel, table=True):
    """A bill that was fetched, or tried to. While it `waits`: the stable code of why, and when it is tried again;
    `detail` is the place in the bill, or the code of the platform."""

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
