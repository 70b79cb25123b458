"""The table of letters to donors: the outbox that a job sends from."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from kernel.db import identity, moment, one_of


class LetterKind(StrEnum):
    """What a letter tells its donor."""

    THANKS = "thanks"
    LATE_THANKS = "late_thanks"  # the money came after the donation had ended
    LAPSED = "lapsed"
    REFUNDED = "refunded"
    REVIEW_CLEARED = "review_cleared"
    REVIEW_CANCELLED = "review_cancelled"
    CORRECTED = "corrected"  # its project was corrected; `about` counts the corrections
    RECEIPT_ISSUED = "receipt_issued"
    RECEIPT_CANCELLED = "receipt_cancelled"  # by a red one, after a refund
    CODE = "code"  # `about`: the code that was asked for
    TEXT_CODE = "text_code"  # the same, to a phone number


class LetterState(StrEnum):
    WAITING = "waiting"
    SENT = "sent"
    BOUNCED = "bounced"  # the address does not exist, says its server
    FAILED = "failed"  # tried for two days
    DROPPED = "dropped"  # nobody to send it to any more, or too old


class Letter(SQLModel, table=True):
    """A letter about a donation, written in the transaction of the fact that it tells. It holds nothing personal:
    whom it goes to is read when it is sent, so that an erased person gets none. `about` tells letters of a kind
    apart; `amount_minor` (fen) is what was refunded."""

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
