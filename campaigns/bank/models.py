"""The tables of bank statements: booked lines, the payments within a line, and claims."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from kernel.db import identity, moment, one_of


class ClaimKind(StrEnum):
    """What a bank line is about, according to the books."""

    PAYOUT = "payout"  # a provider or partner sent the money it held, or took it back
    SETTLEMENT = "settlement"  # all money of a day, for a partner whose bills have no payouts
    DEPOSIT = "deposit"  # into a fund
    PAID_OUT = "paid_out"  # to an organisation, according to the payout plan


class BankLine(SQLModel, table=True):
    """One booked line of a bank statement. `amount_minor` is in fen, above zero for incoming money.

    `statement` and `line_id` are the bank's own ids; `account` and `line_id` identify a line. `reversal`: the bank
    reversed an earlier line. `payments` is the number of payments in the line; `bank_part` has them if the
    statement lists them. Names and accounts of the counterparty are not stored.
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
    is_fee: bool  # the bank's charge for its service
    imported_at: datetime = Field(sa_column=moment())


class BankPart(SQLModel, table=True):
    """One payment of a bank line that covers several. The parts of a line add up to its amount."""

    __tablename__ = "bank_part"
    __table_args__ = (Index("bank_part_reference", "reference"),)
    bank_line_id: int = Field(sa_column=Column(BigInteger, ForeignKey("bank_line.id"), primary_key=True))
    number: int = Field(primary_key=True)  # its position in the line
    amount_minor: int = Field(sa_type=BigInteger)
    reference: str


class BankClaim(SQLModel, table=True):
    """A claim of a bank line: what the line is about according to the books. `item` of a kind, such as a payout by
    its id, claims only once. `amount_minor` is the expected amount (fen, above zero for incoming money),
    `due_on` the expected day. `how`: matched by reference, or by amount and day."""

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
    provider: str  # for payouts and settlements, else empty
    item: str
    amount_minor: int = Field(sa_type=BigInteger)
    due_on: date
    how: str
    claimed_at: datetime = Field(sa_column=moment())
