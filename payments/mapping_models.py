"""The tables of mappings: how a platform's own notifications are read, and its refunds that are told one by one."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

import payments.models  # noqa: F401  (foreign keys refer to its tables)
from kernel.db import moment


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
