"""The table of requests for donation receipts (公益事业捐赠票据)."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from kernel.db import identity, moment, one_of


class ReceiptState(StrEnum):
    REQUESTED = "requested"
    ISSUED = "issued"
    RED_FLUSHED = "red_flushed"  # 红冲: the fiscal system cancelled an issued receipt with a red one
    WITHDRAWN = "withdrawn"  # by the donor before it was issued, or by finance later
    WAIVED = "waived"  # 放弃: the donor wants none, which 慈善法 art. 38 asks to be recorded


class ReceiptRequest(SQLModel, table=True):
    """A donor's request for a donation receipt. `payer` is the title, tax id and address to send it to, sealed with
    the donation's person key. The fiscal system issues receipts; this row keeps their code, number, check code,
    day and sum (fen). A donation has at most one request that is open or issued. A waiver has no payer."""

    __tablename__ = "receipt_request"
    __table_args__ = (
        CheckConstraint(one_of("state", ReceiptState), name="receipt_request_state"),
        CheckConstraint("(issued_minor IS NULL) = (number = '')", name="receipt_request_issued"),
        CheckConstraint(
            "(red_number <> '') = (state = 'red_flushed') AND (red_flushed_on IS NULL) = (red_number = '')",
            name="receipt_request_red",
        ),
        Index("receipt_request_donation", "donation_id"),
        Index(
            "receipt_request_live",
            "donation_id",
            unique=True,
            postgresql_where=text("state IN ('requested', 'issued')"),
        ),
        Index("receipt_request_number", "code", "number", unique=True, postgresql_where=text("number <> ''")),
    )
    id: int | None = Field(default=None, sa_column=identity())
    donation_id: UUID = Field(foreign_key="donation.id")
    payer: str
    state: str = ReceiptState.REQUESTED
    requested_at: datetime = Field(sa_column=moment())
    code: str = ""
    number: str = ""
    check_code: str = ""
    issued_on: date | None = None
    issued_minor: int | None = Field(default=None, sa_type=BigInteger)
    # The red receipt with which the fiscal system cancelled this one.
    red_code: str = Field(default="", sa_column_kwargs={"server_default": text("''")})
    red_number: str = Field(default="", sa_column_kwargs={"server_default": text("''")})
    red_flushed_on: date | None = None
    ended_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    actor: str = ""
    reason: str = ""
