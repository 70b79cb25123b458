"""The tables of bank statements: lines that the bank has booked, and the payments of a line that has several."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from kernel.db import identity, moment, one_of


class ClaimKind(StrEnum):
    """What the books know that a bank line is about."""

    PAYOUT = "payout"  # a provider or partner sent what it held, or took it back
    SETTLEMENT = "settlement"  # the same of a partner whose bills have no payouts: all of a day
    DEPOSIT = "deposit"  # into a fund
    PAID_OUT = "paid_out"  # to an organisation, by the payout plan


class BankLine(SQLModel, table=True):
    """One booked line of a bank statement. `amount_minor` is fen, above zero for money that came in.

    `statement` and `line_id` are the bank's own names; a line is the same by account and `line_id`. `reversal`: the
    bank took an earlier line back. `payments` is how many payments the line stands for; `bank_part` has them where
    the statement lists them. Names and accounts of the other side are not kept.
    """

    __tablename__ = "bank_line"
    __table_args__ = (
        UniqueConstraint("account", "line_id", name="bank_line_once"),
        CheckConstraint("amount_minor <> 0", name="bank_line_amount"),
        CheckConstraint("payments > 0", name="bank_line_payments"),
        Index("bank_line_day", "booked_on", "id"),
        Index("bank_line_reference", "reference"),
    )
    id: int | None = Field(default=None, sa_column=identity())
    account: str
    statement: str
    line_id: str
    booked_on: date
    valued_on: date
    amount_minor: int = Field(sa_type=BigInteger)
    currency: str
    reference: str
    reversal: bool
    payments: int
    is_fee: bool  # what the bank kept for its service
    imported_at: datetime = Field(sa_column=moment())


class BankPart(SQLModel, table=True):
    """One payment of a bank line that stands for several; the parts of a line add up to it."""

    __tablename__ = "bank_part"
    __table_args__ = (Index("bank_part_reference", "reference"),)
    bank_line_id: int = Field(sa_column=Column(BigInteger, ForeignKey("bank_line.id"), primary_key=True))
    number: int = Field(primary_key=True)  # its place in the line
    amount_minor: int = Field(sa_type=BigInteger)
    reference: str


class BankClaim(SQLModel, table=True):
    """What the books know that a bank line is about: `item` of a kind, such as a payout by its id, claims the line
    once. `amount_minor` is what the books expected (fen, above zero for money that comes in), `due_on` the day.
    `how`: by its reference, or by amount and day.
    """

    __tablename__ = "bank_claim"
    __table_args__ = (
        CheckConstraint(one_of("kind", ClaimKind), name="bank_claim_kind"),
        CheckConstraint("how IN ('reference', 'amount')", name="bank_claim_how"),
        UniqueConstraint("kind", "provider", "item", name="bank_claim_once"),
        Index("bank_claim_line", "bank_line_id"),
    )
    id: int | None = Field(default=None, sa_column=identity())
    bank_line_id: int = Field(sa_type=BigInteger, foreign_key="bank_line.id")
    kind: str
    provider: str  # of payouts and settlements, else empty
    item: str
    amount_minor: int = Field(sa_type=BigInteger)
    due_on: date
    how: str
    claimed_at: datetime = Field(sa_column=moment())
