"""The table of spending: what projects spent, with the vouchers."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

import campaigns.lifecycle.models  # noqa: F401  (foreign keys refer to its tables)
from kernel.db import identity, moment, one_of

_TEXT = {"server_default": text("''")}


class SpendingState(StrEnum):
    ENTERED = "entered"
    CHECKED = "checked"  # by finance: it counts and is published
    SENT_BACK = "sent_back"
    WITHDRAWN = "withdrawn"


class Spending(SQLModel, table=True):
    """What a project spent, with its voucher. `budget_row` names a row of the project's budget, "" for none.
    `file_key` names the photo of the voucher, "" until there is one. `content_hash` recognises a photo that was
    used before."""

    __table_args__ = (
        CheckConstraint(one_of("state", SpendingState), name="spending_state"),
        CheckConstraint("amount_minor > 0", name="spending_amount"),
        CheckConstraint("state <> 'checked' OR file_key <> ''", name="spending_voucher"),
        CheckConstraint("(file_key = '') = (content_hash = '')", name="spending_photo"),
        Index("spending_project", "project_id"),
        Index("spending_photo_again", "content_hash", postgresql_where=text("content_hash <> ''")),
        Index("spending_waiting", "entered_at", postgresql_where=text(f"state = '{SpendingState.ENTERED}'")),
    )
    id: int | None = Field(default=None, sa_column=identity())
    project_id: int = Field(sa_type=BigInteger, foreign_key="project.id")
    amount_minor: int = Field(sa_type=BigInteger)
    spent_on: date
    document_no: str
    purpose: str
    budget_row: str = Field(default="", sa_column_kwargs=_TEXT)
    file_key: str = Field(default="", sa_column_kwargs=_TEXT)
    content_hash: str = Field(default="", sa_column_kwargs=_TEXT)
    state: str
    entered_by: str
    entered_at: datetime = Field(sa_column=moment())
    opinion: str = Field(default="", sa_column_kwargs=_TEXT)
    decided_by: str = Field(default="", sa_column_kwargs=_TEXT)
    decided_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
