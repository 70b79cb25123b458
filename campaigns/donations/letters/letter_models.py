"""The table of letters to donors: the outbox from which a job sends them."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from kernel.db import identity, moment, one_of


class LetterKind(StrEnum):
    """The subject of a letter."""

    THANKS = "thanks"
    LATE_THANKS = "late_thanks"  # the payment arrived after the donation had ended
    LAPSED = "lapsed"
    REFUNDED = "refunded"
    REVIEW_BEGUN = "review_begun"  # `about`: the case
    REVIEW_CLEARED = "review_cleared"
    REVIEW_CANCELLED = "review_cancelled"
    CORRECTED = "corrected"  # its project was corrected; `about` numbers the correction
    PURPOSE_CHANGED = "purpose_changed"  # money of its project got another purpose; `about` is the change's id
    RECEIPT_ISSUED = "receipt_issued"
    RECEIPT_CANCELLED = "receipt_cancelled"  # by a red receipt, after a refund
    CODE = "code"  # `about`: the requested code
    TEXT_CODE = "text_code"  # the same, as a text message to a phone number


class LetterState(StrEnum):
    WAITING = "waiting"
    SENT = "sent"
    BOUNCED = "bounced"  # the mail server reports that the address does not exist
    FAILED = "failed"  # after two days of attempts
    DROPPED = "dropped"  # no recipient any more, or too old


class Letter(SQLModel, table=True):
    """A letter about a donation, written in the transaction of the fact it reports. It contains no personal data.
    The recipient is read when it is sent, so that an erased person gets none. `about` distinguishes letters of
    one kind; `amount_minor` (fen) is the amount refunded, or given another purpose."""

    __tablename__ = "letter"
    __table_args__ = (
        UniqueConstraint("donation_id", "kind", "about", name="letter_once"),
        Index("letter_due", "due_at", postgresql_where=text("state = 'waiting'")),
        CheckConstraint(one_of("kind", LetterKind), name="letter_kind"),
        CheckConstraint(one_of("state", LetterState), name="letter_state"),
    )
    id: int | None = Field(default=None, sa_column=identity())
    donation_id: UUID
    kind: str
    about: str = ""
    amount_minor: int | None = Field(default=None, sa_type=BigInteger)
    state: str = LetterState.WAITING
    attempts: int = 0
    failure: str = ""
    created_at: datetime = Field(sa_column=moment())
    due_at: datetime = Field(sa_column=moment())
    ended_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))


class LetterBatch(SQLModel, table=True):
    """Letters about many payments that were settled together, one for each donation, until the job `letters`
    writes them as rows of `letter`. A row for each would take a tenth of the database's time in a rush."""

    __tablename__ = "letter_batch"
    __table_args__ = (CheckConstraint(one_of("kind", LetterKind), name="letter_batch_kind"),)
    id: int | None = Field(default=None, sa_column=identity())
    kind: str
    donation_ids: list[UUID] = Field(sa_column=Column(ARRAY(Uuid()), nullable=False))
    created_at: datetime = Field(sa_column=moment())
