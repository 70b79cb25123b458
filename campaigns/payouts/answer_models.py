"""The table of the bank's answers to payment files."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

import campaigns.payouts.models  # noqa: F401  (foreign keys refer to its tables)
from kernel.db import identity, moment, one_of
from payments.bank.pain002 import Answer


class BankAnswer(SQLModel, table=True):
    """What the bank said of a remittance in one of its reports (`report`: the bank's id). Append-only; the one with
    the latest `stated_at` counts. `reason`: the bank's code and words, if it refused."""

    __tablename__ = "bank_answer"
    __table_args__ = (
        UniqueConstraint("remittance_id", "report", name="bank_answer_once"),
        CheckConstraint(one_of("answer", Answer), name="bank_answer_answer"),
        CheckConstraint("(answer = 'rejected') = (reason <> '')", name="bank_answer_reason"),
    )
    id: int | None = Field(default=None, sa_column=identity())
    remittance_id: int = Field(sa_type=BigInteger, foreign_key="remittance.id")
    report: str
    answer: str
    reason: str
    stated_at: datetime = Field(sa_column=moment())
    actor: str
    imported_at: datetime = Field(sa_column=moment())
